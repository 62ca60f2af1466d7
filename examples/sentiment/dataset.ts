import { createHash } from "node:crypto";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Classes, type Example, holdOut, readTextExamples, type TextExample, WordTokenizer } from "fovea/data";
import type { DataFiles } from "./options.ts";
import { idsOf, specialsFor } from "./reading.ts";
import type { Recipe } from "./recipe.ts";
import { UsageError } from "./usageError.ts";

/** The examples of each split, as texts and as a model takes them, in the same order. */
export interface Split {
  readonly name: string;
  readonly texts: readonly TextExample[];
  readonly examples: readonly Example[];
}

export interface Dataset {
  readonly train: Split;
  readonly valid: Split;
  readonly test: Split | null;
  readonly classes: Classes;
  readonly tokenizer: WordTokenizer;
  /** The same for the same texts and labels. */
  readonly digest: string;
}

interface Texts {
  readonly name: string;
  readonly examples: readonly TextExample[];
}

const MIN_COUNT = 2; // of a word that occurs once in training nothing can be learned that holds elsewhere
const HELD_OUT_SEED = 0; // the same sentences are held out whatever the training's seed is

/** Reads and checks all files, the test file too, before anything is trained. Throws `UsageError`, and `FoveaError` `DATA`. */
export async function loadDataset(files: DataFiles, { pooling }: Pick<Recipe, "pooling">): Promise<Dataset> {
  const { train, valid, test } = await readSplits(files);
  const classes = Classes.of(train.examples.map(({ label }) => label));
  if (classes.size > train.examples.length / 2)
    throw new UsageError(
      `${train.name}: ${train.examples.length} examples have ${classes.size} different labels; is the label in another column?`,
    );
  const tokenizer = WordTokenizer.train(
    train.examples.map(({ text }) => text),
    { minCount: MIN_COUNT, specials: specialsFor(pooling) },
  );
  const split = ({ name, examples }: Texts): Split => ({
    name,
    texts: examples,
    examples: examples.map(({ text, label, line }) => ({
      ids: idsOf(tokenizer, text, pooling),
      label: classes.indexOf(label, `${name}:${line}`),
    })),
  });
  return {
    train: split(train),
    valid: split(valid),
    test: test && split(test),
    classes,
    tokenizer,
    digest: digestOf([train, valid]),
  };
}

async function readSplits(files: DataFiles): Promise<{ train: Texts; valid: Texts; test: Texts | null }> {
  const read = async (path: string): Promise<Texts> => ({ name: path, examples: await readTextExamples(path, files) });
  if (files.train === null) {
    const [train, valid, test] = await Promise.all(["train", "valid", "test"].map((name) => read(carried(name))));
    return { train: train!, valid: valid!, test: test! };
  }
  const train = await read(files.train);
  const test = files.test === null ? null : await read(files.test);
  if (files.valid !== null) return { train, valid: await read(files.valid), test };
  const parts = holdOut(train.examples, { seed: HELD_OUT_SEED });
  return { train: { ...train, examples: parts.train }, valid: { ...train, examples: parts.valid }, test };
}

/** Its path as a user of this folder would write it. */
const carried = (name: string): string => relative(process.cwd(), fileURLToPath(new URL(`./data/${name}.tsv`, import.meta.url)));

function digestOf(splits: readonly Texts[]): string {
  const hash = createHash("sha256");
  for (const { examples } of splits) hash.update(JSON.stringify(examples.map(({ text, label }) => [text, label])));
  return hash.digest("hex");
}
