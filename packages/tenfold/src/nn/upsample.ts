/** Images in another size as a layer; the formulas are in ops/interpolate.ts. */

import { type InterpolateOptions, interpolate, interpolateRecord } from '../ops/interpolate.js';
import type { Tensor } from '../tensor/tensor.js';
import { ampleSide } from './_check.js';
import { Module } from './module.js';

export class Upsample extends Module {
  readonly options: InterpolateOptions;

  /**
   * @throws OptionError unless exactly one of size and scaleFactor is given and positive, for an unknown mode, or for
   *   alignCorners without bilinear.
   */
  constructor(options: InterpolateOptions) {
    super();
    this.options = options;
    interpolateRecord([1, ampleSide, ampleSide, 1], options);
  }

  /** [N, H, W, C] to [N, H', W', C]. */
  forward(x: Tensor): Tensor {
    return interpolate(x, this.options);
  }
}
