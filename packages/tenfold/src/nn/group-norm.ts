/** Group normalisation as a layer; the formula is in ops/group-norm.ts. */

import { type GroupNormOptions, groupNorm, groupNormRecord } from '../ops/group-norm.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkCount } from './_check.js';
import { constantParameter } from './init.js';
import { Module } from './module.js';

export class GroupNorm extends Module {
  readonly channels: number;
  readonly options: GroupNormOptions;
  weight: Tensor | undefined;
  bias: Tensor | undefined;

  /**
   * @param options `affine`, true if not given, says whether there are weight and bias.
   * @throws OptionError for an impossible number of channels, groups that do not divide it, or a negative eps.
   */
  constructor(
    numGroups: number,
    channels: number,
    { affine = true, ...options }: Omit<GroupNormOptions, 'numGroups'> & { readonly affine?: boolean } = {},
  ) {
    super();
    checkCount('GroupNorm', 'channels', channels);
    this.options = { numGroups, ...options };
    groupNormRecord([1, channels], {}, this.options);
    this.channels = channels;
    this.weight = affine ? constantParameter([channels], 1) : undefined;
    this.bias = affine ? constantParameter([channels], 0) : undefined;
  }

  /** Normalises x [N, H, W, channels]. */
  forward(x: Tensor): Tensor {
    return groupNorm(x, this, this.options);
  }
}
