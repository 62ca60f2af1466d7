import { FoveaError } from "../runtime/errors.ts";

/** A number stays text: `9007199254740993` and `1e3` must be told from what `Number` makes of them. */
export interface JsonNumber {
  readonly text: string;
}
export type Json = null | boolean | string | JsonNumber | Json[] | Map<string, Json>;

// The format nests three deep (header, entry, shape); a deeper value is refused before it can exhaust the stack.
const MAX_DEPTH = 8;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON allows none in a string
const PLAIN_STRING = /"([^"\\\u0000-\u001f]*)"/y;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Reads a safetensors header. `JSON.parse` will not do: of two equal keys it keeps the last without a word, and a file that means
 * one thing to one reader and another to the next must be refused.
 */
export class HeaderScanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Reads an object whose values `member` takes from the scanner one by one, so that a large header is never held as a tree. */
  object(what: string, member: (key: string) => void): void {
    const keys = new Set<string>();
    this.members((key) => {
      if (keys.has(key)) throw duplicateKey(what, key);
      keys.add(key);
      member(key);
    });
  }

  /** The same, for a caller who knows himself which keys he has seen. */
  members(member: (key: string) => void): void {
    this.#expect("{", "an object was expected");
    if (this.#take("}")) return;
    do {
      const key = this.#string();
      this.#expect(":", "a key needs a value");
      member(key);
    } while (this.#take(","));
    this.#expect("}", "an object is not closed");
  }

  /** Any one value. */
  value(depth = 0): Json {
    if (depth > MAX_DEPTH) this.#fail(`values nested more than ${MAX_DEPTH} deep`);
    switch (this.#peek()) {
      case "{": {
        const members = new Map<string, Json>();
        this.object("an object", (key) => members.set(key, this.value(depth + 1)));
        return members;
      }
      case "[":
        return this.#array(depth);
      case '"':
        return this.#string();
      default: {
        const word = this.#word();
        return word === undefined ? this.#number() : word;
      }
    }
  }

  isAt(character: string): boolean {
    return this.#peek() === character;
  }

  end(): void {
    if (this.#peek() !== "") this.#fail("bytes follow the closing brace");
  }

  #array(depth: number): Json[] {
    this.#at += 1;
    const items: Json[] = [];
    if (this.#take("]")) return items;
    do items.push(this.value(depth + 1));
    while (this.#take(","));
    this.#expect("]", "an array is not closed");
    return items;
  }

  #string(): string {
    if (this.#peek() !== '"') this.#fail("a string was expected");
    PLAIN_STRING.lastIndex = this.#at;
    const plain = PLAIN_STRING.exec(this.#text);
    if (plain === null) return this.#escapedString();
    this.#at = PLAIN_STRING.lastIndex;
    return plain[1]!;
  }

  #escapedString(): string {
    const start = this.#at;
    for (this.#at += 1; this.#text[this.#at] !== '"'; this.#at += 1) {
      if (this.#at >= this.#text.length) this.#fail("a string is not closed");
      if (this.#text[this.#at] === "\\") this.#at += 1;
    }
    this.#at += 1;
    try {
      const string = JSON.parse(this.#text.slice(start, this.#at)) as string;
      if (!LONE_SURROGATE.test(string)) return string;
    } catch {
      // Falls through: a control character or an unknown escape, said in our own words.
    }
    return this.#fail("a string holds a control character, an unknown escape or half a surrogate pair");
  }

  #word(): boolean | null | undefined {
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    return undefined;
  }

  #number(): JsonNumber {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (match === null) return this.#fail("a value was expected");
    this.#at += match[0].length;
    return { text: match[0] };
  }

  /** The next character after white space; "" at the end. */
  #peek(): string {
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) return "";
      if (character !== " " && character !== "\n" && character !== "\t" && character !== "\r") return character;
      this.#at += 1;
    }
  }

  #take(character: string): boolean {
    if (this.#peek() !== character) return false;
    this.#at += 1;
    return true;
  }

  #expect(character: string, rule: string): void {
    if (!this.#take(character)) this.#fail(rule);
  }

  #fail(rule: string): never {
    throw new FoveaError("HEADER_JSON", `loadSafetensors: the header is not JSON at character ${this.#at}: ${rule}`);
  }
}

export function duplicateKey(what: string, key: string): FoveaError {
  return new FoveaError("DUPLICATE_KEY", `loadSafetensors: ${what} has the key ${JSON.stringify(key)} twice`);
}

const WORDS: readonly (readonly [string, boolean | null])[] = [
  ["true", true],
  ["false", false],
  ["null", null],
];
