/** Operators against PyTorch: every stored result and gradient, on every device that computes. */

import { readdirSync } from 'node:fs';
import {
  adaptiveAvgPool2d,
  add,
  avgPool2d,
  batchNorm,
  channelShuffle,
  concat,
  conv2d,
  convTranspose2d,
  crossEntropy,
  type Device,
  deformConv2d,
  globalAvgPool,
  groupNorm,
  hardsigmoid,
  hardswish,
  interpolate,
  linear,
  maxPool2d,
  mul,
  relu,
  relu6,
  sigmoid,
  silu,
} from 'tenfold';
import { describe, expect, test } from 'vitest';
import { expectClose } from './contract/expect-close.js';
import { type Given, outcome, type Tensors, type Trial } from './contract/trial.js';
import { reference, wasm } from './devices.js';
import { exactWasm } from './exact-device.js';
import {
  channelsLast,
  type Fill,
  fill,
  fillElement,
  fillLabels,
  goldenJson,
  goldenTensors,
  hashOf,
  seedOf,
  toChannelsLast,
} from './golden.js';
import { largestGain } from './winograd-gain.js';

interface GoldenInput extends Fill {
  readonly name: string;
  readonly grad: boolean;
}

interface GoldenCase {
  readonly id: string;
  readonly op: string;
  // biome-ignore lint/suspicious/noExplicitAny: every operator has other attributes.
  readonly attrs: any;
  readonly inputs: readonly GoldenInput[];
  readonly gy: Fill;
  readonly file: string;
}

type Apply = (inputs: Tensors, attributes: GoldenCase['attrs']) => ReturnType<Trial['apply']>;

const operators: Readonly<Record<string, Apply>> = {
  conv2d: ({ x, weight, bias }, { stride, padding, dilation, groups }) =>
    conv2d(x!, weight!, bias, { stride, padding, dilation, groups }),
  deform_conv2d: ({ x, offset, weight, bias, mask }, { stride, padding, dilation, groups }) =>
    deformConv2d(x!, offset!, weight!, bias, { stride, padding, dilation, groups, ...(mask && { mask }) }),
  conv_transpose2d: (
    { x, weight, bias },
    { stride, padding, output_padding: outputPadding, dilation, groups },
  ) => convTranspose2d(x!, weight!, bias, { stride, padding, outputPadding, dilation, groups }),
  linear: ({ x, weight, bias }) => linear(x!, weight!, bias),
  max_pool2d: ({ x }, { kernel, stride, padding, ceil_mode }) =>
    maxPool2d(x!, { kernelSize: kernel, stride, padding, ceilMode: ceil_mode }),
  avg_pool2d: ({ x }, { kernel, stride, padding, ceil_mode, count_include_pad }) =>
    avgPool2d(x!, {
      kernelSize: kernel,
      stride,
      padding,
      ceilMode: ceil_mode,
      countIncludePad: count_include_pad,
    }),
  adaptive_avg_pool2d: ({ x }, { output_size }) => adaptiveAvgPool2d(x!, { outputSize: output_size }),
  global_avg_pool: ({ x }) => globalAvgPool(x!),
  batch_norm: ({ x, weight, bias, running_mean, running_var }, { training, momentum, eps }) =>
    batchNorm(
      x!,
      { weight: weight!, bias: bias!, runningMean: running_mean!, runningVar: running_var! },
      { training, momentum, eps },
    ),
  group_norm: ({ x, weight, bias }, { num_groups, eps }) =>
    groupNorm(x!, { weight, bias }, { numGroups: num_groups, eps }),
  relu: ({ x }) => relu(x!),
  relu6: ({ x }) => relu6(x!),
  hardswish: ({ x }) => hardswish(x!),
  hardsigmoid: ({ x }) => hardsigmoid(x!),
  sigmoid: ({ x }) => sigmoid(x!),
  silu: ({ x }) => silu(x!),
  cross_entropy: ({ x, labels }, { label_smoothing }) =>
    crossEntropy(x!, labels!, { labelSmoothing: label_smoothing }),
  add: ({ a, b }) => add(a!, b!),
  mul: ({ a, b }) => mul(a!, b!),
  concat: (inputs) => concat(Object.values(inputs)),
  interpolate_bilinear: ({ x }, { size, align_corners }) =>
    interpolate(x!, { size, mode: 'bilinear', alignCorners: align_corners }),
  channel_shuffle: ({ x }, { groups }) => channelShuffle(x!, { groups }),
};

/**
 * Of the largest magnitude of each tensor. The stored values are float32, rounded from float64, and so are those read
 * from the reference device; float32 arithmetic strays by up to 8e-7. Winograd's method makes of that at most 8.2 times
 * as much where it is used (winograd-gain.ts).
 */
