import { FoveaError } from "../../runtime/errors.ts";
import { crc32, IEEE } from "./crc32.ts";
import { joined } from "./joined.ts";

/** A picture as bytes. */
export interface Bitmap {
  readonly width: number;
  readonly height: number;
  /** 1: grey, 3: red, green and blue, 4: these and how opaque. */
  readonly channels: 1 | 3 | 4;
  /** `[height, width, channels]`, from 0 to 255. */
  readonly pixels: Uint8Array;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const COLOUR_TYPE = { 1: 0, 3: 2, 4: 6 } as const;
const check = crc32(IEEE);

/** A PNG file, its rows unfiltered. `deflate` makes a zlib stream: `node:zlib`'s does. Throws `SHAPE`. */
export function encodePng(bitmap: Bitmap, deflate: (bytes: Uint8Array) => Uint8Array): Uint8Array {
  const { width, height, channels, pixels } = bitmap;
  if (pixels.length !== width * height * channels || pixels.length === 0)
    throw new FoveaError(
      "SHAPE",
      `encodePng: needs width × height × channels pixels, got ${pixels.length} for ${width} × ${height} × ${channels}`,
    );
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, COLOUR_TYPE[channels]], 8); // bits of a channel; then compression, filters and interlacing, each 0
  const stride = width * channels;
  const rows = new Uint8Array(height * (1 + stride)); // before each row its filter: 0, none
  for (let y = 0; y < height; y += 1) rows.set(pixels.subarray(y * stride, (y + 1) * stride), y * (1 + stride) + 1);
  const chunks = [chunk("IHDR", header), chunk("IDAT", deflate(rows)), chunk("IEND", new Uint8Array(0))];
  return joined([SIGNATURE, ...chunks]);
}

/** Length, name, data, and the check of name and data. */
function chunk(name: string, data: Uint8Array): Uint8Array {
  const named = joined([new TextEncoder().encode(name), data]);
  const whole = new Uint8Array(4 + named.length + 4);
  const view = new DataView(whole.buffer);
  view.setUint32(0, data.length);
  whole.set(named, 4);
  view.setUint32(4 + named.length, check(named));
  return whole;
}
