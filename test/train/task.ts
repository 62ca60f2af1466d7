import { AdamW, type Example, manualSeed, SequenceClassifier } from "../../ts/index.ts";

/** Sequences of 3 to 9 tokens; those with a 1 in them are class 1, those with a 2 class 0. */
export function examples(count: number): Example[] {
  return Array.from({ length: count }, (_, i) => {
    const label = i % 2;
    const ids = Array.from({ length: 3 + ((i * 5) % 7) }, (_, j) => 3 + ((i * 13 + j * 7) % 17));
    ids[(i * 3) % ids.length] = label ? 1 : 2;
    return { ids, label };
  });
}

export function model(options: { dropout?: number } = {}): SequenceClassifier {
  manualSeed(1);
  const sizes = { vocabSize: 20, numClasses: 2, dModel: 16, numHeads: 2, numLayers: 1, dimFeedforward: 32 };
  return new SequenceClassifier({ ...sizes, dropout: 0, ...options });
}

export const optimizerOf = (module: SequenceClassifier): AdamW => new AdamW(module.parameters(), { lr: 5e-3 });

/** All parameters, one after the other. */
export const values = (module: SequenceClassifier): number[] => module.parameters().flatMap((parameter) => [...parameter.view()]);
