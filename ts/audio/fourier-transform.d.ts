/** The package brings no types. Lengths are powers of 2. */
declare module "fourier-transform" {
  /** The spectrum of real values, `length / 2 + 1` bins; a view that the next call overwrites. */
  export function fft(input: Float64Array): [re: Float64Array, im: Float64Array];
  /** In place. */
  export function cfft(re: Float64Array, im: Float64Array): void;
  /** In place, divided by the length. */
  export function cifft(re: Float64Array, im: Float64Array): void;
}
