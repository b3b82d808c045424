/**
 * MobileNet v1 (Howard et al. 2017, MobileNets, table 1): depthwise separable convolutions and nothing else behind the
 * stem. Names and ReLU6 are those of timm's mobilenetv1_100; the paper says ReLU. 4,231,976 parameters and 568,740,352
 * multiply-accumulates for one image of 224x224, the paper's 4.2 and 569 million.
 *
 * `mobilenet_v1_tiny` is for images of 28x28 or 32x32.
 */

import { DepthwiseSeparable } from '../blocks/depthwise-separable.js';
import { inOneGo } from '../nn/_in-one-go.js';
import { BatchNorm2d } from '../nn/batch-norm2d.js';
import { Conv2d } from '../nn/conv2d.js';
import { Dropout } from '../nn/dropout.js';
import { Linear } from '../nn/linear.js';
import { Module } from '../nn/module.js';
import { Sequential } from '../nn/sequential.js';
import { flatten } from '../ops/flatten.js';
import { globalAvgPool } from '../ops/global-avg-pool.js';
import { relu6 } from '../ops/relu6.js';
import type { Tensor } from '../tensor/tensor.js';
import type { CompactOptions, DropoutOptions } from './_compact-options.js';
import { imagenet, inception, mnist } from './_preprocessing.js';
import { publish } from './_publish.js';
import { scaled } from './_scaled.js';

interface Plan {
  /** Channels of the first convolution. */
  readonly stem: number;
  /** Blocks, stride of the first of them, channels. */
  readonly stages: readonly (readonly [blocks: number, stride: number, channels: number])[];
}

export interface MobileNetV1Options extends CompactOptions, DropoutOptions {}

export class MobileNetV1 extends Module {
  readonly convStem: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly blocks: Sequential;
  readonly dropout: Dropout;
  readonly classifier: Linear;

  constructor(
    { stem, stages }: Plan,
    { numClasses, inChannels, width, dropout, smallImages }: Required<MobileNetV1Options>,
  ) {
    super();
    let channels = scaled(stem, width, 8);
    this.convStem = new Conv2d(inChannels, channels, 3, {
      stride: smallImages ? 1 : 2,
      padding: 1,
      bias: false,
    });
    this.bn1 = new BatchNorm2d(channels);
    this.blocks = new Sequential(
      ...stages.map(([blocks, stride, out]) => {
        const made = Array.from({ length: blocks }, (_, place) => {
          const options = { stride: place === 0 ? stride : 1, activation: relu6 };
          return new DepthwiseSeparable(channels, (channels = scaled(out, width, 8)), options);
        });
        return new Sequential(...made);
      }),
    );
    this.dropout = new Dropout(dropout);
    this.classifier = new Linear(channels, numClasses);
  }

  /** Logits [N, classes] from images [N, H, W, inChannels] of any size. */
  forward(x: Tensor): Tensor {
    const y = this.blocks.forward(inOneGo(this.convStem, x, { norm: this.bn1, activation: relu6 }));
    return this.classifier.forward(this.dropout.forward(flatten(globalAvgPool(y))));
  }
}

const paper =
  'Howard et al. 2017, MobileNets: Efficient Convolutional Neural Networks for Mobile Vision Applications';

/** @throws OptionError for an impossible seed, width, dropout or number of classes or channels. */
export const mobilenetv1_100 = publish<MobileNetV1Options, MobileNetV1>({
  name: 'mobilenetv1_100',
  paper,
  input: { height: 224, width: 224, channels: 3 },
  preprocessing: { ...imagenet, ...inception },
  weights: 'timm mobilenetv1_100.ra4_e3600_r224_in1k',
  defaults: { numClasses: 1000, inChannels: 3, width: 1, dropout: 0, smallImages: false },
  build: (options) =>
    new MobileNetV1(
      {
        stem: 32,
        stages: [
          [1, 1, 64],
          [2, 2, 128],
          [2, 2, 256],
          [6, 2, 512],
          [2, 2, 1024],
        ],
      },
      options,
    ),
});

/** 141,706 parameters and 4,920,384 multiply-accumulates for one image of 28x28x1. */
export const mobilenet_v1_tiny = publish<MobileNetV1Options, MobileNetV1>({
  name: 'mobilenet_v1_tiny',
  paper: `after ${paper}`,
  input: { height: 28, width: 28, channels: 1 },
  preprocessing: mnist,
  defaults: { numClasses: 10, inChannels: 1, width: 1, dropout: 0, smallImages: true },
  build: (options) =>
    new MobileNetV1(
      {
        stem: 16,
        stages: [
          [1, 1, 32],
          [2, 2, 64],
          [2, 2, 128],
          [2, 2, 256],
        ],
      },
      options,
    ),
});
