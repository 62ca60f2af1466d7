import { FoveaError, type InitOptions } from "fovea";

/** What `parseArgs` gives. */
type Values = Readonly<Record<string, string | boolean | undefined>>;

/** The flags of an example that are numbers. Each throws `RANGE` for what is none, in the example's name. */
export interface NumberFlags {
  /** A whole number of at least `least`, which is 1 unless told otherwise. */
  whole(name: string, otherwise: number, least?: number): number;
  /** A number from `least` to `most`, if there is one. */
  number(name: string, otherwise: number, least: number, most?: number): number;
  /** Above 0. */
  positive(name: string, otherwise: number): number;
  /** What `--threads` asks of `init`. */
  engine(): InitOptions;
}

export function numbersOf(example: string, values: Values): NumberFlags {
  const read = (name: string, otherwise: number, rule: string, fits: (value: number) => boolean): number => {
    const text = values[name];
    if (text === undefined) return otherwise;
    const value = String(text).trim() === "" ? Number.NaN : Number(text);
    if (Number.isFinite(value) && fits(value)) return value;
    throw new FoveaError("RANGE", `${example}: --${name} must be ${rule}, got ${JSON.stringify(text)}`);
  };
  const whole = (name: string, otherwise: number, least = 1): number =>
    read(name, otherwise, `a whole number of at least ${least}`, (value) => Number.isSafeInteger(value) && value >= least);
  return {
    whole,
    number(name, otherwise, least, most = Infinity) {
      const rule = most === Infinity ? `a number of at least ${least}` : `a number from ${least} to ${most}`;
      return read(name, otherwise, rule, (value) => value >= least && value <= most);
    },
    positive: (name, otherwise) => read(name, otherwise, "a number above 0", (value) => value > 0),
    engine: () => (values.threads === undefined ? {} : { threads: whole("threads", 1) }),
  };
}

/** Throws `RANGE` if one of the flags `names` is given without `needed`: its file would not be read. */
export function expectWith(example: string, values: Values, needed: string, names: readonly string[]): void {
  const alone = values[needed] === undefined && names.find((name) => values[name] !== undefined);
  if (alone) throw new FoveaError("RANGE", `${example}: --${alone} needs --${needed}, got none`);
}
