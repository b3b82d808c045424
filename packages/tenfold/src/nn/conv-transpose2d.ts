/** Transposed convolution as a layer; the formula is in ops/conv-transpose2d.ts. */

import { OptionError } from '../errors.js';
import { type Pair, pair } from '../ops/_window.js';
import {
  type ConvTranspose2dOptions,
  convTranspose2d,
  convTranspose2dRecord,
} from '../ops/conv-transpose2d.js';
import type { Tensor } from '../tensor/tensor.js';
import { ampleSide, checkCount } from './_check.js';
import { defaultParameter } from './init.js';
import { Module } from './module.js';

export class ConvTranspose2d extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly options: ConvTranspose2dOptions;
  /** [in channels, out channels / groups, kernel height, kernel width] */
  weight: Tensor;
  /** [out channels] */
  bias: Tensor | undefined;

  /**
   * @param kernelSize A number, or [height, width].
   * @throws OptionError for impossible channels, groups, kernel size, stride, padding, output padding or dilation.
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    { bias = true, ...options }: ConvTranspose2dOptions & { readonly bias?: boolean } = {},
  ) {
    super();
    checkCount('ConvTranspose2d', 'inChannels', inChannels);
    checkCount('ConvTranspose2d', 'outChannels', outChannels);
    const { groups = 1 } = options;
    checkCount('ConvTranspose2d', 'groups', groups);
    if (outChannels % groups !== 0) {
      throw new OptionError(`groups must divide the ${outChannels} output channels, but ${groups} does not`, {
        operator: 'ConvTranspose2d',
        rule: 'groups',
        got: groups,
        expected: `a divisor of ${outChannels}`,
      });
    }
    const kernel = pair('ConvTranspose2d', 'kernelSize', kernelSize, 1);
    const weightShape = [inChannels, outChannels / groups, ...kernel];
    convTranspose2dRecord([1, ampleSide, ampleSide, inChannels], weightShape, undefined, options);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.options = options;
    // PyTorch takes the second axis of any weight for that of the inputs, though here it is that of the outputs.
    const fanIn = (outChannels / groups) * kernel[0] * kernel[1];
    this.weight = defaultParameter(weightShape, fanIn);
    this.bias = bias ? defaultParameter([outChannels], fanIn) : undefined;
  }

  /** [N, H, W, in channels] to [N, H', W', out channels]. */
  forward(x: Tensor): Tensor {
    return convTranspose2d(x, this.weight, this.bias, this.options);
  }
}
