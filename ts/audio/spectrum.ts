import { cfft, cifft, fft } from "fourier-transform";

/** The magnitudes of `length / 2 + 1` frequencies of `length` real values, written into `out`. */
export type Magnitudes = (values: Float64Array, out: Float64Array) => void;

/** For any length from 2 on. */
export function magnitudesOf(length: number): Magnitudes {
  const isPowerOf2 = (length & (length - 1)) === 0;
  return isPowerOf2 ? direct : bluestein(length);
}

function direct(values: Float64Array, out: Float64Array): void {
  const [re, im] = fft(values);
  magnitudes(re, im, out);
}

/** Not `Math.hypot`, which guards against overflow and takes longer than the transform. */
function magnitudes(re: Float64Array, im: Float64Array, out: Float64Array): void {
  for (let k = 0; k < out.length; k += 1) out[k] = Math.sqrt(re[k]! * re[k]! + im[k]! * im[k]!);
}

/**
 * Bluestein 1970: with the chirp c[n] = exp(-iπn² / length), X[k] = c[k] · Σ (x[n] · c[n]) · conj(c[k - n]): a convolution, done by transforms of the
 * next power of 2 that holds it. The last factor c[k] does not change the magnitude.
 */
function bluestein(length: number): Magnitudes {
  const size = 2 ** Math.ceil(Math.log2(2 * length - 1));
  const cos = new Float64Array(length);
  const sin = new Float64Array(length);
  const filterRe = new Float64Array(size);
  const filterIm = new Float64Array(size);
  for (let n = 0; n < length; n += 1) {
    const angle = (Math.PI * ((n * n) % (2 * length))) / length; // n² is exact; its remainder keeps the angle small
    cos[n] = Math.cos(angle);
    sin[n] = Math.sin(angle);
    const mirrored = (size - n) % size;
    filterRe[n] = filterRe[mirrored] = cos[n]!;
    filterIm[n] = filterIm[mirrored] = sin[n]!;
  }
  cfft(filterRe, filterIm);
  const re = new Float64Array(size);
  const im = new Float64Array(size);
  return (values, out) => {
    re.fill(0);
    im.fill(0);
    for (let n = 0; n < length; n += 1) {
      re[n] = values[n]! * cos[n]!;
      im[n] = -values[n]! * sin[n]!;
    }
    cfft(re, im);
    for (let k = 0; k < size; k += 1) {
      const product = re[k]! * filterRe[k]! - im[k]! * filterIm[k]!;
      im[k] = re[k]! * filterIm[k]! + im[k]! * filterRe[k]!;
      re[k] = product;
    }
    cifft(re, im);
    magnitudes(re, im, out);
  };
}
