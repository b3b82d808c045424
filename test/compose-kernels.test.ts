/** Linear convolutions in a row against the one that they equal. */

import {
  type ComposableLayer,
  Conv2d,
  composeKernels,
  conv2d,
  DepthwiseSeparable,
  onDevice,
  ShapeError,
  StackedSmallKernels,
  scope,
  seeded,
  slice,
  type Tensor,
  tensor,
  uniform,
} from 'tenfold';
import { describe, expect, test } from 'vitest';
import { expectClose } from './contract/expect-close.js';
import { devices, reference } from './devices.js';

const noise = (shape: readonly number[], purpose: string) =>
  uniform(
    shape.reduce((product, side) => product * side, 1),
    -1,
    1,
    { seed: 5, purpose },
  );

interface Layer {
  readonly shape: readonly number[];
  readonly bias?: true;
  readonly stride?: number | readonly [number, number];
  readonly dilation?: number | readonly [number, number];
  readonly groups?: number;
}

const stacks: [string, readonly Layer[], readonly number[]][] = [
  ['two 3x3', [{ shape: [4, 3, 3, 3] }, { shape: [5, 4, 3, 3] }], [5, 3, 5, 5]],
  ['three 3x3', [{ shape: [2, 3, 3, 3] }, { shape: [4, 2, 3, 3] }, { shape: [2, 4, 3, 3] }], [2, 3, 7, 7]],
  ['one', [{ shape: [2, 3, 3, 2], bias: true, dilation: [1, 3] }], [2, 3, 3, 4]],
  [
    'uneven kernels with biases',
    [
      { shape: [4, 3, 1, 5], bias: true },
      { shape: [5, 4, 4, 2], bias: true },
    ],
    [5, 3, 4, 6],
  ],
  [
    'rates 1, 2, 5',
    [{ shape: [2, 2, 3, 3] }, { shape: [2, 2, 3, 3], dilation: 2 }, { shape: [2, 2, 3, 3], dilation: 5 }],
    [2, 2, 17, 17],
  ],
  [
    'strides',
    [
      { shape: [3, 2, 3, 2], stride: [2, 3], bias: true },
      { shape: [2, 3, 2, 3], stride: 2, dilation: [2, 1] },
    ],
    [2, 2, 7, 8],
  ],
  [
    'groups',
    [
      { shape: [6, 2, 3, 3], groups: 2 },
      { shape: [6, 2, 2, 1], groups: 3 },
    ],
    [6, 4, 4, 3],
  ],
];

const weightOf = ({ shape }: Layer, index: number) => ({ shape, data: noise(shape, `weight ${index}`) });
const biasOf = ({ shape, bias }: Layer, index: number) => bias && noise([shape[0]!], `bias ${index}`);

