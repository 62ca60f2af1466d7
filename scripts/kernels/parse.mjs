// Reads the `kernels! { … }` list of crates/wasm/src/kernels.rs. Only the head of each entry is looked at; the body is Rust's affair.

/** @typedef {{ name: string, kind: string, length: string[] | null }} Argument  length: the tokens of its expression */
/** @typedef {{ name: string, doc: string[], args: Argument[] }} Kernel */

const BUFFER_KINDS = new Set([
  "read",
  "read_i32",
  "read_u8",
  "maybe",
  "maybe_i32",
  "maybe_u8",
  "write",
  "maybe_write",
  "write_i32",
  "write_u8",
  "update",
  "maybe_update",
  "scratch",
]);
const NUMBER_KINDS = new Set(["dim", "flag", "int", "scalar", "threads"]);
const LENGTH_FUNCTIONS = new Set(["div_ceil", "round_up"]);

/** @param {string} text the Rust file @returns {Kernel[]} */
export function parseKernels(text) {
  const tokens = new Tokens(text, text.indexOf("kernels! {"));
  tokens.expect("kernels");
  tokens.expect("!");
  tokens.expect("{");
  /** @type {Kernel[]} */
  const kernels = [];
  while (tokens.peek() !== "}") {
    const kernel = parseKernel(tokens);
    if (kernels.some((other) => other.name === kernel.name)) tokens.fail(`${kernel.name} is declared twice`);
    kernels.push(kernel);
  }
  return kernels;
}

/** @param {Tokens} tokens @returns {Kernel} */
function parseKernel(tokens) {
  const doc = [];
  while (tokens.peek().startsWith("///")) doc.push(tokens.next().slice(3).trim());
  const name = tokens.identifier();
  tokens.expect("(");
  /** @type {Argument[]} */
  const args = [];
  while (tokens.peek() !== ")") {
    args.push(parseArgument(tokens));
    if (tokens.peek() !== ")") tokens.expect(",");
  }
  tokens.expect(")");
  tokens.skipBraces();
  checkNames(tokens, name, args);
  return { name, doc, args };
}

/** @param {Tokens} tokens @returns {Argument} */
function parseArgument(tokens) {
  const name = tokens.identifier();
  tokens.expect(":");
  const kind = tokens.identifier();
  if (NUMBER_KINDS.has(kind)) return { name, kind, length: null };
  if (!BUFFER_KINDS.has(kind)) tokens.fail(`${name} has the unknown kind ${kind}`);
  tokens.expect("[");
  const length = [];
  while (tokens.peek() !== "]") length.push(tokens.next());
  tokens.expect("]");
  return { name, kind, length };
}

/** Every name in a length must be one of the kernel's own dims, flags or `threads`. */
function checkNames(/** @type {Tokens} */ tokens, /** @type {string} */ kernel, /** @type {Argument[]} */ args) {
  const sizes = new Set(args.filter((arg) => ["dim", "flag", "threads"].includes(arg.kind)).map((arg) => arg.name));
  for (const arg of args) {
    for (const token of arg.length ?? []) {
      const known = !/^[a-z]/.test(token) || sizes.has(token) || LENGTH_FUNCTIONS.has(token);
      if (!known) tokens.fail(`${kernel}: the length of ${arg.name} uses ${token}, which is no dim of it`);
    }
  }
}

class Tokens {
  #text;
  #pattern = /\s+|\/\/(?!\/)[^\n]*|(\/\/\/[^\n]*|[A-Za-z_]\w*|\d[\d_]*|.)/gy;
  /** @type {string | null} */
  #ahead = null;

  /** @param {string} text @param {number} start */
  constructor(text, start) {
    this.#text = text;
    this.#pattern.lastIndex = Math.max(start, 0);
  }

  peek() {
    while (this.#ahead === null) {
      const match = this.#pattern.exec(this.#text);
      if (!match) throw new Error("kernels.rs ends inside the list of kernels");
      this.#ahead = match[1] ?? null;
    }
    return this.#ahead;
  }

  next() {
    const token = this.peek();
    this.#ahead = null;
    return token;
  }

  identifier() {
    const token = this.next();
    if (!/^[a-z_]\w*$/.test(token)) this.fail(`expected a name, got ${token}`);
    return token;
  }

  /** @param {string} token */
  expect(token) {
    const got = this.next();
    if (got !== token) this.fail(`expected ${token}, got ${got}`);
  }

  skipBraces() {
    this.expect("{");
    for (let depth = 1; depth > 0; ) {
      const token = this.next();
      if (token === "{") depth++;
      if (token === "}") depth--;
    }
  }

  /** @param {string} problem @returns {never} */
  fail(problem) {
    const line = this.#text.slice(0, this.#pattern.lastIndex).split("\n").length;
    throw new Error(`kernels.rs, line ${line}: ${problem}`);
  }
}
