/** What operators do at the edges of arithmetic: NaN, infinities, ties, overflow, and nothing at all. */

import {
  abs,
  adaptiveAvgPool2d,
  argmax,
  avgPool2d,
  batchNorm,
  binaryCrossEntropyWithLogits,
  clamp,
  concat,
  conv2d,
  crossEntropy,
  div,
  exp,
  groupNorm,
  hardsigmoid,
  hardswish,
  interpolate,
  layerNorm,
  leakyRelu,
  log,
  max,
  maxPool2d,
  mean,
  mse,
  mul,
  noGrad,
  OptionError,
  pad,
  permute,
  pow,
  relu,
  relu6,
  sigmoid,
  silu,
  slice,
  softmax,
  sqrt,
  sub,
  sum,
  type Tensor,
  tanh,
  tensor,
  topK,
  zeros,
} from 'tenfold';
import { describe, expect, test } from 'vitest';
import { expectClose } from './contract/expect-close.js';
import { devices, onDevice } from './devices.js';

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

describe.each(devices)('$name', (device) => {
  const make = (values: readonly number[], shape?: readonly number[], requiresGrad = false): Tensor =>
    tensor(values, shape ?? [values.length], { device, requiresGrad });
  const values = async (result: Tensor): Promise<number[]> => [...(await result.data())];

  /** The gradient that arrives at x if y's is `gradient`. */
  async function gradientAt(x: Tensor, y: Tensor, gradient: readonly number[]): Promise<number[]> {
    sum(mul(y, make(gradient, y.shape))).backward();
    return values(x.grad!);
  }

  test('relu: NaN stays, infinity stays, zero has no gradient', async () => {
    const x = make([nan, -infinity, -1, -0, 0, 1, infinity, nan, 2], undefined, true);
    const y = relu(x);
    expect((await values(y)).map(Math.abs)).toEqual([nan, 0, 0, 0, 0, 1, infinity, nan, 2]);
    const gradient = await gradientAt(x, y, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(gradient).toEqual([1, 0, 0, 0, 0, 6, 7, 8, 9]);
  });

  /** Results and, for a gradient of 1 everywhere, gradients as PyTorch has them, at kinks, poles and beyond. */
  const edges: readonly {
    readonly name: string;
    readonly operator: (x: Tensor) => Tensor;
    readonly x: readonly number[];
    readonly y: readonly number[];
    readonly gradient: readonly number[];
  }[] = [
    {
      name: 'relu6',
      operator: relu6,
      x: [nan, -infinity, -1, 0, 3, 6, 7, infinity],
      y: [nan, 0, 0, 0, 3, 6, 6, 6],
      gradient: [0, 0, 0, 0, 1, 0, 0, 0],
    },
    {
      name: 'leakyRelu',
      operator: (x) => leakyRelu(x, { negativeSlope: 0.25 }),
      x: [nan, -infinity, -2, 0, 2, infinity],
      y: [nan, -infinity, -0.5, 0, 2, infinity],
      gradient: [0.25, 0.25, 0.25, 0.25, 1, 1],
    },
    {
      name: 'sigmoid',
      operator: sigmoid,
      x: [nan, -infinity, -1000, 0, 1000, infinity],
      y: [nan, 0, 0, 0.5, 1, 1],
      gradient: [nan, 0, 0, 0.25, 0, 0],
    },
    {
      name: 'tanh',
      operator: tanh,
      x: [nan, -infinity, -100, 0, 1e-30, 100, infinity],
      y: [nan, -1, -1, 0, Math.fround(1e-30), 1, 1],
      gradient: [nan, 0, 0, 1, 1, 0, 0],
    },
    {
      name: 'silu',
      operator: silu,
      x: [nan, -infinity, -1000, 0, 1000, infinity],
      y: [nan, nan, 0, 0, 1000, infinity],
      gradient: [nan, nan, 0, 0.5, 1, nan],
    },
    {
      name: 'hardsigmoid',
      operator: hardsigmoid,
      x: [nan, -infinity, -3, -1.5, 0, 3, infinity],
      y: [nan, 0, 0, 0.25, 0.5, 1, 1],
      gradient: [0, 0, 0, Math.fround(1 / 6), Math.fround(1 / 6), 0, 0],
    },
    {
      name: 'hardswish',
      operator: hardswish,
      x: [nan, -infinity, -3, 0, 3, 5, infinity],
      y: [nan, nan, 0, 0, 3, 5, infinity],
      gradient: [nan, 0, 0, 0.5, 1, 1, 1],
    },
    {
      name: 'exp',
      operator: exp,
      x: [nan, -infinity, -200, 0, 89, infinity],
      y: [nan, 0, 0, 1, infinity, infinity],
      gradient: [nan, 0, 0, 1, infinity, infinity],
    },
    {
      name: 'log',
      operator: log,
      x: [nan, -infinity, -1, 0, 1, infinity],
      y: [nan, nan, nan, -infinity, 0, infinity],
      gradient: [nan, 0, -1, infinity, 1, 0],
    },
    {
      name: 'sqrt',
      operator: sqrt,
      x: [nan, -infinity, -1, 0, 4, infinity],
      y: [nan, nan, nan, 0, 2, infinity],
      gradient: [nan, nan, nan, infinity, 0.25, 0],
    },
    {
      name: 'abs',
      operator: abs,
      x: [nan, -infinity, -2, -0, 0, 3, infinity],
      y: [nan, infinity, 2, 0, 0, 3, infinity],
      gradient: [0, -1, -1, 0, 0, 1, 1],
    },
    {
      name: 'clamp passes the gradient at its bounds',
      operator: (x) => clamp(x, { min: -1, max: 0.1 }),
      x: [nan, -infinity, -2, -1, 0, 0.1, 0.2, infinity],
      y: [nan, -1, -1, -1, 0, Math.fround(0.1), Math.fround(0.1), Math.fround(0.1)],
      gradient: [0, 0, 0, 1, 1, 1, 0, 0],
    },
    {
      name: 'clamp by min alone',
      operator: (x) => clamp(x, { min: -1 }),
      x: [nan, -infinity, -1, infinity],
      y: [nan, -1, -1, infinity],
      gradient: [0, 0, 1, 1],
    },
    {
      name: 'pow, exponent 0',
      operator: (x) => pow(x, 0),
      x: [nan, -infinity, -1, 0, infinity],
      y: [1, 1, 1, 1, 1],
      gradient: [0, 0, 0, 0, 0],
    },
    {
      name: 'pow, exponent 1',
      operator: (x) => pow(x, 1),
      x: [nan, -infinity, -1, 0, infinity],
      y: [nan, -infinity, -1, 0, infinity],
      gradient: [1, 1, 1, 1, 1],
    },
    {
      name: 'pow, exponent 2',
      operator: (x) => pow(x, 2),
      x: [nan, -infinity, -3, 0, 1e30],
      y: [nan, infinity, 9, 0, infinity],
      gradient: [nan, -infinity, -6, 0, Math.fround(2 * Math.fround(1e30))],
    },
    {
      name: 'pow, exponent 3',
      operator: (x) => pow(x, 3),
      x: [nan, -infinity, -2, 0, infinity],
      y: [nan, -infinity, -8, 0, infinity],
      gradient: [nan, infinity, 12, 0, infinity],
    },
    {
      name: 'pow, exponent -1',
      operator: (x) => pow(x, -1),
      x: [nan, -infinity, -2, -0, 0, infinity],
      y: [nan, 0, -0.5, -infinity, infinity, 0],
      gradient: [nan, 0, -0.25, -infinity, -infinity, 0],
    },
    {
      name: 'pow, exponent 0.5',
      operator: (x) => pow(x, 0.5),
      x: [nan, -infinity, -4, 0, 4, infinity],
      y: [nan, nan, nan, 0, 2, infinity],
      gradient: [nan, nan, nan, infinity, 0.25, 0],
    },
    {
      name: 'pow, exponent 1.5',
      operator: (x) => pow(x, 1.5),
      x: [nan, -infinity, -4, 0, 4, infinity],
      y: [nan, infinity, nan, 0, 8, infinity],
      gradient: [nan, nan, nan, 0, 3, infinity],
    },
    {
      name: 'pow, exponent -1.5',
      operator: (x) => pow(x, -1.5),
      x: [nan, -infinity, -4, -0, 0, 4, infinity],
      y: [nan, 0, nan, infinity, infinity, 0.125, 0],
      gradient: [nan, 0, nan, -infinity, -infinity, -1.5 / 32, 0],
    },
    {
      name: 'pow, odd exponent 65',
      operator: (x) => pow(x, 65),
      x: [nan, -infinity, -1, 0, 1, infinity],
      y: [nan, -infinity, -1, 0, 1, infinity],
      gradient: [nan, infinity, 65, 0, 65, infinity],
    },
    {
      name: 'pow, even exponent -66',
      operator: (x) => pow(x, -66),
      x: [nan, -infinity, -1, -0, 0, 1, infinity],
      y: [nan, 0, 1, infinity, infinity, 1, 0],
      gradient: [nan, 0, 66, infinity, -infinity, -66, 0],
    },
  ];

  // Zeros of either sign are the same here.
  const unsigned = (numbers: readonly number[]) => numbers.map((value) => value + 0);

  test.each(edges)('$name', async ({ operator, x: given, y: expected, gradient }) => {
    const x = make(given, undefined, true);
    const y = operator(x);
    expect(unsigned(await values(y))).toEqual(expected);
    const ones = given.map(() => 1);
    expect(unsigned(await gradientAt(x, y, ones))).toEqual(gradient);
  });

  test('sub and div: infinities, and division by zero', async () => {
    const a = make([1, -1, 0, 1, infinity, infinity], undefined, true);
    const b = make([0, 0, 0, infinity, infinity, 2], undefined, true);
    expect(await values(sub(a, b))).toEqual([1, -1, 0, -infinity, nan, infinity]);
    const y = div(a, b);
    expect(unsigned(await values(y))).toEqual([infinity, -infinity, nan, 0, nan, infinity]);
    expect(unsigned(await gradientAt(a, y, [1, 1, 1, 1, 1, 1]))).toEqual([
      infinity,
      infinity,
      infinity,
      0,
      0,
      0.5,
    ]);
    expect(unsigned(await values(b.grad!))).toEqual([-infinity, infinity, nan, 0, nan, -infinity]);
  });

  test('leakyRelu, pow and clamp refuse numbers that make no sense', () => {
    const x = make([1]);
    const refusals: [() => Tensor, string][] = [
      [
        () => leakyRelu(x, { negativeSlope: nan }),
        'leakyRelu: negativeSlope must be a finite number, not NaN',
      ],
      [() => pow(x, nan), 'pow: the exponent must be a finite float32 number, not NaN'],
      [() => pow(x, 1e39), 'pow: the exponent must be a finite float32 number, not 1e+39'],
      [() => clamp(x, {}), 'clamp: needs a number for min, max or both, not neither'],
      [
        () => clamp(x, { min: nan, max: 1 }),
        'clamp: needs a number for min, max or both, not min NaN and max 1',
      ],
    ];
    for (const [body, message] of refusals) {
      expect(body).toThrow(OptionError);
      expect(body).toThrow(message);
    }
  });

  test.each([1, 5, 21])(
    'maxPool2d of %i channels: NaN wins, wherever in the window it is',
    async (channels) => {
      for (let position = 0; position < 4; position++) {
        const pixels = [1, 5, 3, 2].map((value, index) => (index === position ? nan : value));
        const data = pixels.flatMap((value) => new Array<number>(channels).fill(value));
        const x = make(data, [1, 2, 2, channels], true);
        const y = maxPool2d(x, { kernelSize: 2 });
        expect(await values(y)).toEqual(new Array(channels).fill(nan));
        const gradient = await gradientAt(x, y, new Array(channels).fill(1));
        expect(gradient).toEqual(data.map((_, index) => (Math.floor(index / channels) === position ? 1 : 0)));
      }
    },
  );

  test('maxPool2d: of equal maxima the first in row-major order gets the gradient', async () => {
    const x = make([0, 7, 7, 7, 1, 7], [1, 2, 3, 1], true);
    const y = maxPool2d(x, { kernelSize: [2, 3] });
    expect(await values(y)).toEqual([7]);
    expect(await gradientAt(x, y, [2])).toEqual([0, 2, 0, 0, 0, 0]);
  });

  test('maxPool2d: padding is less than any pixel, even minus infinity', async () => {
    const x = make([-infinity, -3], [1, 1, 2, 1], true);
    const y = maxPool2d(x, { kernelSize: 2, stride: 1, padding: 1 });
    expect(await values(y)).toEqual([-infinity, -3, -3, -infinity, -3, -3]);
    expect(await gradientAt(x, y, [1, 10, 100, 1000, 10_000, 100_000])).toEqual([1001, 110_110]);
  });

  test('maxPool2d: a window whose dilation steps over the image gives minus infinity and no gradient', async () => {
    const x = make([1, 2, 3], [1, 1, 3, 1], true);
    const y = maxPool2d(x, { kernelSize: [2, 1], dilation: 2, stride: 1, padding: [1, 0] });
    expect(await values(y)).toEqual([-infinity, -infinity, -infinity]);
    expect(await gradientAt(x, y, [1, 1, 1])).toEqual([0, 0, 0]);
  });

  test.each([1, 3, 9])('max and argmax along %i lanes: NaN wins, the first one', async (lanes) => {
    const spread = (column: readonly number[]) =>
      make(
        column.flatMap((value) => new Array<number>(lanes).fill(value)),
        [1, column.length, lanes],
        true,
      );
    const all = (value: number) => new Array<number>(lanes).fill(value);
    for (const [column, expected, where] of [
      [[1, nan, 7, nan, 9], nan, 1],
      [[nan, 1, 2], nan, 0],
      [[3, 5, 5, 4], 5, 1],
      [[-infinity, -infinity], -infinity, 0],
      [[-infinity, infinity, infinity], infinity, 1],
      [[0, -0], 0, 0],
      [[5, 1, nan, 2, 8, 8, nan, 3, 1, 2, 3], nan, 2],
      [[5, 1, 2, 2, 3, 8, 0, 3, 8, 8, 8], 8, 5],
    ] as const) {
      const x = spread(column);
      const y = max(x, { axes: [1] });
      expect(await values(y)).toEqual(all(expected));
      expect(await values(argmax(x, { axis: 1 }))).toEqual(all(where));
      const gradient = await gradientAt(x, y, all(2));
      expect(gradient.flatMap((value, index) => (value === 2 ? [Math.floor(index / lanes)] : []))).toEqual(
        all(where),
      );
      expect(gradient.filter((value) => value !== 0)).toEqual(all(2));
    }
  });

  test('max over axes apart: of equal elements the first in row-major order gets the gradient', async () => {
    const x = make([1, 4, 0, 4, 4, 4, 2, 3], [2, 2, 2], true);
    const y = max(x, { axes: [0, 2] });
    expect(await values(y)).toEqual([4, 4]);
    expect(await gradientAt(x, y, [1, 10])).toEqual([0, 1, 0, 10, 0, 0, 0, 0]);
  });

  test('max of many: NaN and ties are found across the parts of a long row', async () => {
    const data = new Array<number>(70_000).fill(1);
    data[69_999] = 3;
    data[40_001] = 3;
    expect(await values(argmax(make(data)))).toEqual([40_001]);
    data[50_000] = nan;
    data[60_000] = nan;
    expect(await values(argmax(make(data)))).toEqual([50_000]);
    expect(await values(max(make(data)))).toEqual([nan]);
  });

  test('argmax and topK: whole numbers, without a gradient', () => {
    const x = make([1, 3, 2], [1, 3], true);
    expect(argmax(x).dtype).toBe('int32');
    expect(argmax(x).requiresGrad).toBe(false);
    const { values, indices } = topK(x, 2);
    expect([values.dtype, values.requiresGrad]).toEqual(['float32', true]);
    expect([indices.dtype, indices.requiresGrad]).toEqual(['int32', false]);
    expect(noGrad(() => topK(x, 2)).values.requiresGrad).toBe(false);
  });

  test('topK: NaN first, then infinity, equal elements by their index', async () => {
    const x = make([1, nan, infinity, 1, -infinity, nan, 0, -0], [1, 8], true);
    const top = topK(x, 8);
    expect(await values(top.values)).toEqual([nan, nan, infinity, 1, 1, 0, -0, -infinity]);
    expect(await values(top.indices)).toEqual([1, 5, 2, 0, 3, 6, 7, 4]);
    expect((await values(topK(x, 3).indices)).sort()).toEqual([1, 2, 5]);
    const finite = make([4, 8, 8, 1, 8], undefined, true);
    const two = topK(finite, 2);
    expect(await values(two.indices)).toEqual([1, 2]);
    expect(await gradientAt(finite, two.values, [10, 20])).toEqual([0, 10, 20, 0, 0]);
  });

  test.each(['nearest', 'bilinear'] as const)(
    'interpolate %s: NaN stays where it has a part',
    async (mode) => {
      const x = make([1, nan, 3, infinity], [1, 1, 4, 1]);
      const y = await values(interpolate(x, { size: [1, 8], mode }));
      expect(y).toEqual(
        mode === 'nearest'
          ? [1, 1, nan, nan, 3, 3, infinity, infinity]
          : [1, nan, nan, nan, nan, infinity, infinity, infinity],
      );
      const same = await values(interpolate(x, { size: [3, 4], mode }));
      expect(same).toEqual([1, nan, 3, infinity, 1, nan, 3, infinity, 1, nan, 3, infinity]);
    },
  );

  test('interpolate: what is scaled by a whole number meets pixels exactly', async () => {
    for (const factor of [41, 47, 55, 61, 83, 97]) {
      const pixels = Array.from({ length: 7 }, (_, index) => index);
      const x = make(pixels, [1, 1, 7, 1]);
      const expected = pixels.flatMap((value) => new Array<number>(factor).fill(value));
      expect(await values(interpolate(x, { scaleFactor: [1, factor] }))).toEqual(expected);
      expect(await values(interpolate(x, { size: [1, 7 * factor] }))).toEqual(expected);
    }
  });

  test('pad and slice: any value around, and the bits of what they move', async () => {
    const x = make([nan, -infinity], [1, 1, 2, 1]);
    const options = { padding: [1, 0, 0, 1], value: -infinity } as const;
    expect(await values(pad(x, options))).toEqual([
      -infinity,
      -infinity,
      -infinity,
      nan,
      -infinity,
      -infinity,
    ]);
    expect(await values(pad(x, { padding: [0, 0, 1, 0], value: nan }))).toEqual([nan, nan, -infinity]);
    expect(await values(pad(x, { padding: [0, 0, 1, 0], value: -0 }))).toEqual([-0, nan, -infinity]);
    const whole = tensor(Int32Array.of(-1, 2147483647, 2143289345, -2147483648), [2, 2], { device });
    const parts = [
      slice(whole, { axis: 1, start: 1 }),
      permute(whole, [1, 0]),
      concat([whole, whole], { axis: 0 }),
    ];
    expect(parts.map(({ dtype }) => dtype)).toEqual(['int32', 'int32', 'int32']);
    expect(await values(parts[0]!)).toEqual([2147483647, -2147483648]);
    expect(await values(parts[1]!)).toEqual([-1, 2143289345, 2147483647, -2147483648]);
    expect(await values(parts[2]!)).toEqual([...(await values(whole)), ...(await values(whole))]);
  });

  test('mse: the mean of nothing is NaN, and NaN shows', async () => {
    expect(await values(mse(make([], [0, 2]), make([], [0, 2])))).toEqual([nan]);
    expect(await values(mse(make([1, nan]), make([1, 2])))).toEqual([nan]);
    expect(await values(mse(make([infinity, 0]), make([1, 2])))).toEqual([infinity]);
  });

  test('binaryCrossEntropyWithLogits: large logits neither overflow nor lose their loss', async () => {
    const logits = [1000, 1000, -1000, -1000, 88, -88, 0, 3e38];
    const targets = [1, 0, 1, 0, 1, 0, 0.5, 1];
    const losses = [0, 1000, 1000, 0, 0, 0, Math.log(2), 0];
    for (const [index, expected] of losses.entries()) {
      const x = make([logits[index]!], undefined, true);
      const loss = binaryCrossEntropyWithLogits(x, make([targets[index]!]));
      expect(Math.abs((await loss.item()) - expected)).toBeLessThan(1e-30 + 1e-6 * expected);
      loss.backward();
      const sigmoid = logits[index]! > 0 ? 1 : logits[index] === 0 ? 0.5 : 0;
      expect(Math.abs((await x.grad!.item()) - (sigmoid - targets[index]!))).toBeLessThan(1e-30);
    }
    const mean = binaryCrossEntropyWithLogits(make(logits), make(targets));
    expectClose(await values(mean), [(2000 + Math.log(2)) / 8], 1e-6);
  });

  test('binaryCrossEntropyWithLogits: NaN among logits or targets shows, in many as in few', async () => {
    for (const length of [1, 5, 20_000]) {
      for (const position of [0, length - 1]) {
        const spoilt = Array.from({ length }, (_, index) => (index === position ? nan : 0.5));
        const fine = new Array<number>(length).fill(0.5);
        expect(await binaryCrossEntropyWithLogits(make(spoilt), make(fine)).item()).toBeNaN();
        expect(await binaryCrossEntropyWithLogits(make(fine), make(spoilt)).item()).toBeNaN();
      }
    }
    expect(await binaryCrossEntropyWithLogits(make([], [0]), make([], [0])).item()).toBeNaN();
  });

  test('conv2d: taps that are outside a small image everywhere are no part of its sums', async () => {
    const x = make(Array(16).fill(1), [1, 2, 2, 4], true);
    const taps = [nan, nan, nan, nan, 3, nan, nan, nan, nan];
    const weight = make(Array(4).fill(taps).flat(), [1, 4, 3, 3], true);
    const y = conv2d(x, weight, undefined, { padding: 2, dilation: 2 });
    expect(await values(y)).toEqual([12, 12, 12, 12]);
    expect(await gradientAt(x, y, [1, 2, 4, 8])).toEqual([1, 2, 4, 8].flatMap((g) => Array(4).fill(3 * g)));
    expect(await values(weight.grad!)).toEqual(Array(4).fill([0, 0, 0, 0, 15, 0, 0, 0, 0]).flat());
  });

  test('avgPool2d: NaN spoils its own windows and channel only', async () => {
    const x = make([1, 1, nan, 1, 1, 1, 1, 1], [1, 1, 4, 2], true);
    const y = avgPool2d(x, { kernelSize: [1, 2], stride: 1 });
    expect(await values(y)).toEqual([nan, 1, nan, 1, 1, 1]);
    expect(await gradientAt(x, y, [2, 4, 6, 8, 10, 12])).toEqual([1, 2, 4, 6, 8, 10, 5, 6]);
  });

  test('average pools of an image without pixels give NaN, as means over nothing do', async () => {
    const none = zeros([1, 0, 4, 1], { device });
    expect(await values(adaptiveAvgPool2d(none, { outputSize: [1, 2] }))).toEqual([nan, nan]);
    const options = { kernelSize: [2, 4], padding: [1, 0] } as const;
    expect(await values(avgPool2d(none, { ...options, countIncludePad: false }))).toEqual([nan]);
    expect(await values(avgPool2d(none, options))).toEqual([0]);
  });

  test('groupNorm and layerNorm: what does not vary gives the bias, and no gradient', async () => {
    const affine = { weight: make([2, 3]), bias: make([5, -1]) };
    const x = make([4, 4, 4, 4], [1, 2, 2], true);
    const y = groupNorm(x, affine, { numGroups: 1 });
    expect(await values(y)).toEqual([5, -1, 5, -1]);
    const row = make([7, 7], [1, 2], true);
    expect(await values(layerNorm(row, affine, { normalizedShape: 2 }))).toEqual([5, -1]);
    const single = make([3], [1, 1], true);
    const z = layerNorm(single, {}, { normalizedShape: 1 });
    expect(await gradientAt(single, z, [4])).toEqual([0]);
  });

  test('groupNorm and layerNorm: NaN spoils its own group or row only', async () => {
    const x = make([nan, 1, 2, 2], [1, 4]);
    expect(await values(groupNorm(x, {}, { numGroups: 2 }))).toEqual([nan, nan, 0, 0]);
    expect(await values(layerNorm(make([nan, 1, 2, 2], [2, 2]), {}, { normalizedShape: 2 }))).toEqual([
      nan,
      nan,
      0,
      0,
    ]);
  });

  test('layerNorm and groupNorm: a large mean does not drown a small variance', async () => {
    const pixels = [4096, 4097, 4098, 4099, 4100, 4101, 4102, 4103];
    const expected = pixels.map((value) => (value - 4099.5) / Math.sqrt(5.25));
    expectClose(await values(layerNorm(make(pixels), {}, { normalizedShape: 8, eps: 0 })), expected, 1e-5);
    expectClose(
      await values(groupNorm(make(pixels, [1, 4, 2]), {}, { numGroups: 1, eps: 0 })),
      expected,
      1e-5,
    );
  });

  test('softmax and crossEntropy: large scores do not overflow', async () => {
    const scores = [1000, 1000, -1000, 0];
    expectClose(await values(softmax(make(scores, [1, 4]))), [0.5, 0.5, 0, 0], 1e-6);
    const x = make(scores, [1, 4], true);
    const loss = crossEntropy(x, tensor(Int32Array.of(2), [1], { device }));
    expectClose(await values(loss), [2000 + Math.log(2)], 1e-6);
    loss.backward();
    expectClose(await values(x.grad!), [0.5, 0.5, -1, 0], 1e-6);
  });

  test('softmax and crossEntropy: a class that is ruled out takes no share and costs nothing', async () => {
    const scores = [1, -infinity, 1];
    expectClose(await values(softmax(make(scores, [1, 3]))), [0.5, 0, 0.5], 1e-6);
    const loss = crossEntropy(make(scores, [1, 3]), tensor(Int32Array.of(0), [1], { device }));
    expectClose(await values(loss), [Math.log(2)], 1e-6);
  });

  test('softmax: NaN spoils its own row only', async () => {
    expect(await values(softmax(make([nan, 1, 2, 2], [2, 2])))).toEqual([nan, nan, 0.5, 0.5]);
  });

  test('crossEntropy: NaN among the logits shows in the loss', async () => {
    const loss = crossEntropy(make([nan, 1, 2, 2], [2, 2]), tensor(Int32Array.of(1, 0), [2], { device }));
    expect(await loss.item()).toBeNaN();
  });

  test('crossEntropy: a label that is no class is named', () => {
    const logits = zeros([2, 3], { device });
    for (const label of [-1, 3]) {
      const labels = tensor(Int32Array.of(0, label), [2], { device });
      expect(() => crossEntropy(logits, labels)).toThrow(OptionError);
      expect(() => crossEntropy(logits, labels)).toThrow(
        `crossEntropy: label ${label} at position 1 is no class: the logits have classes 0 to 2`,
      );
    }
  });

  test.each([-1, 3])('crossEntropy: the kernel itself answers label %i with NaN', async (label) => {
    const operands = {
      logits: zeros([2, 3], { device }),
      labels: tensor(Int32Array.of(0, label), [2], { device }),
      loss: zeros([], { device }),
    };
    device.run('crossEntropy', { shape: [2, 3], rows: 2, classes: 3, labelSmoothing: 0 }, operands);
    expect(await operands.loss.item()).toBeNaN();
  });

  test('over nothing the sum is 0, the mean and the mean loss are NaN', async () => {
    const none = zeros([0, 3], { device });
    expect(await values(sum(none, { axes: [0] }))).toEqual([0, 0, 0]);
    expect(await values(mean(none, { axes: [0] }))).toEqual([nan, nan, nan]);
    expect(await values(crossEntropy(none, tensor(new Int32Array(0), [0], { device })))).toEqual([nan]);
  });

  test('batchNorm: a channel without variance gives its bias, and training on nothing changes nothing', async () => {
    const parameters = {
      weight: make([2, 3]),
      bias: make([5, -1]),
      runningMean: make([0.5, 0]),
      runningVar: make([2, 1]),
    };
    const constant = make([4, 1, 4, 3], [2, 2]);
    const y = await values(batchNorm(constant, parameters, { training: true, eps: 1e-3 }));
    expectClose(y, [5, -1 - 3 / Math.sqrt(1.001), 5, -1 + 3 / Math.sqrt(1.001)], 1e-6);
    const before = await values(parameters.runningVar);
    expectClose(before, [1.8, 1.1], 1e-6);
    batchNorm(zeros([0, 2], { device }), parameters, { training: true });
    expect(await values(parameters.runningVar)).toEqual(before);
    expectClose(await values(parameters.runningMean), [0.85, 0.2], 1e-6);
  });

  test('operators work outside a scope on the device of their inputs', async () => {
    const y = onDevice(device, () => relu(tensor([-1, 2])));
    expect(y.device).toBe(device);
    expect(await values(y)).toEqual([0, 2]);
  });

  test('operators refuse a tensor of another kind instead of reading its bits as numbers', () => {
    const integers = tensor(Int32Array.of(1, 2), [2], { device });
    expect(() => relu(integers)).toThrow('relu: input 0 of shape [2] is int32 but must be float32');
    expect(() => mul(make([1, 2]), integers)).toThrow('mul: input 1 of shape [2] is int32');
    expect(() => crossEntropy(make([1, 2], [1, 2]), make([0]))).toThrow(
      'crossEntropy: input 1 of shape [1] is float32 but must be int32; make it from an Int32Array',
    );
  });
});
