/** Blocks: what the papers claim of them, what their doc comments say they cost, and that each trains. */

import {
  ASPP,
  add,
  BasicBlock,
  BasicConv2d,
  BatchNorm2d,
  Bottleneck,
  BottleneckStack,
  blocks,
  ContextModule,
  Conv2d,
  Conv2dNormActivation,
  channelShuffle,
  compressedChannels,
  concat,
  contextRates,
  contextWidths,
  cost,
  DeformableConv,
  DenseBlock,
  DenseLayer,
  DenseUpsampling,
  DepthwiseSeparable,
  type Device,
  DilatedStack,
  hardswish,
  hdcCheck,
  Inception,
  InceptionA,
  InceptionB,
  InceptionC,
  InceptionD,
  InceptionE,
  InceptionPaper,
  InvertedResidual,
  InvertedResidualV3,
  initialise,
  linearDecay,
  Module,
  mean,
  meta,
  mobileNetV3SqueezeExcitation,
  mul,
  OptionError,
  onDevice,
  optim,
  PreActivationBasicBlock,
  PreActivationBottleneck,
  ResampledConv,
  Residual,
  relu,
  relu6,
  SeparableConv2d,
  ShuffleUnit,
  ShuffleUnitV2,
  SqueezeExcitation,
  SqueezeExcited,
  StackedSmallKernels,
  StochasticDepth,
  scope,
  seeded,
  silu,
  slice,
  sum,
  type Tensor,
  Transition,
  tensor,
  trainStep,
  uniform,
  XceptionBlock,
  zeroPaddedShortcut,
} from 'tenfold';
import { describe, expect, test } from 'vitest';
import { expectClose } from './contract/expect-close.js';
import { devices, reference } from './devices.js';
import { goldenJson } from './golden.js';

const length = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);

function noise(shape: readonly number[], low = -1, high = 1, seed = 0): Float32Array {
  return uniform(length(shape), low, high, { seed, purpose: 'test' });
}

/** The result of a module for these values, and nothing left behind. */
async function results(
  device: Device,
  module: Pick<Module, 'forward'>,
  shape: readonly number[],
  data = noise(shape),
): Promise<Float32Array> {
  const y = scope(() => module.forward(tensor(data, shape, { device })));
  const values = (await y.data()) as Float32Array;
  y.dispose();
  return values;
}

/** Of each input channel, whether output channel `channel` depends on it. */
async function connections(
  device: Device,
  forward: (x: Tensor) => Tensor,
  channels: number,
  channel: number,
): Promise<boolean[]> {
  const shape = [2, 5, 4, channels];
  const x = tensor(noise(shape, 0.1, 1), shape, { device, requiresGrad: true });
  scope(() => sum(slice(forward(x), { axis: -1, start: channel, end: channel + 1 })).backward());
  const gradient = await x.grad!.data();
  x.dispose();
  return Array.from({ length: channels }, (_, c) =>
    gradient.some((value, index) => index % channels === c && value !== 0),
  );
}

const parametersOf = (build: () => Module, shape: readonly number[] = [1, 8, 8, 1]) =>
  cost(build, shape).parameters;

interface Example {
  readonly build: () => Module;
  readonly shape: readonly number[];
}

const widths = { c1: 2, c3Reduce: 2, c3: 3, c5Reduce: 1, c5: 2, poolProjection: 2 };

