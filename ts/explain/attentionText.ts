import { type AttentionMap, meanOverHeads } from "./attentionMap.ts";
import { padded, widthOf } from "./columns.ts";

export interface AttentionTextOptions {
  /** Characters a line may have. Default 80. */
  columns?: number | undefined;
  /** Each head alone, rather than a layer's mean. */
  perHead?: boolean | undefined;
}

const SHADES = [" ", "░", "▒", "▓", "█"] as const;
const LONGEST_TOKEN = 14;

/**
 * Attention as text for a terminal: for each layer a row per token, a column per token it may attend to, darker for more, relative to
 * the largest weight of that map. Tokens that do not fit into the line's width are left out, and it says so. What a map from one sequence to
 * another has for columns is listed above it.
 */
export function attentionText({ tokens, keys, weights }: AttentionMap, options: AttentionTextOptions = {}): string {
  const { columns = 80, perHead = false } = options;
  const maps = weights.flatMap((heads, layer) =>
    perHead
      ? heads.map((map, head) => ({ name: `layer ${layer + 1}, head ${head + 1}`, map }))
      : [
          {
            name: `layer ${layer + 1}, mean of ${heads.length} ${heads.length === 1 ? "head" : "heads"}`,
            map: meanOverHeads(heads),
          },
        ],
  );
  const drawn = maps.map(({ name, map }) => drawMap(name, tokens, keys ?? tokens, map, columns));
  return [
    ...(keys
      ? [
          wrapped(
            keys.map((key, i) => `${i + 1} ${key}`),
            columns,
          ),
        ]
      : []),
    ...drawn,
  ].join("\n");
}

function drawMap(name: string, tokens: readonly string[], keys: readonly string[], map: Float32Array, columns: number): string {
  const numberWidth = String(Math.max(tokens.length, keys.length)).length;
  const tokenWidth = Math.min(LONGEST_TOKEN, Math.max(0, ...tokens.map(widthOf)));
  const room = columns - numberWidth - tokenWidth - 2;
  const cell = room >= keys.length * Math.max(2, numberWidth + 1) ? Math.max(2, numberWidth + 1) : 1;
  const shown = Math.max(0, Math.min(keys.length, Math.floor(room / cell)));
  const largest = map.reduce((most, weight) => Math.max(most, weight), 0);
  const left = " ".repeat(numberWidth + tokenWidth + 2);
  const rows = tokens.map((token, query) => {
    const cells = Array.from(map.subarray(query * keys.length, query * keys.length + shown), (weight) =>
      shade(weight / largest).repeat(cell),
    );
    return `${String(query + 1).padStart(numberWidth)} ${padded(token, tokenWidth)} ${cells.join("")}`.trimEnd();
  });
  const cut = shown < keys.length ? `; the first ${shown} of ${keys.length} tokens attended to` : "";
  return [`${name}; █ is ${largest.toFixed(2)}${cut}`, (left + header(shown, cell)).trimEnd(), ...rows, ""].join("\n");
}

/** Words in lines no longer than `columns`, where a word allows it. */
function wrapped(names: readonly string[], columns: number): string {
  const rows = [""];
  for (const name of names) {
    const longer = rows.at(-1) === "" ? name : `${rows.at(-1)}, ${name}`;
    if (widthOf(longer) <= columns) rows[rows.length - 1] = longer;
    else rows.push(name);
  }
  return `${rows.join("\n")}\n`;
}

/** The numbers of the columns; every fifth where there is one character for each. */
function header(count: number, cell: number): string {
  if (cell > 1) return Array.from({ length: count }, (_, i) => String(i + 1).padStart(cell)).join("");
  return Array.from({ length: Math.floor(count / 5) }, (_, i) => String(5 * (i + 1)).padStart(5)).join("");
}

function shade(share: number): string {
  return SHADES[Math.min(SHADES.length - 1, Math.round(share * (SHADES.length - 1)))] ?? " ";
}
