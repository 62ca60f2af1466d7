/**
 * The made reviews' grammar. Words of feeling come in opposite pairs, and so do the phrases before them: one keeps the feeling,
 * one turns it round. A word alone says nothing about the label; what stands before it and beside it does.
 */

/** One way to put a feeling: `{aspect}`, `{modifier}` and `{word}` are filled from the lists beside it. */
export interface Construction {
  readonly patterns: readonly string[];
  /** What stands for `{modifier}` in a plain statement. */
  readonly plain: string;
  readonly modifiers: readonly (readonly [keeps: string, turns: string])[];
  readonly words: readonly (readonly [positive: string, negative: string])[];
}

const adjectives: Construction = {
  patterns: ["the {aspect} is {modifier} {word}", "the {aspect} was {modifier} {word}", "i found the {aspect} {modifier} {word}"],
  plain: "",
  modifiers: [
    ["truly", "hardly"],
    ["very", "not very"],
    ["always", "never"],
    ["really", "not at all"],
    ["nothing short of", "far from"],
    ["nothing less than", "anything but"],
  ],
  words: [
    ["brilliant", "dreadful"],
    ["funny", "tedious"],
    ["clever", "stupid"],
    ["lively", "dull"],
    ["graceful", "clumsy"],
    ["moving", "hollow"],
    ["fresh", "stale"],
    ["gripping", "boring"],
    ["superb", "awful"],
    ["honest", "fake"],
    ["elegant", "ugly"],
    ["inspired", "lazy"],
  ],
};

const verbs: Construction = {
  patterns: [
    "the {aspect} {modifier} {word} me",
    "the {aspect} {modifier} {word} the audience",
    "this {aspect} {modifier} {word} anyone",
  ],
  plain: "will",
  modifiers: [
    ["will surely", "will not"],
    ["manages to", "fails to"],
    ["never fails to", "never manages to"],
    ["is sure to", "is unlikely to"],
  ],
  words: [
    ["delight", "annoy"],
    ["charm", "irritate"],
    ["impress", "disappoint"],
    ["thrill", "tire"],
    ["amuse", "insult"],
    ["enchant", "repel"],
  ],
};

const nouns: Construction = {
  patterns: [
    "there is {modifier} {word} in the {aspect}",
    "i saw {modifier} {word} in the {aspect}",
    "the {aspect} has {modifier} {word}",
  ],
  plain: "",
  modifiers: [
    ["plenty of", "no"],
    ["so much", "not much"],
    ["a lot of", "hardly any"],
  ],
  words: [
    ["wit", "nonsense"],
    ["warmth", "malice"],
    ["beauty", "noise"],
    ["skill", "sloppiness"],
    ["joy", "boredom"],
    ["truth", "pretence"],
  ],
};

/** Adjectives twice: half of the clauses. */
export const constructions: readonly Construction[] = [adjectives, adjectives, verbs, nouns];

export const aspects: readonly string[] = [
  ..."plot acting script music pacing ending dialogue cast story direction humour photography editing opening".split(" "),
  "lead role",
  "last scene",
];

/** Said before a whole clause. `sign` −1 turns its feeling round, so that after it a turning modifier restores the feeling. */
export const frames: readonly { readonly text: string; readonly sign: 1 | -1 }[] = [
  { text: "everyone agrees that", sign: 1 },
  { text: "no one can deny that", sign: 1 },
  { text: "nobody would say that", sign: -1 },
  { text: "i doubt that", sign: -1 },
];

/** Two clauses of opposite feeling: `{decides}` gives the review its label, wherever it stands. */
export const contrasts: readonly string[] = [
  "{yields} but {decides}",
  "{yields} , yet {decides}",
  "although {yields} , {decides}",
];

/** Two clauses of one feeling. */
export const agreements: readonly string[] = ["{yields} and {decides}", "{yields} ; besides , {decides}"];

/** Neutral first words. */
export const openings: readonly string[] = [
  "in the end ,",
  "on the whole ,",
  "to be fair ,",
  "as so often ,",
  "for once ,",
  "well ,",
];
