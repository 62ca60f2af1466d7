/** How many characters of a terminal a token takes. */
export const widthOf = (token: string): number => [...token].length;

/** A token in a column of that width, cut if it is longer. */
export function padded(token: string, width: number): string {
  const characters = [...token];
  if (characters.length > width) return `${characters.slice(0, width - 1).join("")}…`;
  return token + " ".repeat(width - characters.length);
}