const tolerances: readonly { name: string; device: Device; tolerance: number }[] = [
  { name: 'reference', device: reference, tolerance: 1e-6 },
  { name: 'wasm, exact', device: exactWasm, tolerance: 2e-6 },
  { name: 'wasm', device: wasm, tolerance: largestGain * 1e-6 },
];

const { cases } = goldenJson('ops/index.json') as { cases: readonly GoldenCase[] };
const ours = cases.filter(({ op }) => op in operators);

/** Activations and their gradients change their order; weights and rows do not. */
const isActivation = (name: string, shape: readonly number[]) => name !== 'weight' && shape.length === 4;

function converted(data: Float32Array, name: string, shape: readonly number[]): Omit<Given, 'gradient'> {
  return isActivation(name, shape)
    ? { shape: channelsLast(shape), data: toChannelsLast(data, shape) }
    : { shape, data };
}

function trialOf({ op, attrs, inputs, gy }: GoldenCase): Trial {
  const given: Record<string, Given> = {};
  for (const input of inputs) {
    given[input.name] = { ...converted(fill(input), input.name, input.shape), gradient: input.grad };
  }
  if (op === 'cross_entropy') {
    given.labels = {
      shape: given.x!.shape.slice(0, -1),
      data: Int32Array.from(attrs.labels as number[]),
      gradient: false,
    };
  }
  return {
    inputs: given,
    apply: (tensors) => operators[op]!(tensors, attrs),
    outputGradient: () => converted(fill(gy), 'gy', gy.shape).data as Float32Array,
  };
}

/** What `outcome` calls the tensor that is stored as `<id>/...`. */
function ourName(stored: string): string {
  if (stored.startsWith('grad/')) return `gradient(${stored.slice('grad/'.length)})`;
  return stored === 'y' ? 'y' : `${stored} afterwards`;
}

test('every stored operator is compared, and every operator here is stored', () => {
  const files = readdirSync(new URL('./golden/ops/', import.meta.url));
  const stored = files.filter((file) => file.endsWith('.safetensors'));
  expect(stored.sort()).toEqual(
    Object.keys(operators)
      .map((op) => `${op}.safetensors`)
      .sort(),
  );
  for (const file of stored) {
    const ids = new Set([...goldenTensors(`ops/${file}`).keys()].map((name) => name.split('/')[0]));
    expect([...ids].sort()).toEqual(
      ours
        .filter((it) => it.file === file)
        .map(({ id }) => id)
        .sort(),
    );
  }
});

describe.each(tolerances)('$name', ({ device, tolerance }) => {
  test.each(ours)('$id', async (it) => {
    const found = await outcome(device, trialOf(it));
    const stored = [...goldenTensors(`ops/${it.file}`)].filter(([name]) => name.startsWith(`${it.id}/`));
    const compared = stored.map(([path, { shape, data }]) => {
      const name = path.slice(it.id.length + 1);
      const expected = converted(data as Float32Array, name.split('/').at(-1)!, shape);
      const actual = found[ourName(name)]!;
      // PyTorch's scalars are stored with one axis.
      if (it.op !== 'cross_entropy' || name !== 'y') expect(actual.shape).toEqual(expected.shape);
      expectClose(actual.data, expected.data, tolerance, name);
      return ourName(name);
    });
    const gradients = it.inputs.filter(({ grad }) => grad).map(({ name }) => `gradient(${name})`);
    expect(compared).toEqual(expect.arrayContaining(['y', ...gradients]));
  });
});

describe('the fill', () => {
  const check = goldenJson('fill.json') as {
    cases: readonly {
      name: string;
      seed: number;
      scale: number;
      shift: number;
      hashes: number[];
      values: number[];
    }[];
    far: { name: string; values: [index: number, value: number][] };
    labels: { name: string; classes: number; values: number[] };
  };

  test.each(check.cases)('$name, scale $scale', ({ name, seed, scale, shift, hashes, values }) => {
    expect(seedOf(name)).toBe(seed);
    expect(hashes.map((_, index) => hashOf(seed, index))).toEqual(hashes);
    expect([...fill({ fill: name, shape: [2, values.length / 2], scale, shift })]).toEqual(values);
  });

  test('far into a stream', () => {
    const { name, values } = check.far;
    expect(values.map(([index]) => [index, fillElement(seedOf(name), index)])).toEqual(values);
  });

  test('labels', () => {
    const { name, classes, values } = check.labels;
    expect([...fillLabels(name, values.length, classes)]).toEqual(values);
  });
});