/** Every block that is exported, ready to use. */
const examples: Readonly<Record<string, Example>> = {
  ASPP: { build: () => new ASPP(4, [1, [2, 3]], { outChannels: 3 }), shape: [2, 5, 6, 4] },
  BasicBlock: { build: () => new BasicBlock(4, 6, { stride: 2 }), shape: [2, 5, 6, 4] },
  BasicConv2d: { build: () => new BasicConv2d(3, 4, [1, 3], { padding: [0, 1] }), shape: [2, 5, 6, 3] },
  Bottleneck: {
    build: () =>
      new Bottleneck(8, 2, {
        squeezeExcitation: (channels) => new SqueezeExcitation(channels, 2),
        stochasticDepth: 0.2,
      }),
    shape: [2, 5, 6, 8],
  },
  BottleneckStack: { build: () => new BottleneckStack(6, 2, 5), shape: [2, 5, 6, 6] },
  ContextModule: { build: () => new ContextModule(3), shape: [1, 7, 6, 3] },
  Conv2dNormActivation: { build: () => new Conv2dNormActivation(3, 4), shape: [2, 5, 6, 3] },
  DeformableConv: { build: () => new DeformableConv(3, 4, { modulated: true }), shape: [2, 5, 6, 3] },
  DenseBlock: { build: () => new DenseBlock(3, 4, 2, { dropRate: 0.1 }), shape: [2, 5, 6, 4] },
  DenseLayer: { build: () => new DenseLayer(4, 2, { bnSize: false }), shape: [2, 5, 6, 4] },
  DenseUpsampling: { build: () => new DenseUpsampling(3, 2, 3), shape: [2, 5, 6, 3] },
  DepthwiseSeparable: {
    build: () => new DepthwiseSeparable(3, 4, { activation: relu6 }),
    shape: [2, 5, 6, 3],
  },
  DilatedStack: { build: () => new DilatedStack(3, 4, [1, [2, 1], 5]), shape: [2, 5, 6, 3] },
  Inception: { build: () => new Inception(4, widths, { kernelSize5: 5 }), shape: [2, 5, 6, 4] },
  InceptionA: { build: () => new InceptionA(4, 3), shape: [2, 5, 6, 4] },
  InceptionB: { build: () => new InceptionB(4), shape: [2, 5, 6, 4] },
  InceptionC: { build: () => new InceptionC(4, 3), shape: [2, 5, 6, 4] },
  InceptionD: { build: () => new InceptionD(4), shape: [2, 5, 6, 4] },
  InceptionE: { build: () => new InceptionE(4), shape: [2, 3, 2, 4] },
  InceptionPaper: { build: () => new InceptionPaper(4, widths), shape: [2, 5, 6, 4] },
  InvertedResidual: { build: () => new InvertedResidual(4, 4, { expandRatio: 3 }), shape: [2, 5, 6, 4] },
  InvertedResidualV3: {
    build: () =>
      new InvertedResidualV3(4, 4, {
        expandedChannels: 8,
        kernelSize: 5,
        activation: silu,
        squeezeExcitation: mobileNetV3SqueezeExcitation,
        stochasticDepth: 0.1,
      }),
    shape: [2, 5, 6, 4],
  },
  PreActivationBasicBlock: {
    build: () => new PreActivationBasicBlock(4, 6, { stride: 2 }),
    shape: [2, 5, 6, 4],
  },
  PreActivationBottleneck: { build: () => new PreActivationBottleneck(4, 2), shape: [2, 5, 6, 4] },
  ResampledConv: { build: () => new ResampledConv(3, 4), shape: [2, 5, 6, 3] },
  Residual: {
    build: () => new Residual(new Conv2d(3, 3, 3, { padding: 1 }), { stochasticDepth: 0.2 }),
    shape: [2, 5, 6, 3],
  },
  SeparableConv2d: { build: () => new SeparableConv2d(3, 4, { stride: 2 }), shape: [2, 5, 6, 3] },
  ShuffleUnit: { build: () => new ShuffleUnit(8, 24, { groups: 2, stride: 2 }), shape: [2, 5, 6, 8] },
  ShuffleUnitV2: { build: () => new ShuffleUnitV2(8, 8), shape: [2, 5, 6, 8] },
  SqueezeExcitation: { build: () => new SqueezeExcitation(8, 2), shape: [2, 5, 6, 8] },
  SqueezeExcited: {
    build: () => new SqueezeExcited(new DepthwiseSeparable(3, 8), 8, { reduction: 4 }),
    shape: [2, 5, 6, 3],
  },
  StackedSmallKernels: { build: () => new StackedSmallKernels(3, 4, { layers: 3 }), shape: [2, 5, 6, 3] },
  Transition: { build: () => new Transition(4, 2), shape: [2, 5, 6, 4] },
  XceptionBlock: {
    build: () => new XceptionBlock(3, 4, { stride: 2, growFirst: false, startWithRelu: false }),
    shape: [2, 5, 6, 3],
  },
  StochasticDepth: {
    build: () => new Residual(new Conv2d(3, 3, 1), { stochasticDepth: 0.5 }),
    shape: [4, 5, 6, 3],
  },
};

test('every block has an example', () => {
  const exported = Object.entries(blocks).filter(
    ([, value]) => typeof value === 'function' && value.prototype instanceof Module,
  );
  expect(Object.keys(examples).sort()).toEqual(exported.map(([name]) => name).sort());
});

describe.each(devices)('every block on $name', (device) => {
  test.each(Object.entries(examples))('%s trains', async (_, { build, shape }) => {
    const before = device.usage();
    const block = onDevice(device, () => seeded(7, build));
    const outputShape = scope(() => block.forward(tensor(noise(shape), shape, { device })).shape);
    const counted = cost(() => seeded(7, build), shape);
    expect(counted.applications.at(-1)!.outputShape).toEqual(outputShape);

    const optimizer = optim.sgd(block.parameters(), { lr: 0.01 });
    const target = noise(outputShape, -1, 1, 1);
    const touched = new Set<string>();
    const losses: number[] = [];
    // The reference device is slow; that it computes the same, other tests say.
    const steps = device === reference ? 2 : 12;
    for (let step = 0; step < steps; step++) {
      losses.push(
        await trainStep(optimizer, () => {
          const y = block.forward(tensor(noise(shape), shape, { device }));
          const error = add(y, tensor(target, outputShape, { device }));
          return mean(mul(error, error));
        }),
      );
    }
    if (steps > 2) expect(Math.min(...losses.slice(6))).toBeLessThan(losses[0]!);

    scope(() =>
      sum(
        mul(block.forward(tensor(noise(shape), shape, { device })), tensor(target, outputShape, { device })),
      ).backward(),
    );
    for (const [name, { grad }] of block.namedParameters()) if (grad !== undefined) touched.add(name);
    expect([...touched]).toEqual(block.namedParameters().map(([name]) => name));
    optimizer.dispose();
    block.dispose();
    expect(device.usage()).toEqual(before);
  });
});

