/** Blocks against PyTorch, torchvision and timm, in training: names, shapes, costs, results, gradients, statistics. */

import {
  ASPP,
  BasicBlock,
  Bottleneck,
  BottleneckStack,
  cost,
  DeformableConv,
  DenseBlock,
  DepthwiseSeparable,
  type Device,
  DilatedStack,
  hardsigmoid,
  hardswish,
  Inception,
  InceptionPaper,
  InvertedResidual,
  InvertedResidualV3,
  Module,
  mobileNetV3SqueezeExcitation,
  mul,
  onDevice,
  relu,
  ShuffleUnit,
  ShuffleUnitV2,
  SqueezeExcitation,
  StackedSmallKernels,
  type StoredTensor,
  scope,
  sigmoid,
  sum,
  type Tensor,
  Transition,
  tensor,
} from 'tenfold';
import { describe, expect, test } from 'vitest';
import { expectClose } from './contract/expect-close.js';
import { reference, wasm } from './devices.js';
import { exactWasm } from './exact-device.js';
import { channelsLast, type Fill, fill, goldenJson, goldenTensors, toChannelsLast } from './golden.js';

interface GoldenBlock {
  readonly id: string;
  readonly kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: every kind has other numbers.
  readonly config: any;
  readonly prefix: string;
  readonly input: Fill;
  readonly gy: Fill;
  readonly params: number;
  readonly macs: number;
  readonly file: string;
  readonly state: readonly (Omit<Fill, 'fill'> & {
    readonly name: string;
    readonly kind: 'param' | 'buffer';
    readonly grad?: 'full' | 'first16';
    readonly grad_norm?: number;
    readonly zero_grad?: true;
  })[];
}

const { blocks, kinds: storedKinds } = goldenJson('blocks/index.json') as {
  blocks: readonly GoldenBlock[];
  kinds: Readonly<Record<string, string>>;
};

/** torchvision's dense block and the transition behind it. */
class DenseAndTransition extends Module {
  readonly block: DenseBlock;
  readonly transition: Transition;

  constructor(config: GoldenBlock['config']) {
    super();
    const { layers, in: inChannels, growth, bn_size: bnSize, out } = config;
    this.block = new DenseBlock(layers, inChannels, growth, { bnSize });
    this.transition = new Transition(this.block.outChannels, out);
  }

  forward(x: Tensor): Tensor {
    return this.transition.forward(this.block.forward(x));
  }
}

/** The stacks of convolution, normalisation and ReLU, which stand for five of our blocks. */
const stacks: Readonly<Record<string, () => Module>> = {
  two_3x3: () => new StackedSmallKernels(12, 12),
  one_5x5: () => new StackedSmallKernels(12, 12, { layers: 1, kernelSize: 5 }),
  bottleneck_256_64_64_256: () => new BottleneckStack(256, 64, 256),
  hdc_1_2_5: () => new DilatedStack(7, 7, [1, 2, 5]),
  separable_s1: () => new DepthwiseSeparable(10, 14),
  separable_s2: () => new DepthwiseSeparable(9, 18, { stride: 2 }),
};

const inceptionWidths = (config: GoldenBlock['config']) => ({
  c1: config.c1,
  c3Reduce: config.c3_reduce,
  c3: config.c3,
  c5Reduce: config.c5_reduce,
  c5: config.c5,
  poolProjection: config.pool_proj,
});

const kinds: Readonly<Record<string, (config: GoldenBlock['config'], id: string) => Module>> = {
  conv_stack: (_, id) => stacks[id]!(),
  inception_v1_torchvision: (config) => new Inception(config.in, inceptionWidths(config)),
  inception_v1_paper: (config) => new InceptionPaper(config.in, inceptionWidths(config)),
  deform: ({ in: from, out, kernel, stride, padding, dilation, offset_groups, modulated }) =>
    new DeformableConv(from, out, {
      kernelSize: kernel,
      stride,
      padding,
      dilation,
      offsetGroups: offset_groups,
      modulated,
    }),
  shufflenet_v1_unit: ({ in: from, out, groups, stride, group_first }) =>
    new ShuffleUnit(from, out, { groups, stride, groupFirst: group_first }),
  squeeze_excitation: ({ channels, squeeze, gate }) =>
    new SqueezeExcitation(channels, squeeze, { gate: { sigmoid, hardsigmoid }[gate as 'sigmoid'] }),
  resnet_basic: ({ in: from, planes, stride }) => new BasicBlock(from, planes, { stride }),
  resnet_bottleneck: ({ in: from, planes, stride, groups, base_width }) =>
    new Bottleneck(from, planes, { stride, groups, baseWidth: base_width }),
  dense_transition: (config) => new DenseAndTransition(config),
  inverted_v2: ({ in: from, out, stride, expand }) =>
    new InvertedResidual(from, out, { stride, expandRatio: expand }),
  inverted_v3: ({ in: from, out, kernel, expanded, se, activation, stride }) =>
    new InvertedResidualV3(from, out, {
      expandedChannels: expanded,
      kernelSize: kernel,
      stride,
      activation: activation === 'HS' ? hardswish : relu,
      squeezeExcitation: se ? mobileNetV3SqueezeExcitation : undefined,
    }),
  shufflenet_v2_unit: ({ in: from, out, stride }) => new ShuffleUnitV2(from, out, { stride }),
  aspp: ({ in: from, out, rates }) => new ASPP(from, rates, { outChannels: out, dropRate: 0 }),
};

