/**
 * Atrous spatial pyramid pooling (Chen et al. 2017, "Rethinking atrous convolution for semantic image segmentation",
 * section 3.3 and figure 5): a 1x1, dilated 3x3 of several rates and the mean of the whole image side by side, then a 1x1
 * over all of them, so that a pixel is judged at several scales at once.
 *
 *   x [N, H, W, C] to [N, H, W, O], R rates (the paper's at output stride 16: 6, 12, 18)
 *   weights O (C + 9 C R + C) + (R + 2) O^2, and 2 O for each of the R + 3 normalisations
 *   multiply-accumulates H W (O C + 9 O C R + (R + 2) O^2) + O C
 *
 * Names are torchvision's, and so is the dropout at the end (p = 0.5), which the paper does not mention. The mean's
 * normalisation sees one pixel for each image, so training needs at least two images in a batch.
 */

import { Conv2d } from '../nn/conv2d.js';
import { Dropout } from '../nn/dropout.js';
import { GlobalAvgPool } from '../nn/global-avg-pool.js';
import { Module } from '../nn/module.js';
import { Sequential } from '../nn/sequential.js';
import type { Pair } from '../ops/_window.js';
import { concat } from '../ops/concat.js';
import { interpolate } from '../ops/interpolate.js';
import { relu } from '../ops/relu.js';
import type { Tensor } from '../tensor/tensor.js';
import { Activate, type MakeLayer, plainBatchNorm } from './_parts.js';

export interface ASPPOptions {
  /** @default 256 */
  readonly outChannels?: number;
  /** The probability of dropping an element of the result in training. @default 0.5 */
  readonly dropRate?: number;
  /** @default batch normalisation */
  readonly norm?: MakeLayer;
}

/** Parameters: convs.0 (1x1), convs.1 ... (a rate each), the last of convs (the mean), project. */
export class ASPP extends Module {
  readonly convs: readonly Sequential[];
  readonly project: Sequential;

  /**
   * @param rates One for each dilated branch, a number or [vertical, horizontal].
   * @throws OptionError for impossible channels, rates or drop rate.
   */
  constructor(
    inChannels: number,
    rates: readonly Pair[],
    { outChannels = 256, dropRate = 0.5, norm = plainBatchNorm }: ASPPOptions = {},
  ) {
    super();
    const tail = () => [norm(outChannels), new Activate(relu)];
    const conv1x1 = (channels: number) => new Conv2d(channels, outChannels, 1, { bias: false });
    const dilated = (rate: Pair) =>
      new Conv2d(inChannels, outChannels, 3, { padding: rate, dilation: rate, bias: false });
    this.convs = [
      new Sequential(conv1x1(inChannels), ...tail()),
      ...rates.map((rate) => new Sequential(dilated(rate), ...tail())),
      new Sequential(new GlobalAvgPool(), conv1x1(inChannels), ...tail()),
    ];
    this.project = new Sequential(conv1x1(this.convs.length * outChannels), ...tail(), new Dropout(dropRate));
  }

  forward(x: Tensor): Tensor {
    const [, height, width] = x.shape as [number, number, number, number];
    const views = this.convs.map((branch) => branch.forward(x));
    const mean = interpolate(views.pop()!, { size: [height, width], mode: 'bilinear' });
    return this.project.forward(concat([...views, mean]));
  }
}