describe.each(devices)('on $name', (device) => {
  const tolerance = device === reference ? 1e-6 : 2e-5;

  test.each(stacks)('%s', async (_, layers, kernelShape) => {
    const { weight, bias, stride } = composeKernels(
      layers.map((layer, index): ComposableLayer => {
        const values = biasOf(layer, index);
        return { ...options(layer), weight: weightOf(layer, index), ...(values && { bias: values }) };
      }),
    );
    expect(weight.shape).toEqual(kernelShape);
    const inChannels = kernelShape[1]!;
    const shape = [2, 25, 26, inChannels];
    const given = (data: Float32Array, size: readonly number[]) => tensor(data, size, { device });
    const [stacked, single] = scope(() => {
      const x = given(noise(shape, 'x'), shape);
      const stacked = layers.reduce((y: Tensor, layer, index) => {
        const { shape, data } = weightOf(layer, index);
        const values = biasOf(layer, index);
        return conv2d(y, given(data, shape), values && given(values, [values.length]), options(layer));
      }, x);
      const single = conv2d(x, given(weight.data, weight.shape), given(bias.data, bias.shape), { stride });
      return [stacked, single];
    });
    expect(stacked!.shape).toEqual(single!.shape);
    expectClose(await stacked!.data(), await single!.data(), tolerance);
    stacked!.dispose();
    single!.dispose();
  });

  test('two padded 3x3 are the 5x5, except at the border', async () => {
    const stack = onDevice(device, () =>
      seeded(4, () => new StackedSmallKernels(3, 4, { norm: false, activation: false })),
    );
    const state = await stack.stateDict();
    const layers = ['conv1', 'conv2'].map((name) => ({
      weight: state.get(`${name}.weight`)!,
      bias: state.get(`${name}.bias`)!.data,
    }));
    const { weight, bias } = composeKernels(layers);
    const single = onDevice(device, () => new Conv2d(3, 4, 5, { padding: 2 }));
    single.loadStateDict(new Map(Object.entries({ weight, bias })));
    const shape = [1, 8, 9, 3];
    const cut = (y: Tensor) =>
      slice(slice(y, { axis: 1, start: 1, end: -1 }), { axis: 2, start: 1, end: -1 });
    const [stacked, inner, whole, border] = scope(() => {
      const x = tensor(noise(shape, 'x'), shape, { device });
      const [a, b] = [stack.forward(x), single.forward(x)];
      return [cut(a), cut(b), a, b];
    });
    expectClose(await stacked!.data(), await inner!.data(), tolerance);
    const [first, other] = [await whole!.data(), await border!.data()];
    expect(Math.abs(first[0]! - other[0]!)).toBeGreaterThan(1e-3);
    for (const made of [stacked, inner, whole, border]) made!.dispose();
    stack.dispose();
    single.dispose();
  });
});

function options({ stride = 1, dilation = 1, groups = 1 }: Layer) {
  return { stride, dilation, groups };
}

test('a depthwise and a pointwise kernel make a dense one of rank one for each pair of channels', async () => {
  const block = onDevice(reference, () => seeded(4, () => new DepthwiseSeparable(3, 5)));
  const state = await block.stateDict();
  const [depthwise, pointwise] = [state.get('conv_dw.weight')!, state.get('conv_pw.weight')!];
  const { weight } = composeKernels([{ weight: depthwise, groups: 3 }, { weight: pointwise }]);
  expect(weight.shape).toEqual([5, 3, 3, 3]);
  weight.data.forEach((value, index) => {
    const [tap, channel, out] = [index % 9, Math.floor(index / 9) % 3, Math.floor(index / 27)];
    const expected = depthwise.data[channel * 9 + tap]! * pointwise.data[out * 3 + channel]!;
    expect(value).toBe(Math.fround(expected));
  });
  block.dispose();
});

test.each<[string, readonly ComposableLayer[], string]>([
  ['nothing', [], 'composeKernels: there is nothing to compose; give at least one layer'],
  [
    'channels that do not fit',
    [
      { weight: { shape: [4, 3, 1, 1], data: new Float32Array(12) } },
      { weight: { shape: [2, 5, 1, 1], data: new Float32Array(10) } },
    ],
    'composeKernels: a layer of 4 output channels is followed by one that expects 5 input channels',
  ],
  [
    'a weight of three axes',
    [{ weight: { shape: [4, 3, 1], data: new Float32Array(12) } }],
    'but it has shape [4, 3, 1], 12 values and groups 1',
  ],
  [
    'too few values',
    [{ weight: { shape: [4, 3, 1, 1], data: new Float32Array(11) } }],
    'but it has shape [4, 3, 1, 1], 11 values and groups 1',
  ],
  [
    'groups that do not divide',
    [{ weight: { shape: [4, 3, 1, 1], data: new Float32Array(12) }, groups: 3 }],
    'but it has shape [4, 3, 1, 1], 12 values and groups 3',
  ],
])('%s is refused', (_, layers, message) => {
  expect(() => composeKernels(layers)).toThrow(ShapeError);
  expect(() => composeKernels(layers)).toThrow(message);
});
