/**
 * Two-dimensional convolution (cross-correlation, as everywhere in the field), dense, dilated, strided and grouped:
 *
 *   y[n, i, j, o] = bias[o] + sum over (r, s, c) of
 *                   x[n, i * stride - padding + r * dilation, j * stride - padding + s * dilation, group(o) + c] * weight[o, c, r, s]
 *
 * x is [N, H, W, C], weight [O, C / groups, kernel height, kernel width], y [N, H', W', O] with H' and W' as in
 * _window.ts. It is linear in x and in weight, so its gradients are its adjoints: gradient(x) sends every product back
 * to the pixel it came from (a convolution of gradient(y) with the kernel turned by 180 degrees, stride becoming
 * dilation of gradient(y)), gradient(weight) correlates x with gradient(y) (stride becoming dilation), gradient(bias)
 * sums gradient(y) over pixels. Grouped convolution: Krizhevsky et al. 2012; dilated: Yu and Koltun 2016, equation 2.
 */

import { empty, type Operand } from '../device/device.js';
import { OptionError, ShapeError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import {
  type Epilogue,
  type EpilogueInputs,
  type EpilogueRecord,
  epilogueOperands,
  noEpilogue,
  withEpilogue,
} from './_epilogue.js';
import { allChannels, apply, type Operator, ownChannel } from './_operator.js';
import { channelSums } from './_reduce.js';
import { type Pair, type Window, windowOver } from './_window.js';

export interface Conv2dOptions {
  /** @default 1 */
  readonly stride?: Pair;
  /** Zeros around the image: a number, [vertical, horizontal], or 'same' (with stride 1). @default 0 */
  readonly padding?: Pair | 'same';
  /** @default 1 */
  readonly dilation?: Pair;
  /** @default 1 */
  readonly groups?: number;
}

export interface Conv2dRecord extends Window, EpilogueRecord {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  /** The weight's shape, [O, C / groups, kernel height, kernel width]. */
  readonly weightShape: readonly number[];
}

export function conv2dRecord(
  xShape: readonly number[],
  weightShape: readonly number[],
  biasShape: readonly number[] | undefined,
  { stride = 1, padding = 0, dilation = 1, groups = 1 }: Conv2dOptions = {},
  operator = 'conv2d',
): Conv2dRecord {
  if (weightShape.length !== 4) {
    throw new ShapeError(
      `the weight must have shape [out channels, in channels / groups, height, width], not [${weightShape.join(', ')}]`,
      { operator, rule: 'weight rank', got: weightShape.length, expected: 4 },
    );
  }
  const [outChannels, perGroup, kernelHeight, kernelWidth] = weightShape as [number, number, number, number];
  const window = windowOver(operator, xShape, {
    kernelSize: [kernelHeight, kernelWidth],
    stride,
    padding,
    dilation,
  });
  const inChannels = xShape[3]!;
  if (!Number.isInteger(groups) || groups < 1 || outChannels % groups !== 0) {
    throw new OptionError(
      `groups must be a whole number that divides the ${outChannels} output channels, not ${groups}`,
      { operator, rule: 'groups', got: groups, expected: `a divisor of ${outChannels}` },
    );
  }
  if (inChannels !== perGroup * groups) {
    throw new ShapeError(
      `input has ${inChannels} channels but weight [${weightShape.join(', ')}] with groups ${groups} expects ${perGroup * groups}`,
      { operator, rule: 'input channels', got: inChannels, expected: perGroup * groups },
    );
  }
  checkBias(operator, biasShape, outChannels);
  // Spread behind the others: properties that follow one are added to the object one by one, a microsecond each.
  return { inChannels, outChannels, groups, weightShape, ...noEpilogue, ...window };
}

export function checkBias(
  operator: string,
  biasShape: readonly number[] | undefined,
  outChannels: number,
): void {
  if (biasShape === undefined || (biasShape.length === 1 && biasShape[0] === outChannels)) return;
  throw new ShapeError(
    `bias has shape [${biasShape.join(', ')}] but there are ${outChannels} output channels`,
    {
      operator,
      rule: 'bias shape',
      got: biasShape,
      expected: [outChannels],
    },
  );
}

type Conv2dInputs = readonly [
  x: Operand,
  weight: Operand,
  bias?: Operand,
  ...epilogue: EpilogueInputs<Operand>,
];

export const conv2dOperator: Operator<Conv2dRecord, Conv2dInputs> = {
  name: 'conv2d',

  outputs: ({ batch, outHeight, outWidth, outChannels }) => [
    { shape: [batch, outHeight, outWidth, outChannels], dtype: 'float32' },
  ],

  cost({
    batch,
    outHeight,
    outWidth,
    outChannels,
    inChannels,
    groups,
    kernelHeight,
    kernelWidth,
    ...record
  }) {
    const taps = (kernelHeight * kernelWidth * inChannels) / groups;
    return {
      multiplyAccumulates: batch * outHeight * outWidth * outChannels * taps,
      otherOperations: record.epilogueOperations,
    };
  },

  backwardProducts: ([xWanted, weightWanted]) => Number(xWanted) + Number(weightWanted),

  field(record, input) {
    if (input === 0) return { kind: 'window', ...record };
    return { kind: input === 6 ? 'pointwise' : 'global' };
  },
  channels: ({ groups }, input) =>
    input === 0 ? { kind: 'groups', groups } : input === 1 ? allChannels : ownChannel,

  forward(device, record, [x, weight, bias, ...epilogue], [y]) {
    device.run('conv2d', record, { x, weight, bias, y, ...epilogueOperands(epilogue) });
  },

  retain: ([xWanted, weightWanted]) => ({
    inputs: [...(weightWanted ? [0] : []), ...(xWanted ? [1] : [])],
  }),

  backward(record, { device, inputs: [x, weight], gradient, wanted: [xWanted, weightWanted, biasWanted] }) {
    const { batch, inHeight, inWidth, inChannels, outChannels, weightShape } = record;
    let xGradient: Operand | undefined;
    let weightGradient: Operand | undefined;
    if (xWanted) {
      xGradient = empty(device, { shape: [batch, inHeight, inWidth, inChannels], dtype: 'float32' });
      device.run('conv2dInputGradient', record, { gradient, weight, xGradient });
    }
    if (weightWanted) {
      weightGradient = empty(device, { shape: weightShape, dtype: 'float32' });
      device.run('conv2dWeightGradient', record, { x, gradient, weightGradient });
    }
    return [xGradient, weightGradient, biasWanted ? channelSums(device, gradient, outChannels) : undefined];
  },
};

/**
 * Convolves images x [N, H, W, C] with weight [O, C / groups, kernel height, kernel width] and adds bias [O]; the
 * result is [N, H', W', O]. An `epilogue` normalises the result by running statistics [O], adds a residual [N, H', W', O]
 * and applies an activation; in the same pass, where no gradient is wanted.
 *
 * @throws ShapeError if channels, bias or epilogue do not fit, or if the window does not fit into the padded image;
 *   OptionError for an impossible stride, padding, dilation or number of groups.
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  options: Conv2dOptions & { readonly epilogue?: Epilogue | undefined } = {},
): Tensor {
  const record = conv2dRecord(x.shape, weight.shape, bias?.shape, options);
  const { batch, outHeight, outWidth, outChannels } = record;
  const shape = [batch, outHeight, outWidth, outChannels];
  return withEpilogue('conv2d', [x, weight, bias], shape, options.epilogue, (epilogue, more = []) =>
    apply(conv2dOperator, epilogue ? { ...record, ...epilogue } : record, [x, weight, bias, ...more]),
  );
}
