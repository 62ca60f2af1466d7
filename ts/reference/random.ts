/** The 32-bit mix of `crates/kernels/src/rng.rs`, bit for bit. */
function mix(bits: number): number {
  let x = bits | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0xd35a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/** What element (row, col) is multiplied by: 0 with probability `p`, else `1 / (1 − p)`. `p` is a float32, as kernels get it. */
export function dropoutFactor(p: number, key: number, row: number, col: number): number {
  const probability = Math.fround(p);
  if (probability >= 1) return 0;
  const start = mix(mix(key ^ Math.floor(row / 2 ** 32)) + (row >>> 0));
  const bits = mix(Math.imul(col, 0x9e3779b9) + start);
  return bits >= Math.floor(probability * 2 ** 32) ? 1 / (1 - probability) : 0;
}
