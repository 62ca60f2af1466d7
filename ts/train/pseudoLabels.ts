import { noGrad } from "../autograd/index.ts";
import type { BatchOptions, Example } from "../data/batches.ts";
import { type PaddingOptions, padIds } from "../data/padding.ts";
import { planBatches } from "../data/planBatches.ts";
import { softmax } from "../ops/softmax.ts";
import { Breather } from "../runtime/breathe.ts";
import { FoveaError } from "../runtime/errors.ts";
import { scope } from "../tensor/scope.ts";
import type { ClassifierModule } from "./objective.ts";
import { indexOfLargest } from "./scores.ts";

export interface PseudoLabelsOptions extends Omit<BatchOptions, "seed" | "dropLast"> {
  /** The least chance of the likeliest class for a label to be given. Default 0.95. */
  threshold?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** An example with the label a model gave it. */
export interface PseudoLabelled extends Example {
  /** The chance the model gave that label. */
  readonly confidence: number;
  /** Which of the examples it is. */
  readonly index: number;
}

/**
 * Labels `examples` by what `model` is sure of, to train on them as if they were known (Lee 2013): those whose likeliest class has a chance of at
 * least `threshold`, in their order. Dropout rests; afterwards the model is in the mode it was in. Throws `RANGE`, and the signal's reason if it is aborted.
 *
 *     const sure = await pseudoLabels(model, unlabelled, { threshold: 0.95 });
 *     await fit(model, [...labelled, ...sure], { optimizer });
 */
export async function pseudoLabels(
  model: ClassifierModule,
  examples: readonly Pick<Example, "ids">[],
  { threshold = 0.95, batchSize = 64, signal, ...options }: PseudoLabelsOptions = {},
): Promise<PseudoLabelled[]> {
  if (!(threshold >= 0 && threshold <= 1))
    throw new FoveaError("RANGE", `pseudoLabels: threshold must be between 0 and 1, got ${threshold}`);
  const breather = new Breather(signal);
  const { training } = model;
  const sure: PseudoLabelled[] = [];
  const lengths = examples.map(({ ids }) => ids.length);
  try {
    for (const indices of planBatches(lengths, { ...options, batchSize })) {
      await breather.breathe();
      model.eval();
      for (const [i, { label, confidence }] of likeliest(
        model,
        indices.map((index) => examples[index]!),
        options,
      ).entries()) {
        const index = indices[i]!;
        if (confidence >= threshold) sure.push({ ids: examples[index]!.ids, label, confidence, index });
      }
    }
  } finally {
    model.train(training);
  }
  return sure.sort((a, b) => a.index - b.index);
}

/** The class that a model takes each for, and its chance. */
function likeliest(
  model: ClassifierModule,
  examples: readonly Pick<Example, "ids">[],
  options: PaddingOptions,
): { label: number; confidence: number }[] {
  return scope(() => {
    const { ids, lengths } = padIds(
      examples.map(({ ids }) => ids),
      options,
    );
    const chances = noGrad(() => softmax(model.forward(ids, { lengths })));
    const [values, numClasses] = [chances.view(), chances.shape.at(-1)!];
    return examples.map((_, row) => {
      const label = indexOfLargest(values, row * numClasses, numClasses);
      return { label, confidence: values[row * numClasses + label]! };
    });
  });
}
