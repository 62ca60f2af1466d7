import { CASTAGNOLI, crc32 } from "./crc32.ts";

const crc32c = crc32(CASTAGNOLI);

/**
 * A record as TensorFlow frames it, little endian: the length of `data` in 8 bytes, the masked check of these in 4, `data`, its masked check
 * in 4.
 */
export function framed(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(12 + data.length + 4);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, masked(crc32c(record.subarray(0, 8))), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, masked(crc32c(data)), true);
  return record;
}

/** Turned and shifted, so that the check of data that hold their own check is no constant. */
function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
