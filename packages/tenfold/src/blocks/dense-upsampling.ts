/**
 * Dense upsampling convolution (Wang et al. 2018, "Understanding convolution for semantic segmentation", section 3.1): a
 * convolution predicts for each pixel of a small map the d x d pixels of the large one that it stands for, each with
 * weights of its own, where bilinear interpolation has none.
 *
 *   x [N, H, W, C] to [N, d H, d W, O], kernel K x K
 *   weights K^2 C O d^2 (+ O d^2 biases), multiply-accumulates H W times the weights
 *
 * The channels before they are spread are in the order of PyTorch's PixelShuffle: output channel, row, column. The paper
 * does not fix K.
 */

import { Conv2d } from '../nn/conv2d.js';
import { Module } from '../nn/module.js';
import type { Pair } from '../ops/_window.js';
import { permute } from '../ops/permute.js';
import { reshape } from '../ops/reshape.js';
import type { Tensor } from '../tensor/tensor.js';
import { centred } from './_parts.js';

export interface DenseUpsamplingOptions {
  /** @default 3 */
  readonly kernelSize?: Pair;
}

/** Parameters: conv. */
export class DenseUpsampling extends Module {
  readonly conv: Conv2d;
  /** How many times as high and wide the result is. */
  readonly factor: number;

  /** @throws OptionError for impossible channels, factor or kernel size. */
  constructor(
    inChannels: number,
    outChannels: number,
    factor: number,
    { kernelSize = 3 }: DenseUpsamplingOptions = {},
  ) {
    super();
    const padding = centred('DenseUpsampling', kernelSize);
    this.conv = new Conv2d(inChannels, outChannels * factor * factor, kernelSize, { padding });
    this.factor = factor;
  }

  forward(x: Tensor): Tensor {
    const y = this.conv.forward(x);
    const { factor } = this;
    const [batch, height, width, channels] = y.shape as [number, number, number, number];
    const outChannels = channels / (factor * factor);
    const cells = reshape(y, [batch, height, width, outChannels, factor, factor]);
    return reshape(permute(cells, [0, 1, 4, 2, 5, 3]), [batch, height * factor, width * factor, outChannels]);
  }
}
