/** The 32-bit mix of `crates/kernels/src/rng.rs`, bit for bit. */
function mix(bits: number): number {
  const x = twoRounds(bits);
  return (x ^ (x >>> 15)) >>> 0;
}

/** Without its last step, signed: what is compared. */
function twoRounds(bits: number): number {
  const x = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  return Math.imul(x ^ (x >>> 15), 0xd35a2d97);
}

/** What element (row, col) is multiplied by: 0 with probability `p`, else `1 / (1 − p)`. `p` is a float32, as kernels get it. */
export function dropoutFactor(p: number, key: number, row: number, col: number): number {
  const probability = Math.fround(p);
  if (probability >= 1) return 0;
  const start = mix(mix(key ^ Math.floor(row / 2 ** 32)) + (row >>> 0));
  const bits = twoRounds(Math.imul(col, 0x9e3779b9) + start);
  return bits + 2 ** 31 >= Math.floor(probability * 2 ** 32) ? 1 / (1 - probability) : 0;
}
