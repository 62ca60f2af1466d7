import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  Conv1d,
  Conv2d,
  conv1d,
  conv2d,
  dispose,
  GroupNorm,
  init,
  manualSeed,
  randn,
  scope,
  type Tensor,
} from "../../ts/index.ts";

beforeAll(() => init());
afterAll(() => dispose());

interface Plain {
  stride: [number, number];
  /** Before the first element. */
  padding: [number, number];
  dilation: [number, number];
  groups: number;
}

/** The sum as it is written down, for one output element. */
function at(x: Tensor, weight: Tensor, { stride, padding, dilation, groups }: Plain, place: number[]): number {
  const [, inChannels, height, width] = x.shape as [number, number, number, number];
  const [outChannels, ofGroup, kernelHeight, kernelWidth] = weight.shape as [number, number, number, number];
  const [item, channel, y, column] = place as [number, number, number, number];
  const first = Math.floor(channel / (outChannels / groups)) * ofGroup;
  let sum = 0;
  for (let c = 0; c < ofGroup; c++)
    for (let i = 0; i < kernelHeight; i++)
      for (let j = 0; j < kernelWidth; j++) {
        const row = y * stride[0] + i * dilation[0] - padding[0];
        const from = column * stride[1] + j * dilation[1] - padding[1];
        if (row < 0 || row >= height || from < 0 || from >= width) continue;
        const element = x.view()[((item * inChannels + first + c) * height + row) * width + from]!;
        sum += element * weight.view()[((channel * ofGroup + c) * kernelHeight + i) * kernelWidth + j]!;
      }
  return sum;
}

function expectPlain(out: Tensor, x: Tensor, weight: Tensor, bias: Tensor | null, plain: Plain): void {
  const view = out.view();
  const [batch, channels, height, width] = out.shape as [number, number, number, number];
  let index = 0;
  for (let item = 0; item < batch; item++)
    for (let channel = 0; channel < channels; channel++)
      for (let y = 0; y < height; y++)
        for (let column = 0; column < width; column++, index++) {
          const want = at(x, weight, plain, [item, channel, y, column]) + (bias ? bias.view()[channel]! : 0);
          expect(Math.abs(view[index]! - want), `${[item, channel, y, column]}`).toBeLessThan(1e-5);
        }
}

const still: Plain = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 };

describe("conv2d is the sum as it is written down", () => {
  const cases: [options: object, plain: Partial<Plain>, outShape: [number, number]][] = [
    [{}, {}, [4, 8]],
    [{ stride: [2, 3] }, { stride: [2, 3] }, [2, 3]],
    [{ padding: [2, 1] }, { padding: [2, 1] }, [8, 10]],
    [{ dilation: 2 }, { dilation: [2, 2] }, [2, 7]],
    [{ padding: "same" }, { padding: [1, 0] }, [6, 9]], // an even kernel: the odd zero is behind
    [{ padding: "valid" }, {}, [4, 8]],
    [{ groups: 2, stride: 2, padding: 1 }, { groups: 2, stride: [2, 2], padding: [1, 1] }, [3, 5]],
    [{ groups: 4 }, { groups: 4 }, [4, 8]],
  ];
  test.each(cases)("%o", (options, plain, [outHeight, outWidth]) => {
    scope(() => {
      manualSeed(2);
      const groups = plain.groups ?? 1;
      const [x, weight, bias] = [randn([3, 4, 6, 9]), randn([8, 4 / groups, 3, 2]), randn([8])];
      const out = conv2d(x, weight, bias, options);
      expect(out.shape).toEqual([3, 8, outHeight, outWidth]);
      expectPlain(out, x, weight, bias, { ...still, ...plain });
    });
  });
});

test("conv1d is conv2d over a plane of one row", () => {
  scope(() => {
    const [x, weight, bias] = [randn([2, 6, 11]), randn([4, 3, 4]), randn([4])];
    for (const [options, plain] of [
      [
        { stride: 3, padding: 2 },
        { stride: [1, 3], padding: [0, 2] },
      ],
      [
        { padding: "same", dilation: 2 },
        { padding: [0, 3], dilation: [1, 2] },
      ],
    ] as const) {
      const out = conv1d(x, weight, bias, { ...options, groups: 2 });
      const plane = out.reshape(out.shape.toSpliced(2, 0, 1));
      const [line, filters] = [x.reshape([2, 6, 1, 11]), weight.reshape([4, 3, 1, 4])];
      expectPlain(plane, line, filters, bias, { ...still, ...(plain as Partial<Plain>), groups: 2 });
    }
  });
});

test("the modules have PyTorch's keys, shapes and initial values", () => {
  manualSeed(3);
  const shapes = (module: Conv1d | Conv2d | GroupNorm) =>
    Object.fromEntries([...module.stateDict()].map(([name, { shape }]) => [name, shape]));
  expect(shapes(new Conv1d(6, 8, 3, { groups: 2 }))).toEqual({ weight: [8, 3, 3], bias: [8] });
  expect(shapes(new Conv2d(6, 8, [3, 5], { bias: false }))).toEqual({ weight: [8, 6, 3, 5] });
  expect(shapes(new GroupNorm(3, 6))).toEqual({ weight: [6], bias: [6] });
  expect(shapes(new GroupNorm(3, 6, { affine: false }))).toEqual({});
  const { weight, bias } = new Conv2d(20, 90, 5, { groups: 5 });
  for (const values of [weight, bias!]) {
    const largest = Math.max(...Array.from(values.view(), Math.abs));
    expect(largest).toBeLessThanOrEqual(0.1); // 1 / √(20 / 5 · 25)
    expect(largest).toBeGreaterThan(0.095);
  }
  scope(() => expect(new Conv1d(6, 8, 3, { stride: 2, padding: 1 }).forward(randn([2, 6, 9])).shape).toEqual([2, 8, 5]));
});
