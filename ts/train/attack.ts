import { FoveaError } from "../runtime/errors.ts";
import { nextKey, Rng } from "../tensor/rng.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** How what a model reads is moved against it: how far, and in how many steps. Made by `fgm` or `pgd`. */
export interface Attack {
  /** The longest that what is added to one item of a batch may be, all its elements together. */
  readonly epsilon: number;
  /** How that is measured: 2, the length of a vector, or Infinity, its largest element. */
  readonly norm: number;
  readonly steps: number;
  readonly stepSize: number;
  /** Whether it begins at a random place within `epsilon`. */
  readonly randomStart: boolean;
}

export interface FgmOptions {
  epsilon: number;
  norm?: number | undefined;
}

/**
 * One step of length `epsilon` along the gradient of the loss, `ε · g / ‖g‖` for each item (Miyato, Dai and Goodfellow 2017); with `norm: Infinity`
 * along its signs (Goodfellow, Shlens and Szegedy 2015). Throws `RANGE`.
 */
export function fgm({ epsilon, norm = 2 }: FgmOptions): Attack {
  return checked("fgm", { epsilon, norm, steps: 1, stepSize: epsilon, randomStart: false });
}

export interface PgdOptions extends FgmOptions {
  /** Default 3. */
  steps?: number | undefined;
  /** Default 2.5 · epsilon / steps: enough to get from any place of the ball to its edge, and along it. */
  stepSize?: number | undefined;
  randomStart?: boolean | undefined;
}

/** Several steps along the gradient, each followed by the way back into the ball of radius `epsilon` (Madry et al. 2018). Throws `RANGE`. */
export function pgd({ epsilon, norm = 2, steps = 3, stepSize, randomStart = false }: PgdOptions): Attack {
  return checked("pgd", { epsilon, norm, steps, stepSize: stepSize ?? (2.5 * epsilon) / steps, randomStart });
}

function checked(op: string, attack: Attack): Attack {
  const { epsilon, norm, steps, stepSize } = attack;
  const refuse = (rule: string, got: unknown): never => {
    throw new FoveaError("RANGE", `${op}: ${rule}, got ${got}`);
  };
  if (!(epsilon >= 0 && epsilon < Infinity)) refuse("epsilon must be a number of at least 0", epsilon);
  if (norm !== 2 && norm !== Infinity) refuse("norm must be 2 or Infinity", norm);
  if (!(Number.isInteger(steps) && steps >= 1)) refuse("steps must be a whole number of at least 1", steps);
  if (!(stepSize >= 0 && stepSize < Infinity)) refuse("stepSize must be a number of at least 0", stepSize);
  return attack;
}

/** Moves `delta` `[batch, …]` a step up `slope`, and back into the ball, each item by itself. */
export function climb(delta: Tensor, slope: Tensor, { epsilon, norm, stepSize }: Attack): void {
  const [to, from] = [delta.view(), slope.view()];
  for (const [start, end] of itemsOf(delta)) {
    if (norm === Infinity) {
      for (let i = start; i < end; i += 1) to[i] = clamp(to[i]! + stepSize * Math.sign(from[i]!), epsilon);
      continue;
    }
    const length = lengthOf(from, start, end);
    if (length === 0) continue; // flat: no way is up
    for (let i = start; i < end; i += 1) to[i]! += (stepSize / length) * from[i]!;
    shorten(to, start, end, epsilon);
  }
}

/**
 * Puts `delta` `[batch, …, width]`, which is 0, at a random place of the ball: in a random direction, at a random distance. Vectors that the loss
 * does not depend on, `slope` being 0 there, are padding and stay 0, so that the whole radius goes to what is read.
 */
export function startAnywhere(delta: Tensor, slope: Tensor, { epsilon, norm }: Attack): void {
  const rng = new Rng(nextKey());
  const [to, from] = [delta.view(), slope.view()];
  const width = delta.shape.at(-1)!;
  for (const [start, end] of itemsOf(delta)) {
    for (let row = start; row < end; row += width) {
      if (from.subarray(row, row + width).every((value) => value === 0)) continue;
      for (let i = row; i < row + width; i += 1) to[i] = norm === Infinity ? epsilon * (2 * rng.uniform() - 1) : rng.normal();
    }
    const length = lengthOf(to, start, end);
    if (norm === Infinity || length === 0) continue;
    const factor = (epsilon * rng.uniform()) / length;
    for (let i = start; i < end; i += 1) to[i]! *= factor;
  }
}

function* itemsOf({ shape, length }: Tensor): Generator<readonly [start: number, end: number]> {
  const [batch = 0] = shape;
  const size = batch === 0 ? 0 : length / batch;
  for (let item = 0; item < batch; item += 1) yield [item * size, (item + 1) * size];
}

type Values = ReturnType<Tensor["view"]>;

function lengthOf(values: Values, start: number, end: number): number {
  let squares = 0;
  for (let i = start; i < end; i += 1) squares += values[i]! * values[i]!;
  return Math.sqrt(squares);
}

function shorten(values: Values, start: number, end: number, most: number): void {
  const length = lengthOf(values, start, end);
  if (!(length > most)) return;
  for (let i = start; i < end; i += 1) values[i]! *= most / length;
}

const clamp = (value: number, most: number): number => Math.max(-most, Math.min(most, value));
