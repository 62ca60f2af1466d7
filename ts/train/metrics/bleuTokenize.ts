/** How a text is cut into what BLEU counts, by sacrebleu's names. */
export type BleuTokenize = "13a" | "intl" | "char" | "none";

export const TOKENIZERS: Readonly<Record<BleuTokenize, (text: string) => string>> = {
  none: (text) => text,
  char: (text) => [...text].join(" "),
  intl: (text) =>
    text
      .replace(/(\P{N})(\p{P})/gu, "$1 $2 ")
      .replace(/(\p{P})(\P{N})/gu, " $1 $2")
      .replace(/(\p{S})/gu, " $1 "),
  "13a": (text) => western(` ${unescaped(text.replaceAll("<skipped>", "").replaceAll("-\n", "").replaceAll("\n", " "))} `),
};

// In this order: what `&amp;lt;` stands for is `<`.
const unescaped = (text: string): string =>
  text.replaceAll("&quot;", '"').replaceAll("&amp;", "&").replaceAll("&lt;", "<").replaceAll("&gt;", ">");

/** The rules of mteval-v13a: punctuation apart, but for full stop and comma between digits. */
const western = (text: string): string =>
  text
    .replace(/([{-~[-` -&(-+:-@/])/g, " $1 ")
    .replace(/([^0-9])([.,])/g, "$1 $2 ")
    .replace(/([.,])([^0-9])/g, " $1 $2")
    .replace(/([0-9])(-)/g, "$1 $2 ");
