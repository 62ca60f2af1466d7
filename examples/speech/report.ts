import { trainingHtml } from "fovea/explain";
import type { EpochRecord } from "./main.ts";

const FRAME = 40; // ms

/** A page that opens without a network: curves, and where the decoder listened for each digit it wrote. */
export function reportPage(curves: readonly EpochRecord[], digits: string, attention: Float32Array): string {
  const curve = (name: string, of: (record: EpochRecord) => number) => ({ name, values: curves.map(of) });
  const charts = [
    { title: "training loss", curves: [curve("loss", ({ loss }) => loss)] },
    { title: "single digits, % right", curves: [curve("digits", ({ digits }) => 100 * digits)] },
    {
      title: "strings, % wrong",
      curves: [
        curve("CTC", ({ ctcErrors }) => ctcErrors),
        curve("decoder", ({ decoderErrors }) => decoderErrors),
        curve("both", ({ bothErrors }) => bothErrors),
      ],
    },
  ];
  const tokens = [...digits, "<eos>"];
  const keys = Array.from({ length: attention.length / tokens.length }, (_, frame) => `${(frame * FRAME) / 1000} s`);
  const facts = [`Where the decoder listened to “${digits}”: a row for each token it wrote, a column for every ${FRAME} ms.`];
  return trainingHtml({ title: "Spoken digits", facts, charts, samples: [{ tokens, keys, weights: [[attention]] }] });
}