describe('parts of published networks have their names and shapes', () => {
  const manifest = goldenJson('parts.json') as Record<string, [string, number[]][]>;
  const seReduced = (channels: number) => new SqueezeExcitation(channels, channels / 16);
  const parts: Readonly<Record<string, () => Module>> = {
    'inception_v3 Mixed_5b': () => new InceptionA(192, 32),
    'inception_v3 Mixed_6a': () => new InceptionB(288),
    'inception_v3 Mixed_6c': () => new InceptionC(768, 160),
    'inception_v3 Mixed_7a': () => new InceptionD(768),
    'inception_v3 Mixed_7b': () => new InceptionE(1280),
    'legacy_xception block1': () =>
      new XceptionBlock(64, 128, { layers: 2, stride: 2, startWithRelu: false }),
    'legacy_xception block2': () => new XceptionBlock(128, 256, { layers: 2, stride: 2 }),
    'legacy_xception block4': () => new XceptionBlock(728, 728),
    'legacy_xception block12': () => new XceptionBlock(728, 1024, { layers: 2, stride: 2, growFirst: false }),
    'seresnet50 layer2.0': () => new Bottleneck(256, 128, { stride: 2, squeezeExcitation: seReduced }),
    'resnext50_32x4d layer2.0': () => new Bottleneck(256, 128, { stride: 2, groups: 32, baseWidth: 4 }),
    'mobilenetv1_100 blocks.1.0': () => new DepthwiseSeparable(64, 128, { stride: 2 }),
    'mobilenet_v2 features.1': () => new InvertedResidual(32, 16, { expandRatio: 1 }),
    'mobilenet_v3_small features.1': () =>
      new InvertedResidualV3(16, 16, {
        expandedChannels: 16,
        stride: 2,
        squeezeExcitation: mobileNetV3SqueezeExcitation,
      }),
    'mobilenet_v3_large features.2': () =>
      new InvertedResidualV3(16, 24, { expandedChannels: 64, stride: 2, activation: hardswish }),
  };

  test('all of them are here', () => expect(Object.keys(parts).sort()).toEqual(Object.keys(manifest).sort()));

  test.each(Object.entries(parts))('%s', (name, build) => {
    const part = onDevice(meta, build);
    const parameters = part.namedParameters();
    const all = new Map([...parameters, ...part.namedBuffers()]);
    const found = manifest[name]!.map(([key]) => [key, all.get(key)?.shape]);
    expect(found).toEqual(manifest[name]);
    expect(all.size).toBe(found.length);
    const order = manifest[name]!.map(([key]) => key).filter((key) => !/running|tracked/.test(key));
    expect(parameters.map(([key]) => key)).toEqual(order);
  });
});

