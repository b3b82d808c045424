/** An affine map as a layer; the formula is in ops/linear.ts. */

import { linear } from '../ops/linear.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkCount } from './_check.js';
import { defaultParameter } from './init.js';
import { Module } from './module.js';

export class Linear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** [out features, in features] */
  weight: Tensor;
  /** [out features] */
  bias: Tensor | undefined;

  /** @throws OptionError unless both numbers of features are whole and at least 1. */
  constructor(inFeatures: number, outFeatures: number, { bias = true }: { readonly bias?: boolean } = {}) {
    super();
    checkCount('Linear', 'inFeatures', inFeatures);
    checkCount('Linear', 'outFeatures', outFeatures);
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = defaultParameter([outFeatures, inFeatures], inFeatures);
    this.bias = bias ? defaultParameter([outFeatures], inFeatures) : undefined;
  }

  /** [..., in features] to [..., out features]. */
  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}
