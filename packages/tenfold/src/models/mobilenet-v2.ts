/**
 * MobileNet v2 (Sandler et al. 2018, MobileNetV2: Inverted Residuals and Linear Bottlenecks, table 2), as torchvision has
 * it. 3,504,872 parameters and 300,774,272 multiply-accumulates for one image of 224x224, the paper's 3.4 and 300 million.
 *
 * `mobilenet_v2_tiny` is for images of 28x28 or 32x32.
 */

import { Conv2dNormActivation } from '../blocks/conv-norm-activation.js';
import { InvertedResidual } from '../blocks/inverted-residual.js';
import { Dropout } from '../nn/dropout.js';
import { Linear } from '../nn/linear.js';
import { Module } from '../nn/module.js';
import { Sequential } from '../nn/sequential.js';
import { flatten } from '../ops/flatten.js';
import { globalAvgPool } from '../ops/global-avg-pool.js';
import { relu6 } from '../ops/relu6.js';
import type { Tensor } from '../tensor/tensor.js';
import type { CompactOptions, DropoutOptions } from './_compact-options.js';
import { imagenet, mnist } from './_preprocessing.js';
import { publish } from './_publish.js';
import { scaled } from './_scaled.js';

interface Plan {
  /** Channels of the first convolution. */
  readonly stem: number;
  /** The paper's t, c, n, s: expansion, channels, blocks, stride of the first of them. */
  readonly stages: readonly (readonly [t: number, c: number, n: number, s: number])[];
  /** Channels of the last convolution, which a width below 1 leaves as they are, as in the paper's section 4.4. */
  readonly last: number;
}

export interface MobileNetV2Options extends CompactOptions, DropoutOptions {}

export class MobileNetV2 extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor(
    { stem, stages, last }: Plan,
    { numClasses, inChannels, width, dropout, smallImages }: Required<MobileNetV2Options>,
  ) {
    super();
    let channels = scaled(stem, width, 8);
    const first = new Conv2dNormActivation(inChannels, channels, {
      stride: smallImages ? 1 : 2,
      activation: relu6,
    });
    const blocks = stages.flatMap(([expandRatio, c, n, s]) =>
      Array.from({ length: n }, (_, place) => {
        const options = { expandRatio, stride: place === 0 ? s : 1 };
        return new InvertedResidual(channels, (channels = scaled(c, width, 8)), options);
      }),
    );
    const features = scaled(last, Math.max(1, width), 8);
    this.features = new Sequential(
      first,
      ...blocks,
      new Conv2dNormActivation(channels, features, { kernelSize: 1, activation: relu6 }),
    );
    this.classifier = new Sequential(new Dropout(dropout), new Linear(features, numClasses));
  }

  /** Logits [N, classes] from images [N, H, W, inChannels] of any size. */
  forward(x: Tensor): Tensor {
    return this.classifier.forward(flatten(globalAvgPool(this.features.forward(x))));
  }
}

const paper = 'Sandler et al. 2018, MobileNetV2: Inverted Residuals and Linear Bottlenecks';

/** @throws OptionError for an impossible seed, width, dropout or number of classes or channels. */
export const mobilenet_v2 = publish<MobileNetV2Options, MobileNetV2>({
  name: 'mobilenet_v2',
  paper,
  input: { height: 224, width: 224, channels: 3 },
  preprocessing: imagenet,
  weights: 'torchvision MobileNet_V2_Weights.IMAGENET1K_V1',
  defaults: { numClasses: 1000, inChannels: 3, width: 1, dropout: 0.2, smallImages: false },
  build: (options) =>
    new MobileNetV2(
      {
        stem: 32,
        stages: [
          [1, 16, 1, 1],
          [6, 24, 2, 2],
          [6, 32, 3, 2],
          [6, 64, 4, 2],
          [6, 96, 3, 1],
          [6, 160, 3, 2],
          [6, 320, 1, 1],
        ],
        last: 1280,
      },
      options,
    ),
});

/** 137,066 parameters and 5,133,088 multiply-accumulates for one image of 28x28x1. */
export const mobilenet_v2_tiny = publish<MobileNetV2Options, MobileNetV2>({
  name: 'mobilenet_v2_tiny',
  paper: `after ${paper}`,
  input: { height: 28, width: 28, channels: 1 },
  preprocessing: mnist,
  defaults: { numClasses: 10, inChannels: 1, width: 1, dropout: 0, smallImages: true },
  build: (options) =>
    new MobileNetV2(
      {
        stem: 16,
        stages: [
          [1, 8, 1, 1],
          [6, 16, 2, 2],
          [6, 32, 3, 2],
          [6, 64, 2, 2],
        ],
        last: 256,
      },
      options,
    ),
});
