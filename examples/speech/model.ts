/** The recognizer: an encoder that hears log-mel frames, read by two heads, CTC and a decoder with cross-attention, that are trained together. */
import { add, crossEntropy, ctcLoss, mean, noGrad, rotary, scale, scope, sinusoidal, type Tensor, transpose } from "fovea";
import { collect, generate, SpeechRecognizer } from "fovea/models";
import { BOS, EOS, N_MELS, PAD, type SpeechBatch, tokenizer } from "./utterances.ts";

const MAX_DIGITS = 8;
const CTC_SHARE = 0.3; // of the loss, as Watanabe et al. 2017
const CTC_WEIGHT = 0.5; // where both choose
const SMOOTHING = 0.1;

/**
 * A step for every four frames. The encoder has rotary positions, since a digit sounds alike wherever it stands; without those of the memory the decoder
 * could not tell what was said first, and with those of time alone it leaves digits out.
 */
export function newRecognizer(dModel: number): SpeechRecognizer {
  const sizes = { numMels: N_MELS, vocabSize: tokenizer.size, dModel, numHeads: 4, numLayers: 3, numDecoderLayers: 2 };
  const [digits, steps] = [sinusoidal({ base: 30 }), sinusoidal({ base: 100 })]; // 10,000 is for texts: with it neighbours are too much alike
  const positions = { positional: rotary(), targetPositional: digits, labelPositional: digits, memoryPositional: steps };
  return new SpeechRecognizer({ ...sizes, ...positions, strides: [2, 2] });
}

/** `[batch, nMels, frames]` */
const featuresOf = ({ frames }: SpeechBatch): Tensor => transpose(frames, 1, 2);

/** What both heads get wrong. */
export function speechLoss(model: SpeechRecognizer, batch: SpeechBatch): Tensor {
  const { lengths, prompt, answer, digits, textLengths } = batch;
  const { ctcLogProbs, outLengths, logits } = model.forward(featuresOf(batch), prompt, { lengths });
  const decoded = crossEntropy(logits, answer, { ignoreIndex: PAD, labelSmoothing: SMOOTHING });
  const sizes = { inputLengths: outLengths, targetLengths: textLengths };
  const aligned = ctcLoss(ctcLogProbs, digits, { ...sizes, zeroInfinity: true });
  return add(scale(decoded, 1 - CTC_SHARE), scale(aligned, CTC_SHARE));
}

/** What was said, as each way to read the model has it. */
export interface Transcript {
  readonly ctc: string;
  readonly decoder: string;
  /** By the decoder with CTC's say in each choice: it knows what digits sound like, CTC leaves out none and writes none twice. */
  readonly both: string;
}

/** Greedily. */
export async function transcribe(model: SpeechRecognizer, batch: SpeechBatch): Promise<Transcript[]> {
  const { lengths } = batch;
  const write = (ctcWeight: number): Promise<number[][]> => {
    const decoding = scope(() => model.decoding(featuresOf(batch), { lengths, ctcWeight, eos: EOS }));
    const starts = lengths.map(() => [BOS]);
    return collect(generate(decoding, starts, { maxNewTokens: MAX_DIGITS + 1, eos: EOS }));
  };
  const byCtc = scope(() => model.transcribe(featuresOf(batch), { lengths }));
  const [byDecoder, byBoth] = [await write(0), await write(CTC_WEIGHT)];
  return byCtc.map((ids, i) => {
    const [ctc, decoder, both] = [ids, byDecoder[i]!, byBoth[i]!].map((text) => tokenizer.decode(text));
    return { ctc: ctc!, decoder: decoder!, both: both! };
  });
}

/** Where the decoder's last layer looked for each token of the first prompt, the mean of its heads: `[textLen + 1, steps]`, row by row. */
export function attended(model: SpeechRecognizer, batch: SpeechBatch): Float32Array {
  return scope(() =>
    noGrad(() => {
      const call = { lengths: batch.lengths, needWeights: true };
      const { crossWeights } = model.forward(featuresOf(batch), batch.prompt, call);
      return Float32Array.from(mean(crossWeights.at(-1)!, { axis: 1 }).view());
    }),
  );
}