describe('the costs that the doc comments state', () => {
  const [height, width] = [9, 7];
  const pixels = height * width;
  const halved = 5 * 4;
  const count = (build: () => Module, channels: number) => {
    const { parameters, multiplyAccumulates } = cost(build, [1, height, width, channels]);
    return [parameters, multiplyAccumulates];
  };
  const bare = { norm: false, bias: false } as const;

  test('stacked small kernels: 18/25 of a 5x5, 27/49 of a 7x7', () => {
    const single = (kernelSize: number) =>
      count(() => new StackedSmallKernels(6, 6, { ...bare, layers: 1, kernelSize }), 6);
    const stacked = (layers: number) => count(() => new StackedSmallKernels(6, 6, { ...bare, layers }), 6);
    for (const part of [0, 1]) {
      expect(stacked(2)[part]! * 25).toBe(single(5)[part]! * 18);
      expect(stacked(3)[part]! * 49).toBe(single(7)[part]! * 27);
    }
    expect(stacked(2)).toEqual([18 * 36, 18 * 36 * pixels]);
  });

  test('bottleneck: 589,824 weights become 69,632', () => {
    expect(parametersOf(() => new Conv2d(256, 256, 3, { bias: false, padding: 1 }), [1, 8, 8, 256])).toBe(
      589_824,
    );
    expect(parametersOf(() => new BottleneckStack(256, 64, 256, bare), [1, 8, 8, 256])).toBe(69_632);
    expect(count(() => new BottleneckStack(10, 3, 8, { stride: 2 }), 10)).toEqual([
      10 * 3 + 9 * 9 + 3 * 8 + 2 * (2 * 3 + 8),
      10 * 3 * pixels + (9 * 9 + 3 * 8) * halved,
    ]);
  });

  test('dilated: those of the undilated stack', () => {
    expect(count(() => new DilatedStack(3, 4, [1, 2, 5]), 3)).toEqual([
      9 * 3 * 4 + 2 * 9 * 16 + 2 * 3 * 4,
      (9 * 3 * 4 + 2 * 9 * 16) * pixels,
    ]);
  });

  test('depthwise separable: 1 / O + 1 / K^2 of the dense convolution', () => {
    for (const [out, kernelSize] of [
      [16, 3],
      [10, 5],
    ] as const) {
      const padding = (kernelSize - 1) / 2;
      const dense = count(() => new Conv2d(8, out, kernelSize, { padding, bias: false }), 8);
      const separable = count(() => new SeparableConv2d(8, out, { kernelSize }), 8);
      for (const part of [0, 1]) {
        expect(separable[part]! / dense[part]!).toBeCloseTo(1 / out + 1 / kernelSize / kernelSize, 12);
      }
    }
  });

  test('Inception v1', () => {
    const { c1, c3Reduce, c3, c5Reduce, c5, poolProjection: p } = widths;
    const weights = 4 * c1 + 4 * c3Reduce + 9 * c3Reduce * c3 + 4 * c5Reduce + 25 * c5Reduce * c5 + 4 * p;
    const outputs = c1 + c3Reduce + c3 + c5Reduce + c5 + p;
    expect(count(() => new InceptionPaper(4, widths), 4)).toEqual([weights + outputs, weights * pixels]);
    expect(count(() => new Inception(4, widths, { kernelSize5: 5 }), 4)).toEqual([
      weights + 2 * outputs,
      weights * pixels,
    ]);
    expect(count(() => new Inception(4, widths), 4)[1]).toBe((weights - 16 * c5Reduce * c5) * pixels);
  });

  test('context module', () => {
    expect(count(() => new ContextModule(5), 5)).toEqual([64 * 25 + 8 * 5, 64 * 25 * pixels]);
    expect(count(() => new ContextModule(2, { widths: contextWidths.large }), 2)).toEqual([
      15_422 * 4 + 97 * 2,
      15_422 * 4 * pixels,
    ]);
    expect(hdcCheck(contextRates).vertical.coverage).toMatchObject({ ok: true, receptiveField: 67 });
  });

  test('dense upsampling', () => {
    expect(count(() => new DenseUpsampling(4, 3, 2), 4)).toEqual([9 * 4 * 12 + 12, 9 * 4 * 12 * pixels]);
    expect(count(() => new DenseUpsampling(4, 3, 5, { kernelSize: 1 }), 4)).toEqual([
      4 * 75 + 75,
      4 * 75 * pixels,
    ]);
  });

  test('deformable', () => {
    const convolution = 9 * 6 * 4;
    expect(count(() => new DeformableConv(6, 4, { offsetGroups: 2 }), 6)).toEqual([
      convolution + 4 + 2 * 81 * 2 * 6 + 2 * 9 * 2,
      (convolution + 2 * 81 * 2 * 6) * pixels,
    ]);
    const looking = (stride: number) =>
      count(() => new DeformableConv(6, 4, { modulated: true, groups: 2, stride }), 6);
    expect(looking(2)).toEqual([
      convolution / 2 + 4 + 3 * 81 * 6 + 3 * 9,
      (convolution / 2 + 3 * 81 * 6) * halved,
    ]);
  });

  test('squeeze-and-excitation, whatever the size of the image', () => {
    expect(count(() => new SqueezeExcitation(16, 4), 16)).toEqual([2 * 64 + 4 + 16, 2 * 64]);
  });

  test('residual', () => {
    expect(count(() => new BasicBlock(4, 6, { stride: 2 }), 4)).toEqual([
      9 * 24 + 9 * 36 + 24 + 2 * 18,
      (9 * 24 + 9 * 36 + 24) * halved,
    ]);
    const bottleneck = (strideInReduce: boolean) =>
      count(() => new Bottleneck(6, 4, { stride: 2, groups: 2, baseWidth: 32, strideInReduce }), 6);
    const weights = [6 * 4, (9 * 16) / 2, 4 * 4 * 4, 6 * 16] as const;
    const [reduce, middle, expand, shortcut] = weights;
    const all = reduce + middle + expand + shortcut;
    expect(bottleneck(false)).toEqual([
      all + 2 * (4 + 4 + 16 + 16),
      reduce * pixels + (middle + expand + shortcut) * halved,
    ]);
    expect(bottleneck(true)).toEqual([all + 2 * (4 + 4 + 16 + 16), all * halved]);
    expect(count(() => new BasicBlock(4, 6, { stride: 2, shortcut: zeroPaddedShortcut }), 4)[1]).toBe(
      (9 * 24 + 9 * 36) * halved,
    );
    expect(count(() => new PreActivationBottleneck(6, 4, { stride: 2 }), 6)).toEqual([
      24 + 9 * 16 + 64 + 96 + 2 * (6 + 4 + 4),
      24 * pixels + (9 * 16 + 64 + 96) * halved,
    ]);
  });

  test('dense', () => {
    const layer = (channels: number, growth: number) => channels * 4 * growth + 36 * growth * growth;
    expect(count(() => new DenseBlock(3, 5, 2), 5)).toEqual([
      layer(5, 2) + layer(7, 2) + layer(9, 2) + 2 * (5 + 7 + 9 + 3 * 8),
      (layer(5, 2) + layer(7, 2) + layer(9, 2)) * pixels,
    ]);
    expect(count(() => new DenseBlock(2, 5, 2, { bnSize: false }), 5)).toEqual([
      9 * 2 * (5 + 7) + 2 * (5 + 7),
      9 * 2 * (5 + 7) * pixels,
    ]);
    expect(count(() => new Transition(6, 4), 6)).toEqual([24 + 12, 24 * pixels]);
    expect(compressedChannels(257)).toBe(128);
  });

  test('inverted residual', () => {
    const weights = 4 * 24 + 9 * 24 + 24 * 5;
    expect(count(() => new InvertedResidual(4, 5, { stride: 2 }), 4)).toEqual([
      weights + 2 * (2 * 24 + 5),
      4 * 24 * pixels + (9 * 24 + 24 * 5) * halved,
    ]);
    expect(count(() => new InvertedResidual(4, 5, { expandRatio: 1 }), 4)[1]).toBe((9 * 4 + 20) * pixels);
    expect(count(() => new InvertedResidualV3(4, 5, { expandedChannels: 24, kernelSize: 5 }), 4)[1]).toBe(
      (4 * 24 + 25 * 24 + 24 * 5) * pixels,
    );
  });

  test('shuffle units', () => {
    const [between, branch] = [6, 24 - 8];
    expect(count(() => new ShuffleUnit(8, 24, { groups: 2, stride: 2 }), 8)).toEqual([
      (8 * between) / 2 + 9 * between + (between * branch) / 2 + 2 * (2 * between + branch),
      ((8 * between) / 2) * pixels + (9 * between + (between * branch) / 2) * halved,
    ]);
    expect(count(() => new ShuffleUnitV2(8, 8), 8)).toEqual([
      2 * 16 + 9 * 4 + 2 * 12,
      (2 * 16 + 9 * 4) * pixels,
    ]);
    const half = 5;
    expect(count(() => new ShuffleUnitV2(8, 10, { stride: 2 }), 8)).toEqual([
      9 * 8 + 8 * half + 8 * half + 9 * half + half * half + 2 * (8 + 4 * half),
      8 * half * pixels + (9 * 8 + 8 * half + 9 * half + half * half) * halved,
    ]);
  });

  test('ASPP', () => {
    const weights = 3 * (4 + 9 * 4 * 2 + 4) + 4 * 9;
    expect(count(() => new ASPP(4, [1, 2], { outChannels: 3 }), 4)).toEqual([
      weights + 2 * 3 * 5,
      pixels * (3 * 4 + 9 * 3 * 4 * 2 + 4 * 9) + 3 * 4,
    ]);
  });
});

