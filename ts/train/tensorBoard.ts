import { attentionBitmap } from "../explain/attentionBitmap.ts";
import type { AttentionMap } from "../explain/attentionMap.ts";
import { TensorBoardWriter } from "../io/tensorboard/index.ts";
import { FoveaError } from "../runtime/errors.ts";
import { atRest } from "./atRest.ts";
import type { Callback, Training } from "./callback.ts";
import { epochFigures, stepFigures } from "./figures.ts";

export interface TensorBoardCallbackOptions {
  /** Points of the curves of steps: one every so many. Default 1. */
  everySteps?: number;
  /** How each parameter is spread, and its gradient of the last step, after every epoch. Default false. */
  histograms?: boolean;
  /** Attention to draw after every epoch, an image a layer. Called with dropout at rest and no gradients. */
  attention?: (training: Training) => readonly AttentionMap[];
  /** Texts by name, as Markdown: settings, say. */
  texts?: Readonly<Record<string, string>>;
}

/**
 * Event files for TensorBoard in `folder` (Node): loss, learning rate, norm of the gradients and speed of the steps, scores of epochs and
 * validations, and what the options ask for. A training that goes on from a snapshot makes TensorBoard forget the steps after it.
 *
 *     await fit(model, data, { …, callbacks: [tensorBoard("runs/a", { histograms: true })] });   // tensorboard --logdir runs
 *
 * Throws `RANGE`.
 */
export function tensorBoard(folder: string, options: TensorBoardCallbackOptions = {}): Callback {
  const { everySteps = 1, histograms = false, attention, texts = {} } = options;
  if (!(everySteps >= 1)) throw new FoveaError("RANGE", `tensorBoard: everySteps must be at least 1, got ${everySteps}`);
  let board: TensorBoardWriter | null = null;
  return {
    async onStart({ step }) {
      board = await TensorBoardWriter.open(folder, step > 0 ? { purgeStep: step + 1 } : {});
      for (const [name, text] of Object.entries(texts)) board.addText(name, text, step);
    },
    onStep(progress) {
      if (progress.step % everySteps === 0) board?.addScalars(stepFigures(progress), progress.step);
    },
    onEpoch(summary, training) {
      if (!board) return;
      board.addScalars(epochFigures(summary), summary.step);
      if (histograms) addParameters(board, training);
      if (attention)
        addAttention(
          board,
          atRest(training.model, () => attention(training)),
          training.step,
        );
    },
    onEnd() {
      board?.close();
      board = null;
    },
  };
}

function addParameters(board: TensorBoardWriter, { model, step }: Training): void {
  for (const [name, parameter] of model.namedParameters()) {
    board.addHistogram(`parameters/${name}`, parameter.view(), step);
    if (parameter.grad) board.addHistogram(`gradients/${name}`, parameter.grad.view(), step);
  }
}

function addAttention(board: TensorBoardWriter, maps: readonly AttentionMap[], step: number): void {
  maps.forEach(({ tokens, keys = tokens, weights }, sample) => {
    weights.forEach((heads, layer) => {
      const tag = `attention/${sample + 1}/layer ${layer + 1}`;
      if (tokens.length * keys.length > 0) board.addImage(tag, attentionBitmap(heads, tokens.length, keys.length), step);
    });
  });
}
