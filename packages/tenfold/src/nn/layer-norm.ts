/** Layer normalisation as a layer; the formula is in ops/layer-norm.ts. */

import { type LayerNormOptions, layerNorm, layerNormRecord, normalizedShapeOf } from '../ops/layer-norm.js';
import type { Tensor } from '../tensor/tensor.js';
import { constantParameter } from './init.js';
import { Module } from './module.js';

export class LayerNorm extends Module {
  readonly options: LayerNormOptions;
  /** [...normalizedShape], as the bias. */
  weight: Tensor | undefined;
  bias: Tensor | undefined;

  /**
   * @param normalizedShape The last sides of what is normalised; for images [N, H, W, C] usually C.
   * @param options `elementwiseAffine`, true if not given, says whether there are weight and bias, and `bias: false` that
   *   there is the weight alone.
   * @throws OptionError for an impossible normalizedShape, or a negative eps.
   */
  constructor(
    normalizedShape: LayerNormOptions['normalizedShape'],
    {
      elementwiseAffine = true,
      bias = true,
      ...options
    }: Omit<LayerNormOptions, 'normalizedShape'> & {
      readonly elementwiseAffine?: boolean;
      readonly bias?: boolean;
    } = {},
  ) {
    super();
    const shape = normalizedShapeOf('LayerNorm', normalizedShape);
    this.options = { normalizedShape: shape, ...options };
    layerNormRecord(shape, {}, this.options);
    this.weight = elementwiseAffine ? constantParameter(shape, 1) : undefined;
    this.bias = elementwiseAffine && bias ? constantParameter(shape, 0) : undefined;
  }

  /** Normalises x [..., ...normalizedShape]. */
  forward(x: Tensor): Tensor {
    return layerNorm(x, this, this.options);
  }
}
