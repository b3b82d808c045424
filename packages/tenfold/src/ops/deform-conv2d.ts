/**
 * Deformable convolution (Dai et al. 2017, equation 2; with a mask, Zhu et al. 2019, equation 1): a convolution whose
 * taps are moved by offsets that the network computes itself,
 *
 *   y[n, i, j, o] = bias[o] + sum over (r, s, c) of mask[n, i, j, t] * X(n, v, h, c) * weight[o, c, r, s],
 *   v = i * stride - padding + r * dilation + offset[n, i, j, 2t],  h likewise with offset[n, i, j, 2t + 1],
 *
 * t = r * kernel width + s. X(n, v, h, c) interpolates x between the four pixels around (v, h); a pixel outside the image
 * counts as zero. Channels come in offset groups, each with its own offsets: x is [N, H, W, C], offset
 * [N, H', W', 2 * offset groups * taps] (for each offset group and tap: down, right), mask [N, H', W', offset groups * taps],
 * weight [O, C / groups, kernel height, kernel width].
 *
 * Interpolation is linear in each of the four pixels and, between pixels, in v and in h, so every input has a gradient:
 * with g = sum over o of gradient(y) * weight for each tap and channel, gradient(x) gets g * mask times the pixel's share,
 * gradient(mask) sums g * X over the channels of the offset group, and gradient(offset) sums g * mask * dX/dv (or dX/dh).
 * Where v is a whole number the derivative is the one towards the next pixel, as in torchvision.
 */

import { empty, type Operand } from '../device/device.js';
import { ShapeError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Epilogue, type EpilogueInputs, epilogueOperands, withEpilogue } from './_epilogue.js';
import { allChannels, apply, type Channels, type Operator, ownChannel } from './_operator.js';
import { channelSums } from './_reduce.js';
import type { Pair } from './_window.js';
import { type Conv2dRecord, conv2dOperator, conv2dRecord } from './conv2d.js';

export interface DeformConv2dOptions {
  /** Weights of the taps, [N, H', W', offset groups * taps]: version 2. @default all 1: version 1 */
  readonly mask?: Tensor;
  /** @default 1 */
  readonly stride?: Pair;
  /** @default 0 */
  readonly padding?: Pair;
  /** @default 1 */
  readonly dilation?: Pair;
  /** @default 1 */
  readonly groups?: number;
}

export interface DeformConv2dRecord extends Conv2dRecord {
  readonly offsetGroups: number;
  readonly offsetShape: readonly number[];
  readonly maskShape: readonly number[];
}

export function deformConv2dRecord(
  shapes: {
    readonly x: readonly number[];
    readonly offset: readonly number[];
    readonly weight: readonly number[];
    readonly bias?: readonly number[] | undefined;
    readonly mask?: readonly number[] | undefined;
  },
  options: Omit<DeformConv2dOptions, 'mask'> = {},
): DeformConv2dRecord {
  const operator = 'deformConv2d';
  const record = conv2dRecord(shapes.x, shapes.weight, shapes.bias, options, operator);
  const { batch, outHeight, outWidth, inChannels, kernelHeight, kernelWidth } = record;
  const taps = kernelHeight * kernelWidth;
  const offsetGroups = shapes.offset[3]! / (2 * taps);
  if (!Number.isInteger(offsetGroups) || offsetGroups < 1 || inChannels % offsetGroups !== 0) {
    throw new ShapeError(
      `offset [${shapes.offset.join(', ')}] must have 2 * ${taps} channels for each offset group, and the number of offset groups must divide the ${inChannels} input channels`,
      { operator, rule: 'offset channels', got: shapes.offset[3], expected: `a multiple of ${2 * taps}` },
    );
  }
  const offsetShape = [batch, outHeight, outWidth, 2 * offsetGroups * taps];
  const maskShape = [batch, outHeight, outWidth, offsetGroups * taps];
  for (const [name, got, expected] of [
    ['offset', shapes.offset, offsetShape],
    ['mask', shapes.mask ?? maskShape, maskShape],
  ] as const) {
    if (got.length === 4 && got.every((side, axis) => side === expected[axis])) continue;
    throw new ShapeError(
      `${name} has shape [${got.join(', ')}], but the output positions and taps need [${expected.join(', ')}]`,
      { operator, rule: `${name} shape`, got, expected },
    );
  }
  return { offsetGroups, offsetShape, maskShape, ...record };
}

type DeformConv2dInputs = readonly [
  x: Operand,
  offset: Operand,
  weight: Operand,
  bias: Operand | undefined,
  mask: Operand | undefined,
  ...epilogue: EpilogueInputs<Operand>,
];

