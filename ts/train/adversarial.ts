import { grad } from "../autograd/grad.ts";
import type { Module } from "../nn/module.ts";
import { add } from "../ops/add.ts";
import { scale } from "../ops/scale.ts";
import { FoveaError } from "../runtime/errors.ts";
import { zeros } from "../tensor/create.ts";
import { withGrad } from "../tensor/gradMode.ts";
import { keepAlive, scope } from "../tensor/scope.ts";
import { Tensor } from "../tensor/tensor.ts";
import { type Attack, climb, startAnywhere } from "./attack.ts";
import { type Objective, type Outcome, outcomeOf } from "./objective.ts";

export interface AttackOptions<M> {
  attack: Attack;
  /** The module whose output `[batch, …, width]` is moved: `(model) => model.embedding`. */
  at: (model: M) => Module;
}

export interface AdversarialOptions<M> extends AttackOptions<M> {
  /** The share of the loss without the attack, beside that under it: 0 trains on what is attacked alone (Madry et al. 2018). Default 0.5. */
  clean?: number;
}

/**
 * An objective for `fit` that trains against an attack (Miyato, Dai and Goodfellow 2017, Madry et al. 2018): for each batch it looks for what, added to
 * the output of the module `at`, no further than `epsilon` from it for each item, raises the loss most, and gives the loss without it
 * and with it. A model that is not training, as in a validation, is not attacked. Nothing but the embeddings of that batch is ever moved: no
 * parameter, and no `grad`.
 *
 *     const at = (model: SequenceClassifier) => model.embedding;
 *     const objective = adversarial(classification(), { at, attack: fgm({ epsilon: 1 }) });
 *     await fit(model, loader, { objective, optimizer });
 *
 * A model may get out of an attack's reach by making its embeddings longer; one that normalises them (`embeddingNorm`) can't. Dropout draws anew for
 * each look at the loss. Throws `RANGE`, and `STATE` if the model does not use the module.
 */
export function adversarial<M extends Module, B, N extends M>(
  objective: Objective<M, B>,
  { attack, at, clean = 0.5 }: AdversarialOptions<N>,
): Objective<N, B> {
  if (!(clean >= 0 && clean < 1))
    throw new FoveaError("RANGE", `adversarial: clean must be a share of at least 0 and below 1, got ${clean}`);
  return (model, batch) => {
    if (!model.training) return outcomeOf(objective, model, batch);
    const run = () => outcomeOf(objective, model, batch);
    return scope(() => {
      const { deltas, outcome } = findDeltas("adversarial", run, at(model), attack, clean > 0);
      const attacked = withDeltas(at(model), deltas, run);
      if (!outcome) return attacked;
      return { ...outcome, loss: add(scale(outcome.loss, clean), scale(attacked.loss, 1 - clean)) };
    });
  };
}

/**
 * An objective for `evaluate` that gives what the model makes of a batch under attack: the accuracy is then that which the attack leaves it,
 * and the truly robust one is at most as high. Gradients are taken even though `evaluate` records none. Throws `STATE` if the model does not use
 * the module.
 */
export function underAttack<M extends Module, B, N extends M>(
  objective: Objective<M, B>,
  { attack, at }: AttackOptions<N>,
): Objective<N, B> {
  return (model, batch) => {
    const run = () => outcomeOf(objective, model, batch);
    return scope(() => withDeltas(at(model), findDeltas("underAttack", run, at(model), attack, false).deltas, run));
  };
}

interface Found {
  /** For each call of the module what is to be added to its output. */
  readonly deltas: readonly Tensor[];
  /** What there was without it; null if nobody wants it. */
  readonly outcome: Outcome | null;
}

function findDeltas(op: string, run: () => Outcome, module: Module, attack: Attack, keep: boolean): Found {
  const first = slopes(op, run, module, null, keep);
  const deltas = first.slopes.map(({ shape }) => zeros(shape));
  const begin = attack.randomStart ? startAnywhere : climb;
  deltas.forEach((delta, i) => void begin(delta, first.slopes[i]!, attack));
  for (let step = attack.randomStart ? 0 : 1; step < attack.steps; step += 1)
    scope(() => {
      const next = slopes(op, run, module, deltas, false).slopes;
      deltas.forEach((delta, i) => void climb(delta, next[i]!, attack));
    });
  return { deltas, outcome: first.outcome };
}

/** The gradient of the loss with respect to what is added to each output of `module`. With `keep` the outcome can still be gone back through. */
function slopes(op: string, run: () => Outcome, module: Module, deltas: readonly Tensor[] | null, keep: boolean) {
  const leaves: Tensor[] = [];
  try {
    return scope(() => {
      const outcome = withGrad(() => {
        using _hook = module.registerForwardHook((_module, _inputs, out: unknown) => {
          const leaf = leafFor(op, out, deltas?.[leaves.length]);
          leaves.push(leaf);
          return add(out as Tensor, leaf);
        });
        return run();
      });
      if (leaves.length === 0)
        throw new FoveaError("STATE", `${op}: the model must use the module that is attacked, got one it does not call`);
      return { slopes: grad(outcome.loss, leaves, { retainGraph: keep }), outcome: keep ? outcome : null };
    });
  } finally {
    for (const leaf of leaves) leaf.dispose(); // nobody needs their gradients again
  }
}

/** What is added to `out`: `delta`, or zeros. It outlives the scope of the model's own that it is made in. */
function leafFor(op: string, out: unknown, delta: Tensor | undefined): Tensor {
  if (!(out instanceof Tensor) || out.shape.length < 2)
    throw new FoveaError("STATE", `${op}: the module must give a tensor [batch, …, width], got ${String(out)}`);
  const leaf = keepAlive(delta?.detach() ?? zeros(out.shape));
  leaf.requiresGrad = true;
  return leaf;
}

function withDeltas(module: Module, deltas: readonly Tensor[], run: () => Outcome): Outcome {
  let calls = 0;
  using _hook = module.registerForwardHook((_module, _inputs, out: unknown) => add(out as Tensor, deltas[calls++]!));
  return run();
}
