import { regexOf } from "./patterns.ts";
import { type NormalizerJson, unsupported } from "./tokenizerJson.ts";

/** Rewrites a text before it is split; each character with its marks by itself, so that offsets can be followed. */
export type Normalizer = (text: string) => string;

export function normalizer(json: NormalizerJson | null): Normalizer {
  if (json === null) return (text) => text;
  switch (json.type) {
    case "BertNormalizer":
      return bert(json);
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD":
      return (text) => text.normalize(json.type);
    case "Lowercase":
      return lowerCase;
    case "StripAccents":
      return (text) => text.replace(NONSPACING, "");
    case "Replace": {
      const pattern = regexOf(json.pattern);
      return (text) => text.replace(pattern, () => json.content);
    }
    case "Sequence": {
      const steps = json.normalizers.map(normalizer);
      return (text) => steps.reduce((rewritten, step) => step(rewritten), text);
    }
    default:
      throw unsupported("this normalizer", json);
  }
}

const NONSPACING = /\p{Mn}/gu;
const CONTROL = /[^\P{C}\t\n\r]|\ufffd/gu;
const SPACE = /\p{White_Space}/gu;
/** The blocks of ideographs that BERT's own tokenizer lists. */
const IDEOGRAPH =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;

function bert(json: Extract<NormalizerJson, { type: "BertNormalizer" }>): Normalizer {
  const steps: Normalizer[] = [];
  if (json.clean_text) steps.push((text) => text.replace(CONTROL, "").replace(SPACE, " "));
  if (json.handle_chinese_chars) steps.push((text) => text.replace(IDEOGRAPH, " $& "));
  if (json.strip_accents ?? json.lowercase) steps.push((text) => text.normalize("NFD").replace(NONSPACING, ""));
  if (json.lowercase) steps.push(lowerCase);
  return (text) => steps.reduce((rewritten, step) => step(rewritten), text);
}

/** Each character by itself: a final Σ is σ like any other, where JavaScript alone would look at the letters around it. */
function lowerCase(text: string): string {
  return text.replaceAll("Σ", "σ").toLowerCase();
}
