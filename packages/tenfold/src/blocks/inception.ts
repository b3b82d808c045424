/**
 * Inception module, version 1 (Szegedy et al. 2015, "Going deeper with convolutions", section 4, figure 2b, table 1):
 * 1x1, 3x3, 5x5 and pooling side by side, concatenated over channels, so that the next layer sees features of several
 * sizes. A 1x1 reduces the channels before the 3x3 and the 5x5, or the module would be unaffordable.
 *
 *   x [N, H, W, C] to [N, H, W, c1 + c3 + c5 + p]
 *   multiply-accumulates H W (C c1 + C c3Reduce + 9 c3Reduce c3 + C c5Reduce + 25 c5Reduce c5 + C p)
 *   parameters: the same without H W, plus biases or normalisations
 *
 * `InceptionPaper` is the paper's. `Inception` is torchvision's GoogLeNet: every convolution is followed by batch
 * normalisation, and a 3x3 stands where the paper has the 5x5 (pytorch/vision#906); `kernelSize5: 5` mends that.
 */

import { inOneGo } from '../nn/_in-one-go.js';
import { Conv2d } from '../nn/conv2d.js';
import { MaxPool2d } from '../nn/max-pool2d.js';
import { Module } from '../nn/module.js';
import { Sequential } from '../nn/sequential.js';
import { concat } from '../ops/concat.js';
import { maxPool2d } from '../ops/max-pool2d.js';
import { relu } from '../ops/relu.js';
import type { Tensor } from '../tensor/tensor.js';
import { BasicConv2d } from './conv-norm-activation.js';

/** A row of the paper's table 1: output channels of each convolution. */
export interface InceptionWidths {
  /** Of the 1x1 branch. */
  readonly c1: number;
  readonly c3Reduce: number;
  readonly c3: number;
  readonly c5Reduce: number;
  readonly c5: number;
  /** Of the 1x1 behind the pooling. */
  readonly poolProjection: number;
}

/** Convolutions with bias, each followed by ReLU: b1; b2_reduce, b2; b3_reduce, b3; b4. */
export class InceptionPaper extends Module {
  readonly b1: Conv2d;
  readonly b2Reduce: Conv2d;
  readonly b2: Conv2d;
  readonly b3Reduce: Conv2d;
  readonly b3: Conv2d;
  readonly b4: Conv2d;

  /** @throws OptionError for an impossible number of channels. */
  constructor(inChannels: number, { c1, c3Reduce, c3, c5Reduce, c5, poolProjection }: InceptionWidths) {
    super();
    this.b1 = new Conv2d(inChannels, c1, 1);
    this.b2Reduce = new Conv2d(inChannels, c3Reduce, 1);
    this.b2 = new Conv2d(c3Reduce, c3, 3, { padding: 1 });
    this.b3Reduce = new Conv2d(inChannels, c5Reduce, 1);
    this.b3 = new Conv2d(c5Reduce, c5, 5, { padding: 2 });
    this.b4 = new Conv2d(inChannels, poolProjection, 1);
  }

  forward(x: Tensor): Tensor {
    return concat([
      rectified(this.b1, x),
      rectified(this.b2, rectified(this.b2Reduce, x)),
      rectified(this.b3, rectified(this.b3Reduce, x)),
      rectified(this.b4, maxPool2d(x, { kernelSize: 3, stride: 1, padding: 1 })),
    ]);
  }
}

const rectified = (conv: Conv2d, x: Tensor) => inOneGo(conv, x, { activation: relu });

/** torchvision's: branch1; branch2.0, branch2.1; branch3.0, branch3.1; branch4.1, each with conv and bn. */
export class Inception extends Module {
  readonly branch1: BasicConv2d;
  readonly branch2: Sequential;
  readonly branch3: Sequential;
  readonly branch4: Sequential;

  /**
   * @param options.kernelSize5 What stands for the paper's 5x5. @default 3
   * @throws OptionError for an impossible number of channels.
   */
  constructor(
    inChannels: number,
    { c1, c3Reduce, c3, c5Reduce, c5, poolProjection }: InceptionWidths,
    { kernelSize5 = 3 }: { readonly kernelSize5?: 3 | 5 } = {},
  ) {
    super();
    this.branch1 = new BasicConv2d(inChannels, c1, 1);
    this.branch2 = new Sequential(
      new BasicConv2d(inChannels, c3Reduce, 1),
      new BasicConv2d(c3Reduce, c3, 3, { padding: 1 }),
    );
    this.branch3 = new Sequential(
      new BasicConv2d(inChannels, c5Reduce, 1),
      new BasicConv2d(c5Reduce, c5, kernelSize5, { padding: (kernelSize5 - 1) / 2 }),
    );
    this.branch4 = new Sequential(
      new MaxPool2d(3, { stride: 1, padding: 1, ceilMode: true }),
      new BasicConv2d(inChannels, poolProjection, 1),
    );
  }

  forward(x: Tensor): Tensor {
    return concat(
      [this.branch1, this.branch2, this.branch3, this.branch4].map((branch) => branch.forward(x)),
    );
  }
}
