/** How many times as many cases the grids draw as in CI: `FOVEA_TEST_SCALE=10 npm test -- test/grid` before a release. */
export const SCALE = Number(process.env.FOVEA_TEST_SCALE ?? 1);
if (!(SCALE >= 1)) throw new Error(`FOVEA_TEST_SCALE must be a number of at least 1, got ${process.env.FOVEA_TEST_SCALE}`);

export const cases = (inCi: number): number => Math.round(inCi * SCALE);
