/** The polynomials, their lowest bit first: that of PNG, and Castagnoli's of event files. */
export const IEEE = 0xedb88320;
export const CASTAGNOLI = 0x82f63b78;

/** The cyclic redundancy check of 32 bits with one polynomial. */
export function crc32(polynomial: number): (bytes: Uint8Array) => number {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let rest = byte;
    for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ polynomial : rest >>> 1;
    return rest;
  });
  return (bytes) => {
    let rest = 0xffffffff;
    for (const byte of bytes) rest = (rest >>> 8) ^ table[(rest ^ byte) & 0xff]!;
    return ~rest >>> 0;
  };
}
