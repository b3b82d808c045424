/** Convolution as a layer; the formula is in ops/conv2d.ts. */

import { OptionError } from '../errors.js';
import { type Pair, pair } from '../ops/_window.js';
import { type Conv2dOptions, conv2d, conv2dRecord } from '../ops/conv2d.js';
import type { Tensor } from '../tensor/tensor.js';
import { ampleSide, checkCount } from './_check.js';
import { convolve } from './_convolve.js';
import type { Following } from './_in-one-go.js';
import { defaultParameter } from './init.js';
import { Module } from './module.js';

export class Conv2d extends Module {
  static readonly following: unknown = this.prototype.forward;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly options: Conv2dOptions;
  /** [out channels, in channels / groups, kernel height, kernel width] */
  weight: Tensor;
  /** [out channels] */
  bias: Tensor | undefined;

  /**
   * @param kernelSize A number, or [height, width].
   * @throws OptionError for impossible channels, groups, kernel size, stride, padding or dilation.
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: Pair,
    { bias = true, ...options }: Conv2dOptions & { readonly bias?: boolean } = {},
  ) {
    super();
    checkCount('Conv2d', 'inChannels', inChannels);
    checkCount('Conv2d', 'outChannels', outChannels);
    const { groups = 1 } = options;
    checkCount('Conv2d', 'groups', groups);
    if (inChannels % groups !== 0) {
      throw new OptionError(`groups must divide the ${inChannels} input channels, but ${groups} does not`, {
        operator: 'Conv2d',
        rule: 'groups',
        got: groups,
        expected: `a divisor of ${inChannels}`,
      });
    }
    const kernel = pair('Conv2d', 'kernelSize', kernelSize, 1);
    const weightShape = [outChannels, inChannels / groups, ...kernel];
    conv2dRecord([1, ampleSide, ampleSide, inChannels], weightShape, undefined, options);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.options = options;
    const fanIn = (inChannels / groups) * kernel[0] * kernel[1];
    this.weight = defaultParameter(weightShape, fanIn);
    this.bias = bias ? defaultParameter([outChannels], fanIn) : undefined;
  }

  /** [N, H, W, in channels] to [N, H', W', out channels]. */
  forward(x: Tensor, following: Following = {}): Tensor {
    const { weight, bias, options } = this;
    return convolve([x, weight, bias], following, (epilogue) =>
      conv2d(x, weight, bias, { ...options, epilogue }),
    );
  }
}