export const deformConv2dOperator: Operator<DeformConv2dRecord, DeformConv2dInputs> = {
  name: 'deformConv2d',
  outputs: conv2dOperator.outputs,

  cost(record) {
    const { multiplyAccumulates } = conv2dOperator.cost(record);
    const { batch, outHeight, outWidth, inChannels, kernelHeight, kernelWidth } = record;
    const samples = batch * outHeight * outWidth * inChannels * kernelHeight * kernelWidth;
    // Four products and three sums for each sample.
    return { multiplyAccumulates, otherOperations: 7 * samples + record.epilogueOperations };
  },

  // Image, offsets and mask share the product of gradient and weight.
  backwardProducts: ([xWanted, offsetWanted, weightWanted, , maskWanted]) =>
    Number(xWanted || offsetWanted || maskWanted) + Number(weightWanted),

  // Where the taps fall depends on the data; without offsets they are the convolution's.
  field(record, input) {
    if (input === 0) return { kind: 'data-dependent', ...record };
    return { kind: [1, 4, 8].includes(input) ? 'pointwise' : 'global' };
  },

  channels(record, input) {
    if (input === 1) return samplingChannels(record, 2);
    if (input === 4) return samplingChannels(record, 1);
    return input === 0 ? { kind: 'groups', groups: record.groups } : input === 2 ? allChannels : ownChannel;
  },

  forward(device, record, [x, offset, weight, bias, mask, ...epilogue], [y]) {
    const operands = { x, offset, weight, bias, mask, y, ...epilogueOperands(epilogue) };
    device.run('deformConv2d', record, operands);
  },

  retain: ([xWanted, offsetWanted, weightWanted, , maskWanted]) => ({
    inputs: [
      ...(offsetWanted || weightWanted || maskWanted ? [0] : []),
      1,
      ...(xWanted || offsetWanted || maskWanted ? [2] : []),
      4,
    ],
  }),

  backward(record, { device, inputs: [x, offset, weight, , mask], gradient, wanted }) {
    const [xWanted, offsetWanted, weightWanted, biasWanted, maskWanted] = wanted;
    const { batch, inHeight, inWidth, inChannels, outChannels } = record;
    const make = (isWanted: boolean | undefined, shape: readonly number[]) =>
      isWanted ? empty(device, { shape, dtype: 'float32' }) : undefined;
    const xGradient = make(xWanted, [batch, inHeight, inWidth, inChannels]);
    const offsetGradient = make(offsetWanted, record.offsetShape);
    const maskGradient = make(maskWanted, record.maskShape);
    const weightGradient = make(weightWanted, record.weightShape);
    if (xGradient ?? offsetGradient ?? maskGradient) {
      device.run('deformConv2dInputGradient', record, {
        x,
        offset,
        mask,
        weight,
        gradient,
        xGradient,
        offsetGradient,
        maskGradient,
      });
    }
    if (weightGradient) {
      device.run('deformConv2dWeightGradient', record, { x, offset, mask, gradient, weightGradient });
    }
    const biasGradient = biasWanted ? channelSums(device, gradient, outChannels) : undefined;
    return [xGradient, offsetGradient, weightGradient, biasGradient, maskGradient];
  },
};

/** The offsets (two for each tap) or masks (one) of the offset groups that an output channel's input channels belong to. */
function samplingChannels(record: DeformConv2dRecord, perTap: number): Channels {
  const { groups, offsetGroups, inChannels, outChannels, kernelHeight, kernelWidth } = record;
  const channels = perTap * kernelHeight * kernelWidth;
  const list = (channel: number) => {
    const group = Math.floor((channel * groups) / outChannels);
    const first = Math.floor((group * offsetGroups) / groups);
    const last = Math.floor((((group + 1) * inChannels) / groups - 1) / (inChannels / offsetGroups));
    return Array.from({ length: (last - first + 1) * channels }, (_, index) => first * channels + index);
  };
  return { kind: 'list', list };
}

/**
 * Convolves images x [N, H, W, C] with weight [O, C / groups, kernel height, kernel width] at taps moved by offset
 * [N, H', W', 2 * offset groups * taps]; the number of offset groups follows from that shape. The result is [N, H', W', O].
 * `epilogue` as in `conv2d`.
 *
 * @throws ShapeError if channels, bias, offset, mask or epilogue do not fit; OptionError for impossible options.
 */
export function deformConv2d(
  x: Tensor,
  offset: Tensor,
  weight: Tensor,
  bias?: Tensor,
  { mask, epilogue, ...options }: DeformConv2dOptions & { readonly epilogue?: Epilogue | undefined } = {},
): Tensor {
  const record = deformConv2dRecord(
    { x: x.shape, offset: offset.shape, weight: weight.shape, bias: bias?.shape, mask: mask?.shape },
    options,
  );
  const { batch, outHeight, outWidth, outChannels } = record;
  const shape = [batch, outHeight, outWidth, outChannels];
  const inputs = [x, offset, weight, bias, mask] as const;
  return withEpilogue('deformConv2d', inputs, shape, epilogue, (numbers, more = []) =>
    apply(deformConv2dOperator, numbers ? { ...record, ...numbers } : record, [...inputs, ...more]),
  );
}
