/**
 * Group normalisation (Wu and He 2018, equation 7): the channels, the last axis, are divided into numGroups groups
 * of neighbours, and
 *
 *   y = (x - mean) / sqrt(variance + eps) * weight + bias,
 *
 * with the mean and (biased) variance of each image's group, over its pixels and channels, and a weight and bias for
 * each channel. One group is layer normalisation over the whole image, as many groups as channels instance
 * normalisation. With h = (x - mean) / sqrt(variance + eps) and d = gradient(y) * weight: gradient(bias) and
 * gradient(weight) are the sums of gradient(y) and gradient(y) * h over images and pixels, and
 * gradient(x) = (d - mean(d) - h * mean(d * h)) / sqrt(variance + eps), with means over the group.
 */

import { elements } from '../device/device.js';
import { OptionError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import {
  type Affine,
  channelsOf,
  checkEps,
  checkPerChannel,
  type NormalisationRecord,
  normalisationOperator,
} from './_normalisation.js';
import { allChannels, apply } from './_operator.js';

export interface GroupNormOptions {
  readonly numGroups: number;
  /** @default 1e-5 */
  readonly eps?: number;
}

export interface GroupNormRecord extends NormalisationRecord {
  readonly batch: number;
  readonly pixels: number;
  readonly channels: number;
  readonly groups: number;
  readonly eps: number;
}

export function groupNormRecord(
  shape: readonly number[],
  perChannel: Readonly<Record<string, readonly number[] | undefined>>,
  { numGroups, eps = 1e-5 }: GroupNormOptions,
): GroupNormRecord {
  const operator = 'groupNorm';
  const channels = channelsOf(operator, shape);
  if (!Number.isInteger(numGroups) || numGroups < 1 || channels % numGroups !== 0) {
    throw new OptionError(
      `numGroups must be a whole number that divides the ${channels} channels, not ${numGroups}`,
      { operator, rule: 'numGroups', got: numGroups, expected: `a divisor of ${channels}` },
    );
  }
  checkPerChannel(operator, channels, perChannel);
  checkEps(operator, eps);
  return {
    shape,
    parameterShape: [channels],
    batch: shape[0]!,
    pixels: elements(shape.slice(1, -1)),
    channels,
    groups: numGroups,
    eps,
  };
}

export const groupNormOperator = normalisationOperator<GroupNormRecord>(
  'groupNorm',
  // Of the group that each channel belongs to.
  ({ batch, channels }) => [batch, channels],
  // The statistics are those of the whole image, in use as in training.
  ({ groups, shape }) => ({
    field: { kind: 'statistics' },
    channels: shape.length > 4 ? allChannels : { kind: 'groups', groups },
  }),
);

/**
 * Normalises each image of x [N, ..., C] by groups of channels; weight and bias are [C].
 *
 * @throws ShapeError if weight or bias does not have shape [C]; OptionError for groups that do not divide C, or a
 *   negative eps.
 */
export function groupNorm(x: Tensor, { weight, bias }: Affine, options: GroupNormOptions): Tensor {
  const record = groupNormRecord(x.shape, { weight: weight?.shape, bias: bias?.shape }, options);
  return apply(groupNormOperator, record, [x, weight, bias]);
}