describe.each(devices)('on $name', (device) => {
  const on = <Result>(build: () => Result): Result => onDevice(device, () => seeded(3, build));
  const tolerance = device === reference ? 1e-6 : 1e-5;

  describe('channels', () => {
    test('a shuffle of n groups undoes a shuffle of g', async () => {
      const shape = [2, 3, 2, 12];
      const back = {
        forward: (x: Tensor) => channelShuffle(channelShuffle(x, { groups: 3 }), { groups: 4 }),
      };
      expect(await results(device, back, shape)).toEqual(noise(shape));
    });

    test('without shuffle a group sees itself alone, with shuffle all', async () => {
      const groups = 3;
      const unit = (shuffle?: (x: Tensor) => Tensor) =>
        on(() => new ShuffleUnit(36, 36, { groups, ...(shuffle && { shuffle }) })).eval();
      for (const [shuffle, reached] of [
        [(x: Tensor) => x, 1],
        [undefined, 3],
      ] as const) {
        const block = unit(shuffle);
        const seen = await connections(
          device,
          (x) => block.gconv2.forward(shuffled(block.gconv1.forward(x), shuffle, groups)),
          36,
          0,
        );
        const seenGroups = [0, 1, 2].filter((group) =>
          seen.slice(12 * group, 12 * group + 12).includes(true),
        );
        expect(seenGroups.length).toBe(reached);
        block.dispose();
      }
    });

    test('the first half of a ShuffleNet v2 unit passes through', async () => {
      const block = on(() => new ShuffleUnitV2(8, 8, { shuffle: (x) => x })).eval();
      const shape = [1, 3, 2, 8];
      const y = await results(device, block, shape);
      const x = noise(shape);
      expect(y.filter((_, index) => index % 8 < 4)).toEqual(x.filter((_, index) => index % 8 < 4));
      block.dispose();
    });
  });

  describe('deformable', () => {
    const shape = [2, 6, 5, 4];

    test('version 1 begins as the plain convolution, version 2 as half of it', async () => {
      const options = { stride: 2, dilation: 2, groups: 2, offsetGroups: 2, bias: false } as const;
      for (const modulated of [false, true]) {
        const block = on(() => new DeformableConv(4, 6, { ...options, modulated }));
        const plain = await results(device, block.conv, shape);
        const factor = modulated ? 0.5 : 1;
        expectClose(
          await results(device, block, shape),
          plain.map((value) => factor * value),
          tolerance,
        );
        block.dispose();
      }
    });

    test('version 2 with a mask of 1 is version 1', async () => {
      const block = on(() => new DeformableConv(4, 6, { modulated: true }));
      initialise(block.maskConv!.bias!, () => new Float32Array(9).fill(100));
      initialise(block.offsetConv.bias!, () => noise([18]));
      const first = on(() => new DeformableConv(4, 6));
      first.loadStateDict(await block.stateDict(), { strict: false });
      expectClose(await results(device, block, shape), await results(device, first, shape), tolerance);
      block.dispose();
      first.dispose();
    });

    test('whole offsets move what the convolution reads', async () => {
      const moved = on(() => new DeformableConv(4, 6, { kernelSize: 1, bias: false }));
      initialise(moved.offsetConv.bias!, () => Float32Array.of(1, -2));
      const y = await results(device, moved, shape);
      const plain = await results(device, moved.conv, shape);
      for (let row = 0; row < 6; row++) {
        for (let column = 0; column < 5; column++) {
          const inside = row + 1 < 6 && column - 2 >= 0;
          for (let channel = 0; channel < 6; channel++) {
            const at = (i: number, j: number) => (i * 5 + j) * 6 + channel;
            const expected = inside ? plain[at(row + 1, column - 2)]! : 0;
            expect(y[at(row, column)]).toBeCloseTo(expected, 5);
          }
        }
      }
      moved.dispose();
    });

    test('the resampling form begins as the plain convolution, and moves each channel for itself', async () => {
      const block = on(() => new ResampledConv(4, 6, { stride: 2 }));
      expectClose(await results(device, block, shape), await results(device, block.conv, shape), tolerance);
      // The image being 1 everywhere, channel 1 is moved down by 100 rows and more: outside.
      const weight = new Float32Array(8 * 4 * 9);
      weight.fill(100, 2 * 4 * 9, 2 * 4 * 9 + 5);
      initialise(block.offsetConv.weight, () => weight);
      const ones = new Float32Array(length(shape)).fill(1);
      const without = ones.map((_, index) => (index % 4 === 1 ? 0 : 1));
      const y = await results(device, block, shape, ones);
      expectClose(y, await results(device, block.conv, shape, without), tolerance);
      block.dispose();
    });
  });

  test('dense upsampling puts output channel, row and column where PixelShuffle does', async () => {
    const upsampling = on(() => new DenseUpsampling(8, 2, 2, { kernelSize: 1 }));
    const identity = Float32Array.from({ length: 64 }, (_, index) => (index % 9 === 0 ? 1 : 0));
    upsampling.loadStateDict(
      new Map([
        ['conv.weight', { dtype: 'float32', shape: [8, 8, 1, 1], data: identity }],
        ['conv.bias', { dtype: 'float32', shape: [8], data: new Float32Array(8) }],
      ]),
    );
    const found = await results(
      device,
      upsampling,
      [1, 1, 2, 8],
      Float32Array.from({ length: 16 }, (_, i) => i),
    );
    // Rows of two cells; a pixel has channel 0, whose cell begins at 0, and channel 1, whose cell begins at 4.
    const row = (first: number) => [0, 1, 8, 9].flatMap((at) => [first + at, first + at + 4]);
    expect([...found]).toEqual([...row(0), ...row(2)]);
    upsampling.dispose();
  });

  describe('context module', () => {
    const shape = [1, 9, 8, 3];
    const positive = noise(shape, 0, 1);

    test('begins as the identity', async () => {
      const basic = on(() => new ContextModule(3));
      expect(await results(device, basic, shape, positive)).toEqual(positive);
      basic.dispose();
      const large = on(() => new ContextModule(3, { widths: contextWidths.large, noise: 0 }));
      expectClose(await results(device, large, shape, positive), positive, tolerance);
      large.dispose();
    });

    test('the large one with noise nearly does, and its channels differ', async () => {
      const large = on(() => new ContextModule(3, { widths: contextWidths.large }));
      expectClose(await results(device, large, shape, positive), positive, 0.2);
      const first = await results(device, large.layers[0]!, shape, positive);
      expect(first[0]).not.toBe(first[1]);
      large.dispose();
    });
  });

  describe('squeeze-and-excitation', () => {
    test('weighs the channels of any block, by weights between 0 and 1', async () => {
      const shape = [2, 4, 3, 3];
      const block = on(() => new SqueezeExcited(new DepthwiseSeparable(3, 8), 8, { reduction: 2 })).eval();
      expect(block.namedParameters().map(([name]) => name)).toEqual([
        ...['conv_dw.weight', 'bn1.weight', 'bn1.bias', 'conv_pw.weight', 'bn2.weight', 'bn2.bias'].map(
          (name) => `block.${name}`,
        ),
        ...['se.fc1.weight', 'se.fc1.bias', 'se.fc2.weight', 'se.fc2.bias'],
      ]);
      expect(block.se.fc1.weight.shape).toEqual([4, 8, 1, 1]);
      const inner = await results(device, block.block, shape);
      const weights = await results(
        device,
        { forward: (x) => block.se.weights(block.block.forward(x)) },
        shape,
      );
      expect(weights.length).toBe(2 * 8);
      expect(weights.every((weight) => weight > 0 && weight < 1)).toBe(true);
      expectClose(
        await results(device, block, shape),
        inner.map((value, index) => value * weights[Math.floor(index / 96) * 8 + (index % 8)]!),
        tolerance,
      );
      block.dispose();
    });
  });

  describe('residual', () => {
    const shape = [2, 5, 4, 4];

    test('a pre-activation block whose branch is zero is the identity', async () => {
      for (const block of [
        on(() => new PreActivationBasicBlock(4, 4)),
        on(() => new PreActivationBottleneck(4, 1)),
      ]) {
        const last = block instanceof PreActivationBottleneck ? block.conv3 : block.conv2;
        initialise(last.weight, () => new Float32Array(last.weight.length));
        expect(await results(device, block, shape)).toEqual(noise(shape));
        block.dispose();
      }
    });

    test('a pre-activation block is its layers in order', async () => {
      const block = on(() => new PreActivationBottleneck(4, 2, { stride: 2 })).eval();
      expect(block.namedParameters().map(([name]) => name)).toEqual([
        'downsample.conv.weight',
        ...[1, 2, 3].flatMap((i) => [`norm${i}.weight`, `norm${i}.bias`, `conv${i}.weight`]),
      ]);
      for (const norm of [block.norm1, block.norm2, block.norm3] as BatchNorm2d[]) {
        initialise(norm.bias, () => noise(norm.bias.shape));
      }
      const byHand = (x: Tensor) => {
        const activated = relu(block.norm1.forward(x));
        let y = block.conv1.forward(activated);
        y = block.conv2.forward(relu(block.norm2.forward(y)));
        y = block.conv3.forward(relu(block.norm3.forward(y)));
        return add(y, block.downsample!.forward(activated));
      };
      expect(await results(device, block, shape)).toEqual(await results(device, { forward: byHand }, shape));
      block.dispose();
    });

    test('option A: every second pixel, zeros for the new channels', async () => {
      const shortcut = on(() => zeroPaddedShortcut(4, 6, 2, (channels) => new BatchNorm2d(channels)));
      expect(shortcut.parameters()).toEqual([]);
      const y = await results(device, shortcut, shape);
      const x = noise(shape);
      expect(y.length).toBe(2 * 3 * 2 * 6);
      for (let index = 0; index < y.length; index++) {
        const [channel, pixel] = [index % 6, Math.floor(index / 6)];
        const [column, row, image] = [pixel % 2, Math.floor(pixel / 2) % 3, Math.floor(pixel / 6)];
        const expected = channel < 4 ? x[((image * 5 + 2 * row) * 4 + 2 * column) * 4 + channel] : 0;
        expect(y[index]).toBe(expected);
      }
    });

    test('the 3x3 may be another convolution', async () => {
      const block = on(
        () =>
          new Bottleneck(4, 2, {
            dilation: 2,
            convolution: (from, to, options) => new DeformableConv(from, to, { ...options, modulated: true }),
          }),
      );
      expect(block.namedParameters().map(([name]) => name)).toContain('conv2.mask_conv.weight');
      expect((await results(device, block, shape)).length).toBe(2 * 5 * 4 * 8);
      block.dispose();
    });

    test('any module, with an identity around it', async () => {
      const branch = on(() => new Conv2d(4, 4, 1));
      const block = on(() => new Residual(branch));
      const inner = await results(device, branch, shape);
      const x = noise(shape);
      expectClose(
        await results(device, block, shape),
        inner.map((value, index) => value + x[index]!),
        tolerance,
      );
      block.dispose();
    });
  });

  describe('stochastic depth', () => {
    test('drops whole images, scales the others, and draws the same by seed and step', async () => {
      const layer = new StochasticDepth(0.25);
      const [images, pixels] = [64, 6];
      const shape = [images, 3, 2, 1];
      const weight = onDevice(device, () => new Conv2d(1, 1, 1, { bias: false }));
      const draw = async (seed: number) => {
        const optimizer = optim.sgd(weight.parameters(), { lr: 0 });
        const ones = new Float32Array(length(shape)).fill(1);
        const { y } = await trainStep(
          optimizer,
          () => {
            const y = layer.forward(tensor(ones, shape, { device }));
            return { loss: mean(weight.forward(y)), y };
          },
          { seed },
        );
        return [...y];
      };
      const first = await draw(1);
      const rows = Array.from({ length: images }, (_, n) => first.slice(n * pixels, (n + 1) * pixels));
      const kept = rows.filter((row) => row[0] !== 0);
      for (const row of rows) expect(new Set(row).size).toBe(1);
      for (const row of kept) expect(row[0]).toBeCloseTo(1 / 0.75, 6);
      expect(kept.length).toBeGreaterThan(images * 0.55);
      expect(kept.length).toBeLessThan(images * 0.95);
      expect(await draw(1)).toEqual(first);
      expect(await draw(2)).not.toEqual(first);
      weight.dispose();
    });

    test('sends gradients only to the images that it kept', async () => {
      const layer = new StochasticDepth(0.5);
      const x = tensor(new Float32Array(16).fill(1), [16, 1], { device, requiresGrad: true });
      const y = scope(() => {
        const result = layer.forward(x);
        sum(result).backward();
        return result;
      });
      expect([...(await x.grad!.data())]).toEqual([...(await y.data())]);
      x.dispose();
      y.dispose();
    });

    test('is not there in evaluation, nor with probability 0', () => {
      scope(() => {
        const x = tensor([1, 2], [2, 1], { device });
        expect(new StochasticDepth(0.9).eval().forward(x)).toBe(x);
        expect(new StochasticDepth(0).forward(x)).toBe(x);
      });
    });
  });

  test('a dense block puts its layers beside its input', async () => {
    const shape = [1, 4, 3, 5];
    const block = on(() => new DenseBlock(3, 5, 2)).eval();
    const [first, second, third] = [...block];
    const byHand = (x: Tensor) => {
      const one = first!.forward(x);
      const two = second!.forward(concat([x, one]));
      return concat([x, one, two, third!.forward(concat([x, one, two]))]);
    };
    expect(block.outChannels).toBe(11);
    expect(await results(device, block, shape)).toEqual(await results(device, { forward: byHand }, shape));
    block.dispose();
  });

  test('an activation of Xception comes before, not between', async () => {
    const block = on(() => new XceptionBlock(4, 4, { layers: 1 })).eval();
    const names = ['rep.1.conv1.weight', 'rep.1.pointwise.weight', 'rep.2.weight', 'rep.2.bias'];
    expect(block.namedParameters().map(([name]) => name)).toEqual(names);
    const [, separable, norm] = [...block.rep];
    const byHand = (x: Tensor) => add(norm!.forward(separable!.forward(relu(x))), x);
    const shape = [1, 4, 3, 4];
    expect(await results(device, block, shape)).toEqual(await results(device, { forward: byHand }, shape));
    block.dispose();
  });
});

