// Reads `test/mutants/mutants.txt`: the bugs that the tests must catch.
import { readFileSync } from "node:fs";
import { root } from "../setup/paths.mjs";

/**
 * @typedef {object} Mutant
 * @property {string} why what the bug does
 * @property {string} file from the repository's root
 * @property {string} find what stands there, once
 * @property {string} replace
 * @property {string | null} tests the native tests to run first, by the name of their file
 * @property {string[]} kernels whose cases in wasm are run if those pass
 * @property {boolean} workers whether the cases need more than one thread
 */

export const LIST = "test/mutants/mutants.txt";

/** @returns {Mutant[]} */
export const readMutants = () => parseMutants(readFileSync(root(LIST), "utf8"));

/** @param {string} text @returns {Mutant[]} */
export function parseMutants(text) {
  /** @type {Mutant[]} */
  const mutants = [];
  let heading = { file: "", tests: /** @type {string | null} */ (null), kernels: /** @type {string[]} */ ([]), workers: false };
  for (const [i, line] of text.split("\n").entries()) {
    const last = mutants.at(-1);
    if (line === "" || line.startsWith("#")) continue;
    if (line.startsWith("== ")) {
      const [file = "", tests = "none", kernels = "", workers] = line.slice(3).split(" | ");
      heading = { file, tests: tests === "none" ? null : tests, kernels: kernels.split(" "), workers: workers === "workers" };
    } else if (line.startsWith("- ") && last) last.find = line.slice(2);
    else if (/^\+( |$)/.test(line) && last) last.replace = line.slice(2);
    else if (/^\w/.test(line)) mutants.push({ why: line, ...heading, find: "", replace: "" });
    else throw new Error(`${LIST}, line ${i + 1}: neither a heading, a bug, nor its text: ${line}`);
  }
  return mutants;
}

/** The file's text with the bug in it. @param {Mutant} mutant @param {string} text */
export function applyMutant({ why, file, find, replace }, text) {
  const count = find === "" ? 0 : text.split(find).length - 1;
  if (count !== 1)
    throw new Error(`${LIST}: "${why}" looks for text that stands in ${file} ${count} times, expected once: ${find}`);
  return text.replace(find, () => replace);
}
