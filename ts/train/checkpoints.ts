import { writeFileAtomic } from "../io/atomicFile.ts";
import { FoveaError } from "../runtime/errors.ts";
import { nodeModule } from "../runtime/node.ts";
import type { Callback, EpochSummary, FitResult, Progress, Training } from "./callback.ts";
import { checkMode, isBetter, type MonitorOptions, monitored } from "./earlyStopping.ts";

export interface CheckpointsOptions extends MonitorOptions {
  /** Also every so many steps, besides after every epoch. */
  everySteps?: number;
  /** How many of the best models to keep, as `best-1.safetensors`, `best-2.safetensors`, …. Default 1. */
  best?: number;
}

/** A model that was among the best. */
interface Kept {
  readonly value: number;
  readonly epoch: number;
  /** `best-N.safetensors` */
  readonly slot: number;
}

const LAST = "last.safetensors";

/**
 * Writes into a folder (Node) `last.safetensors`, what it takes to go on, and the parameters alone of the best epochs. A file is
 * replaced whole or not at all, whenever the process is killed.
 *
 *     await fit(model, data, { …, resume: await lastCheckpoint("runs/a"), callbacks: [new Checkpoints("runs/a")] });
 */
export class Checkpoints implements Callback {
  readonly name = "checkpoints";
  readonly #folder: string;
  readonly #options: MonitorOptions & { everySteps: number; best: number };
  #kept: readonly Kept[] = [];
  #saved = -1;

  /** Throws `RANGE`. */
  constructor(folder: string, options: CheckpointsOptions = {}) {
    const { everySteps = Infinity, best = 1, ...monitoring } = options;
    checkMode("Checkpoints", options);
    if (!(everySteps >= 1)) throw new FoveaError("RANGE", `Checkpoints: everySteps must be at least 1, got ${everySteps}`);
    if (!(Number.isInteger(best) && best >= 0))
      throw new FoveaError("RANGE", `Checkpoints: best must be a whole number of at least 0, got ${best}`);
    this.#folder = folder;
    this.#options = { ...monitoring, everySteps, best };
  }

  /** The best so far: the epoch, its value, and the path of its parameters. */
  get best(): readonly { epoch: number; value: number; path: string }[] {
    return this.#kept.map(({ epoch, value, slot }) => ({ epoch, value, path: this.#path(slot) }));
  }

  /** Makes the folder, and clears away what a kill has left half written. */
  async onStart(): Promise<void> {
    const { mkdir, readdir, rm } = await nodeModule<typeof import("node:fs/promises")>("fs/promises");
    await mkdir(this.#folder, { recursive: true });
    for (const name of await readdir(this.#folder))
      if (/^(last|best-\d+)\.safetensors\.\d+\.tmp$/.test(name)) await rm(`${this.#folder}/${name}`, { force: true });
  }

  async onStep({ step }: Progress, training: Training): Promise<void> {
    if (step % this.#options.everySteps === 0) await this.#save(training);
  }

  async onEpoch(summary: EpochSummary, training: Training): Promise<void> {
    if (this.#options.best > 0) await this.#keepBest(summary, training);
    await this.#save(training);
  }

  /** Where a training was aborted, or its loop left, it stands after a whole step; after an error it may not. */
  async onEnd(result: FitResult | null, training: Training): Promise<void> {
    if (result === null && training.resumable && this.#saved !== training.step) await this.#save(training);
  }

  stateDict(): readonly Kept[] {
    return this.#kept;
  }

  loadStateDict(state: unknown): void {
    this.#kept = state as readonly Kept[];
  }

  async #save(training: Training): Promise<void> {
    await writeFileAtomic(`${this.#folder}/${LAST}`, training.snapshot());
    this.#saved = training.step;
  }

  /** The file is written before the snapshot that mentions it. */
  async #keepBest(summary: EpochSummary, training: Training): Promise<void> {
    const { best } = this.#options;
    const { mode, value } = monitored(summary, this.#options);
    const worst = this.#kept.at(-1);
    if (Number.isNaN(value) || (this.#kept.length === best && worst && !isBetter(value, worst.value, mode))) return;
    const slot = this.#kept.length < best ? this.#kept.length + 1 : worst!.slot;
    await writeFileAtomic(this.#path(slot), training.modelFile());
    const others = this.#kept.filter((kept) => kept.slot !== slot);
    this.#kept = [...others, { value, epoch: summary.epoch, slot }].sort((a, b) =>
      mode === "min" ? a.value - b.value : b.value - a.value,
    );
  }

  #path(slot: number): string {
    return `${this.#folder}/best-${slot}.safetensors`;
  }
}

/** The bytes of a folder's last checkpoint (Node), for `resume`; null if there is none yet. */
export async function lastCheckpoint(folder: string): Promise<Uint8Array | null> {
  const { readFile } = await nodeModule<typeof import("node:fs/promises")>("fs/promises");
  try {
    return await readFile(`${folder}/${LAST}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}