function shuffled(x: Tensor, shuffle: ((x: Tensor) => Tensor) | undefined, groups: number): Tensor {
  return shuffle ? shuffle(x) : channelShuffle(x, { groups });
}

test('linear decay drops the last block with the full probability', () => {
  expect(linearDecay(4)).toEqual([0.125, 0.25, 0.375, 0.5]);
  expect(linearDecay(2, 0.2)).toEqual([0.1, 0.2]);
});

describe('impossible options are refused', () => {
  const build = <Result>(body: () => Result) => onDevice(meta, body);
  test.each<[string, () => unknown, string]>([
    [
      'no layers',
      () => new StackedSmallKernels(3, 4, { layers: 0 }),
      'StackedSmallKernels: layers must be a whole number from 1 up, not 0',
    ],
    [
      'kernel',
      () => new StackedSmallKernels(3, 4, { kernelSize: 0 }),
      'StackedSmallKernels: kernelSize must be a whole number from 1 up',
    ],
    [
      'channels',
      () => new BottleneckStack(3, 0, 4),
      'Conv2d: outChannels must be a whole number from 1 up, not 0',
    ],
    ['no rates', () => new DilatedStack(3, 4, []), 'DilatedStack: there must be at least one rate'],
    ['a rate of 0', () => new DilatedStack(3, 4, [1, 0]), 'dilation must be a whole number from 1 up'],
    [
      'seven widths',
      () => new ContextModule(3, { widths: [1, 1, 1, 1, 1, 1, 1] }),
      'ContextModule: widths must be 8 multiples of the channels, the last of them 1, not [1, 1, 1, 1, 1, 1, 1]',
    ],
    [
      'a last width',
      () => new ContextModule(3, { widths: [2, 2, 2, 2, 2, 2, 2, 2] }),
      'the last of them 1, not [2, 2',
    ],
    [
      'half a width',
      () => new ContextModule(3, { widths: [1.5, 1, 1, 1, 1, 1, 1, 1] }),
      'ContextModule: each width must be a whole number from 1 up, not 1.5',
    ],
    [
      'groups',
      () => new DeformableConv(3, 4, { groups: 2 }),
      'Conv2d: groups must divide the 3 input channels, but 2 does not',
    ],
    [
      'shuffle stride',
      () => new ShuffleUnit(8, 8, { groups: 2, stride: 3 }),
      'ShuffleUnit: stride must be 1 or 2, not 3',
    ],
    [
      'shuffle channels',
      () => new ShuffleUnitV2(8, 12),
      'ShuffleUnitV2: with stride 1 the unit keeps its 8 channels, but outChannels is 12',
    ],
    [
      'shuffle groups',
      () => new ShuffleUnit(8, 8, { groups: 3 }),
      'Conv2d: groups must divide the 8 input channels, but 3 does not',
    ],
    [
      'reduction',
      () => new SqueezeExcited(new Conv2d(3, 8, 1), 8, { reduction: 9 }),
      'SqueezeExcited: reduction must be from 1 to the 8 channels, not 9',
    ],
    ['p', () => new StochasticDepth(1), 'StochasticDepth: p must be at least 0 and below 1, not 1'],
    [
      'p of a block',
      () => new BasicBlock(3, 3, { stochasticDepth: -0.5 }),
      'StochasticDepth: p must be at least 0 and below 1, not -0.5',
    ],
    [
      'fewer channels by zeros',
      () => new BasicBlock(6, 4, { shortcut: zeroPaddedShortcut }),
      'zeroPaddedShortcut: zeros cannot make 4 channels of 6; use a projection to have fewer',
    ],
    [
      'no dense layers',
      () => new DenseBlock(0, 3, 2),
      'DenseBlock: layers must be a whole number from 1 up, not 0',
    ],
    [
      'theta',
      () => compressedChannels(10, 0),
      'compressedChannels: theta must be above 0 and at most 1, not 0',
    ],
  ])('%s', (_, body, message) => {
    expect(() => build(body)).toThrow(OptionError);
    expect(() => build(body)).toThrow(message);
  });
});
