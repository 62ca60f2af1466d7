/** One way to sum a tile: which registers hold what, and in which order they are read. */
export interface Candidate {
  /** Rows of the left operand. */
  readonly height: number;
  /** Vectors of the panel. */
  readonly vectors: number;
  /** Steps before the loop turns. */
  readonly unrolled: number;
  /** Which operand's step is held in registers while the other's goes by. */
  readonly held: "panel" | "rows";
  /** Whether the left operand's rows lie apart or are packed in groups of a step. */
  readonly left: "apart" | "packed";
}

const HEIGHTS_BY_VECTORS: readonly (readonly [height: number, vectors: number])[] = [
  ...([2, 3, 4, 5, 6].map((height) => [height, 2]) as [number, number][]),
  ...([
    [2, 4],
    [2, 5],
    [2, 6],
    [3, 3],
    [3, 4],
    [4, 3],
  ] as const),
  ...([8, 12].map((height) => [height, 1]) as [number, number][]),
];

/** V8 keeps one of the sixteen vector registers for itself. */
const REGISTERS = 15;

export const candidates: readonly Candidate[] = HEIGHTS_BY_VECTORS.flatMap(([height, vectors]) =>
  ([1, 2, 4, 8] as const).flatMap((unrolled) =>
    (["panel", "rows"] as const).flatMap((held) =>
      (["apart", "packed"] as const).map((left): Candidate => ({ height, vectors, unrolled, held, left })),
    ),
  ),
).filter(({ height, vectors, held }) => height * vectors + (held === "panel" ? vectors : height) + 1 <= REGISTERS + 1);

export const nameOf = ({ height, vectors, unrolled, held, left }: Candidate): string =>
  `${height}×${4 * vectors} ${held} held, left ${left}, by ${unrolled}`;
