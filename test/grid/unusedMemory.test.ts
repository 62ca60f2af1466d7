import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { heap } from "../../ts/runtime/heap.ts";
import { dispose, init } from "../../ts/runtime/index.ts";
import { runGuarded } from "../harness/guarded.ts";
import { casesOf, createProblem, kernelNames } from "../harness/problem.ts";
import { cases } from "./scale.ts";

// What lies in memory that a kernel has no business with changes no bit: between buffers, where lanes reach past the last element; in scratch; in what
// was freed.

const ZEROS = 0x00;
/** Of float32, a NaN. */
const ONES = 0xff;
const FREED_BYTES = 1 << 22;

const all = kernelNames.flatMap((kernel) => casesOf(kernel).cases.map((each) => ({ kernel, each })));
const every = Math.max(1, Math.floor(all.length / cases(600)));
const some = all.filter((_, i) => i % every === 0);

beforeAll(() => init());
afterAll(() => dispose());

describe("what is in unused memory changes no bit", () => {
  test.each([...new Set(some.map(({ kernel }) => kernel))])("%s", (kernel) => {
    for (const { each } of some.filter((one) => one.kernel === kernel)) {
      const problem = createProblem(kernel, each);
      const [zeros, ones] = [ZEROS, ONES].map((paint) => {
        paintFreed(paint);
        return runGuarded(problem, paint);
      });
      for (const [name, values] of Object.entries(zeros!)) {
        const other = new Int32Array(ones![name]!.buffer);
        const at = new Int32Array(values.buffer).findIndex((bits, i) => bits !== other[i]);
        if (at >= 0) expect.fail(`${each.why}: ${name}[${at}] is ${values[at]} beside zeros and ${ones![name]![at]} beside NaN`);
      }
    }
  });

  test("every kernel is among them", () => {
    expect(new Set(some.map(({ kernel }) => kernel)).size).toBe(kernelNames.length);
  });
});

/** Fills a few MiB and gives them back: what is lent next comes out of them. */
function paintFreed(paint: number): void {
  const block = heap.allocate(FREED_BYTES);
  heap.u8(block, FREED_BYTES).fill(paint);
  heap.free(block);
}