/** The separable convolutions are stored under the names of a stack; ours are timm's. */
function ourName(id: string, name: string): string {
  if (!id.startsWith('separable')) return name;
  return name.replace(/^conv1/, 'conv_dw').replace(/^conv2/, 'conv_pw');
}

/**
 * Of the largest magnitude of each tensor. float32 arithmetic strays by up to 3e-5 here (`float32_error` in the index, the
 * units of ShuffleNet being the worst), and Winograd's method makes of that at most 8.2 times as much where it is used
 * (winograd-gain.ts); the reference device computes in float64.
 */
const tolerances: readonly { name: string; device: Device; tolerance: number }[] = [
  { name: 'reference', device: reference, tolerance: 2e-6 },
  { name: 'wasm, exact', device: exactWasm, tolerance: 1e-4 },
  { name: 'wasm', device: wasm, tolerance: 2e-4 },
];

const activation = ({ shape, data }: StoredTensor): ArrayLike<number> => toChannelsLast(data, shape);

test('every stored kind of block is built here', () => {
  expect(Object.keys(kinds).sort()).toEqual(Object.keys(storedKinds).sort());
  expect(new Set(blocks.map(({ kind }) => kind))).toEqual(new Set(Object.keys(kinds)));
  expect(Object.keys(stacks)).toEqual(
    expect.arrayContaining(blocks.filter(({ kind }) => kind === 'conv_stack').map(({ id }) => id)),
  );
  expect(blocks.length).toBe(28);
});

test.each(blocks)('$id costs what it costs in PyTorch', ({ id, kind, config, input, params, macs }) => {
  const counted = cost(() => kinds[kind]!(config, id), channelsLast(input.shape));
  expect(counted.parameters).toBe(params);
  expect(counted.multiplyAccumulates).toBe(macs);
});

describe.each(tolerances)('on $name', ({ device, tolerance }) => {
  test.each(blocks)('$id', async ({ id, kind, config, prefix, input, gy, file, state }) => {
    const before = device.usage();
    const block = onDevice(device, () => kinds[kind]!(config, id));
    const own = await block.stateDict();
    expect([...own].map(([name, { shape }]) => [name, shape])).toEqual(
      state.map(({ name, shape }) => [ourName(id, name), shape]),
    );
    const parameters = state.filter(({ kind }) => kind === 'param');
    expect(block.namedParameters().map(([name]) => name)).toEqual(
      parameters.map(({ name }) => ourName(id, name)),
    );

    block.loadStateDict(
      new Map(
        state.map(({ name, ...values }): [string, StoredTensor] => {
          const data = fill({ ...values, fill: prefix + name });
          const counter = name.endsWith('num_batches_tracked');
          return [
            ourName(id, name),
            counter
              ? { dtype: 'int32', shape: values.shape, data: Int32Array.from(data) }
              : { dtype: 'float32', shape: values.shape, data },
          ];
        }),
      ),
    );
    const given = (it: Fill, requiresGrad: boolean) =>
      tensor(toChannelsLast(fill(it), it.shape), channelsLast(it.shape), { device, requiresGrad });
    const x = given(input, true);
    const y = scope(() => {
      const result = block.forward(x);
      sum(mul(result, given(gy, false))).backward();
      return result;
    });

    const stored = goldenTensors(`blocks/${file}`);
    const compared = new Set<string>();
    const expected = (path: string): StoredTensor => {
      compared.add(path);
      return stored.get(path)!;
    };
    expect(y.shape).toEqual(channelsLast(gy.shape));
    expectClose(await y.data(), activation(expected('y')), tolerance, 'y');
    const inputGradient = activation(expected('grad/input'));
    expectClose(await x.grad!.data(), inputGradient, tolerance, 'the gradient of the input');

    const gradients = new Map(block.namedParameters());
    const largestNorm = Math.max(...parameters.map(({ grad_norm }) => grad_norm!));
    for (const { name, grad, grad_norm, zero_grad } of parameters) {
      const gradient = (await gradients.get(ourName(id, name))!.grad!.data()) as Float32Array;
      const norm = Math.sqrt(gradient.reduce((squares, value) => squares + value * value, 0));
      if (zero_grad) {
        compared.add(`grad/${name}`);
        expect(norm / largestNorm, `gradient of ${name}, which vanishes`).toBeLessThan(tolerance);
        continue;
      }
      expect(Math.abs(norm / grad_norm! - 1), `norm of the gradient of ${name}`).toBeLessThan(tolerance);
      const values = expected(grad === 'full' ? `grad/${name}` : `grad16/${name}`).data;
      expect(values.length).toBe(grad === 'full' ? gradient.length : 16);
      const magnitude = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expectClose(gradient.slice(0, values.length), values, tolerance, `gradient of ${name}`, magnitude);
    }

    const after = await block.stateDict();
    for (const { name } of state.filter(({ kind }) => kind === 'buffer')) {
      if (name.endsWith('num_batches_tracked')) {
        compared.add(`after/${name}`);
        expect([...after.get(ourName(id, name))!.data]).toEqual([1]);
        continue;
      }
      expectClose(after.get(ourName(id, name))!.data, expected(`after/${name}`).data, tolerance, name);
    }
    for (const path of stored.keys()) expect(compared).toContain(path);
    y.dispose();
    x.dispose();
    block.dispose();
    expect(device.usage()).toEqual(before);
  });
});
