import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  dispose,
  fromPretrained,
  init,
  LanguageModel,
  loadSafetensors,
  MaskedLanguageModel,
  parseSafetensors,
  runtime,
  saveSafetensors,
  scope,
  type Tensor,
  tensor,
  toPretrained,
} from "../../ts/index.ts";

beforeAll(() => init({ threads: 1 }));
afterAll(() => dispose());

const folder = fileURLToPath(new URL("../golden/models", import.meta.url));
const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
const config = (name: string): Record<string, unknown> => JSON.parse(readFileSync(join(folder, name, "config.json"), "utf8"));
const weights = (name: string): Map<string, Tensor> => loadSafetensors(readFileSync(join(folder, name, "model.safetensors")));

/** What is thrown for a GPT-2 whose config or weights have been changed. */
function refused(
  change: { config?: object; weights?: (given: Map<string, Tensor>) => void },
  message: string,
  code: string,
): void {
  scope(() => {
    const given = weights("gpt2-lm");
    change.weights?.(given);
    expect(() => fromPretrained({ ...config("gpt2-lm"), ...change.config }, given)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
}

describe("Hugging Face's files", () => {
  test.each(names)("what is read can be written back, bit for bit: %s", (name) => {
    scope(() => {
      const given = weights(name);
      const model = fromPretrained(config(name), given);
      expect(model.training).toBe(false);
      const written = toPretrained(config(name), model);
      given.delete("transformer.pos_emb.inv_freq"); // a buffer
      const plain = (state: Map<string, Tensor>) =>
        new Map([...state].map(([key, value]) => [key, [value.shape, value.toArray()]]));
      expect(plain(written)).toEqual(plain(given));
      model.dispose();
    });
  });

  test("norms of old, and names without the base's", () => {
    scope(() => {
      const given = [...weights("bert-masked-lm")].map(([name, value]): [string, Tensor] => [
        name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta"),
        value,
      ]);
      const ids = tensor(Int32Array.of(7, 9, 11), [1, 3]);
      const old = fromPretrained(config("bert-masked-lm"), new Map(given), MaskedLanguageModel);
      const now = fromPretrained(config("bert-masked-lm"), weights("bert-masked-lm"), MaskedLanguageModel);
      expect(old.forward(ids).toArray()).toEqual(now.forward(ids).toArray());
      const bare = new Map([...weights("gpt2-lm")].map(([name, value]) => [name.replace(/^transformer\./, ""), value]));
      const model = fromPretrained(config("gpt2-lm"), bare, LanguageModel);
      expect(model.embedding.weight.toArray()).toEqual(bare.get("wte.weight")!.toArray());
    });
  });

  test("buffers and heads of no use are passed over; a tied weight may be given twice, but not with other values", () => {
    scope(() => {
      const given = weights("gpt2-lm");
      given.set("transformer.h.0.attn.bias", tensor([1, 0]));
      given.set(
        "lm_head.weight",
        tensor(given.get("transformer.wte.weight")!.toArray(), given.get("transformer.wte.weight")!.shape),
      );
      expect(fromPretrained(config("gpt2-lm"), given)).toBeInstanceOf(LanguageModel);
      given.get("lm_head.weight")!.view()[0] = 7;
      expect(() => fromPretrained(config("gpt2-lm"), given)).toThrow(expect.objectContaining({ code: "STATE" }));
    });
  });
});

describe("what does not fit is refused", () => {
  test("keys: all that is wrong in one error", () => {
    refused(
      {
        weights(given) {
          given.delete("transformer.ln_f.bias");
          given.set("transformer.wpe.weight", tensor([[1, 2]]));
          given.set("transformer.h.7.ln_1.bias", tensor([1]));
        },
      },
      'fromPretrained: the weights do not fit GPT2LMHeadModel: missing "transformer.ln_f.bias"; ' +
        '"transformer.wpe.weight" must be [30, 36], got [1, 2]; unexpected "transformer.h.7.ln_1.bias". Nothing was loaded.',
      "STATE",
    );
  });

  test.each([
    [{ architectures: ["GPT5"] }, "architecture must be one of BertModel,", "UNSUPPORTED"],
    [{ architectures: [] }, "config.architectures must name one, got []", "DATA"],
    [{ n_head: undefined }, "config.n_head must be a number, got undefined", "DATA"],
    [{ n_head: "3" }, 'config.n_head must be a number, got "3"', "DATA"],
    [{ activation_function: "swish" }, "activation_function must be one of relu, gelu, gelu_new", "UNSUPPORTED"],
    [{ scale_attn_by_inverse_layer_idx: true }, "scale_attn_by_inverse_layer_idx must be false, got true", "UNSUPPORTED"],
  ])("config %o", (change, message, code) => {
    refused({ config: change }, message, code);
  });

  test("another class than expected", () => {
    scope(() => {
      expect(() => fromPretrained(config("gpt2-lm"), weights("gpt2-lm"), MaskedLanguageModel)).toThrow(
        expect.objectContaining({
          code: "STATE",
          message: "fromPretrained: GPT2LMHeadModel is a LanguageModel, not a MaskedLanguageModel",
        }),
      );
      expect(() => fromPretrained([], new Map())).toThrow(expect.objectContaining({ code: "DATA" }));
    });
  });

  test("and leaves no memory behind", () => {
    const before = runtime.memory.used;
    refused({ weights: (given) => given.delete("transformer.ln_f.bias") }, "missing", "STATE");
    expect(runtime.memory.used).toBe(before);
  });
});

test("ALBERT's one layer is saved once, under our names too", () => {
  scope(() => {
    const model = fromPretrained(config("albert-masked-lm"), weights("albert-masked-lm"), MaskedLanguageModel);
    const saved = [...parseSafetensors(saveSafetensors(model.stateDict())).tensors.keys()];
    expect(model.encoder.layers).toHaveLength(3);
    expect(saved.filter((name) => name.startsWith("encoder.layers.1."))).toEqual([]);
    expect(saved.filter((name) => name.endsWith("norm1.weight"))).toEqual(["encoder.layers.0.norm1.weight"]);
  });
});
