import { add, infoNce, Linear, MeanPool, Module, normalize, scale, scope, type Tensor, TextEncoder } from "fovea";
import { padIds } from "fovea/data";

const TEMPERATURE = 0.1;
const WIDTH = 64;

/** Token ids of texts, or of names of classes. */
export type Sequences = readonly (readonly number[])[];

/** Texts and the names of classes as vectors of one space: one encoder reads both, and a linear layer for each kind leads there from its mean. */
export class DualEncoder extends Module {
  readonly encoder: TextEncoder;
  readonly pool = new MeanPool();
  readonly textProjection = new Linear(WIDTH, WIDTH);
  readonly nameProjection = new Linear(WIDTH, WIDTH);

  constructor(vocabSize: number) {
    super();
    const sizes = { dModel: WIDTH, numHeads: 4, numLayers: 1, dimFeedforward: 2 * WIDTH };
    this.encoder = new TextEncoder({ ...sizes, vocabSize, paddingIdx: 0, dropout: 0.1, embeddingDropout: 0.2 });
  }

  /**
   * The loss of a batch of texts, the name of each at the same place, no name twice: to find each text's name among all names (van den Oord, Li and
   * Vinyals 2018), and each name's text, as Radford et al. (2021) train pictures and their captions.
   */
  forward(texts: Sequences, names: Sequences): Tensor {
    return scope(() => {
      const [ofTexts, ofNames] = [this.embedTexts(texts), this.embedNames(names)];
      const how = { temperature: TEMPERATURE };
      return scale(add(infoNce(ofTexts, ofNames, how), infoNce(ofNames, ofTexts, how)), 0.5);
    });
  }

  /** `[texts.length, 64]`, each of length 1. */
  embedTexts(texts: Sequences): Tensor {
    return this.#embed(texts, this.textProjection);
  }

  /** The same of names: the cosine of a text and a name says how well the name fits. */
  embedNames(names: Sequences): Tensor {
    return this.#embed(names, this.nameProjection);
  }

  #embed(sequences: Sequences, projection: Linear): Tensor {
    return scope(() => {
      const { ids, lengths } = padIds(sequences);
      const mean = this.pool.forward(this.encoder.forward(ids, { lengths }), { lengths });
      return normalize(projection.forward(mean));
    });
  }
}
