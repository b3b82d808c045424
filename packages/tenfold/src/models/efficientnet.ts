/**
 * EfficientNet-B0 (Tan and Le 2019, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, table 1), as
 * torchvision has it: inverted residuals with squeeze-and-excitation, SiLU and stochastic depth. 5,288,548 parameters and
 * 385,814,752 multiply-accumulates for one image of 224x224, the paper's 5.3 million and 0.39 thousand million.
 *
 * `efficientnet_tiny` is for images of 28x28 or 32x32.
 */

import { plainBatchNorm } from '../blocks/_parts.js';
import { Conv2dNormActivation } from '../blocks/conv-norm-activation.js';
import { InvertedResidualV3 } from '../blocks/inverted-residual.js';
import { SqueezeExcitation } from '../blocks/squeeze-and-excitation.js';
import { Dropout } from '../nn/dropout.js';
import { Linear } from '../nn/linear.js';
import { Module } from '../nn/module.js';
import { Sequential } from '../nn/sequential.js';
import { flatten } from '../ops/flatten.js';
import { globalAvgPool } from '../ops/global-avg-pool.js';
import { silu } from '../ops/silu.js';
import type { Tensor } from '../tensor/tensor.js';
import type { CompactOptions, DropoutOptions } from './_compact-options.js';
import { imagenet, mnist } from './_preprocessing.js';
import { publish } from './_publish.js';
import { scaled } from './_scaled.js';

interface Plan {
  /** Channels of the first convolution. */
  readonly stem: number;
  /** Expansion ("MBConv6"), kernel, stride of the first block, channels, blocks. */
  readonly stages: readonly (readonly [
    expansion: number,
    kernelSize: number,
    stride: number,
    channels: number,
    blocks: number,
  ])[];
}

export interface EfficientNetOptions extends CompactOptions, DropoutOptions {
  /** The probability of dropping a block in training; it grows to nearly this from 0 at the first block. */
  readonly stochasticDepth?: number;
}

export class EfficientNet extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor(
    { stem, stages }: Plan,
    { numClasses, inChannels, width, dropout, smallImages, stochasticDepth }: Required<EfficientNetOptions>,
  ) {
    super();
    let channels = scaled(stem, width, 8);
    const first = new Conv2dNormActivation(inChannels, channels, {
      stride: smallImages ? 1 : 2,
      activation: silu,
    });
    const total = stages.reduce((sum, [, , , , blocks]) => sum + blocks, 0);
    let index = 0;
    const body = stages.map(([expansion, kernelSize, stride, out, blocks]) => {
      const made = Array.from({ length: blocks }, (_, place) => {
        const expandedChannels = channels * expansion;
        const squeezed = Math.max(1, Math.floor(channels / 4));
        return new InvertedResidualV3(channels, (channels = scaled(out, width, 8)), {
          expandedChannels,
          kernelSize,
          stride: place === 0 ? stride : 1,
          activation: silu,
          squeezeExcitation: (expanded) => new SqueezeExcitation(expanded, squeezed, { activation: silu }),
          norm: plainBatchNorm,
          stochasticDepth: (stochasticDepth * index++) / total,
        });
      });
      return new Sequential(...made);
    });
    const features = 4 * channels;
    this.features = new Sequential(
      first,
      ...body,
      new Conv2dNormActivation(channels, features, { kernelSize: 1, activation: silu }),
    );
    this.classifier = new Sequential(new Dropout(dropout), new Linear(features, numClasses));
  }

  /** Logits [N, classes] from images [N, H, W, inChannels] of any size. */
  forward(x: Tensor): Tensor {
    return this.classifier.forward(flatten(globalAvgPool(this.features.forward(x))));
  }
}

const paper = 'Tan and Le 2019, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks';

/** @throws OptionError for an impossible seed, width, probability or number of classes or channels. */
export const efficientnet_b0 = publish<EfficientNetOptions, EfficientNet>({
  name: 'efficientnet_b0',
  paper,
  input: { height: 224, width: 224, channels: 3 },
  preprocessing: imagenet,
  weights: 'torchvision EfficientNet_B0_Weights.IMAGENET1K_V1',
  defaults: {
    numClasses: 1000,
    inChannels: 3,
    width: 1,
    dropout: 0.2,
    smallImages: false,
    stochasticDepth: 0.2,
  },
  build: (options) =>
    new EfficientNet(
      {
        stem: 32,
        stages: [
          [1, 3, 1, 16, 1],
          [6, 3, 2, 24, 2],
          [6, 5, 2, 40, 2],
          [6, 3, 2, 80, 3],
          [6, 5, 1, 112, 3],
          [6, 5, 2, 192, 4],
          [6, 3, 1, 320, 1],
        ],
      },
      options,
    ),
});

/** 148,184 parameters and 4,692,384 multiply-accumulates for one image of 28x28x1. */
export const efficientnet_tiny = publish<EfficientNetOptions, EfficientNet>({
  name: 'efficientnet_tiny',
  paper: `after ${paper}`,
  input: { height: 28, width: 28, channels: 1 },
  preprocessing: mnist,
  defaults: {
    numClasses: 10,
    inChannels: 1,
    width: 1,
    dropout: 0,
    smallImages: true,
    stochasticDepth: 0,
  },
  build: (options) =>
    new EfficientNet(
      {
        stem: 16,
        stages: [
          [1, 3, 1, 8, 1],
          [6, 3, 2, 16, 2],
          [6, 5, 2, 32, 2],
          [6, 3, 2, 64, 2],
        ],
      },
      options,
    ),
});
