/**
 * SqueezeNet 1.1 (Iandola et al. 2016, SqueezeNet: AlexNet-level accuracy with 50x fewer parameters; version 1.1 is from
 * the authors' repository and takes 2.4 times less computation). Fire modules squeeze the channels by a 1x1 convolution
 * and expand them again by 1x1 and 3x3 convolutions side by side. 1,235,496 parameters and 349,151,936
 * multiply-accumulates for one image of 224x224.
 */

import { Conv2d } from '../nn/conv2d.js';
import { Dropout } from '../nn/dropout.js';
import { GlobalAvgPool } from '../nn/global-avg-pool.js';
import { MaxPool2d } from '../nn/max-pool2d.js';
import { Module } from '../nn/module.js';
import { ReLU } from '../nn/relu.js';
import { Sequential } from '../nn/sequential.js';
import { concat } from '../ops/concat.js';
import { flatten } from '../ops/flatten.js';
import { relu } from '../ops/relu.js';
import type { Tensor } from '../tensor/tensor.js';
import { imagenet } from './_preprocessing.js';
import { type CommonOptions, publish } from './_publish.js';

/** [N, H, W, inChannels] to [N, H, W, 2 * expand]: section 3.2 and figure 1 of the paper. */
export class Fire extends Module {
  readonly squeeze: Conv2d;
  readonly expand1x1: Conv2d;
  readonly expand3x3: Conv2d;

  constructor(inChannels: number, squeeze: number, expand: number) {
    super();
    this.squeeze = new Conv2d(inChannels, squeeze, 1);
    this.expand1x1 = new Conv2d(squeeze, expand, 1);
    this.expand3x3 = new Conv2d(squeeze, expand, 3, { padding: 1 });
  }

  forward(x: Tensor): Tensor {
    const y = relu(this.squeeze.forward(x));
    return concat([relu(this.expand1x1.forward(y)), relu(this.expand3x3.forward(y))]);
  }
}

export class SqueezeNet extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor(inChannels: number, numClasses: number, dropout: number) {
    super();
    const pool = () => new MaxPool2d(3, { stride: 2, ceilMode: true });
    this.features = new Sequential(
      new Conv2d(inChannels, 64, 3, { stride: 2 }),
      new ReLU(),
      pool(),
      new Fire(64, 16, 64),
      new Fire(128, 16, 64),
      pool(),
      new Fire(128, 32, 128),
      new Fire(256, 32, 128),
      pool(),
      new Fire(256, 48, 192),
      new Fire(384, 48, 192),
      new Fire(384, 64, 256),
      new Fire(512, 64, 256),
    );
    this.classifier = new Sequential(
      new Dropout(dropout),
      new Conv2d(512, numClasses, 1),
      new ReLU(),
      new GlobalAvgPool(),
    );
  }

  /** Logits [N, classes] from images [N, H, W, inChannels] of at least 17x17 pixels. */
  forward(x: Tensor): Tensor {
    return flatten(this.classifier.forward(this.features.forward(x)));
  }
}

export interface SqueezeNetOptions extends CommonOptions {
  /** The probability of dropping a feature before the classifier. @default 0.5 */
  readonly dropout?: number;
}

/** @throws OptionError for an impossible seed, dropout or number of classes or channels. */
export const squeezenet1_1 = publish<SqueezeNetOptions, SqueezeNet>({
  name: 'squeezenet1_1',
  paper: 'Iandola et al. 2016, SqueezeNet: AlexNet-level accuracy with 50x fewer parameters',
  input: { height: 224, width: 224, channels: 3 },
  preprocessing: imagenet,
  weights: 'torchvision SqueezeNet1_1_Weights.IMAGENET1K_V1',
  defaults: { numClasses: 1000, inChannels: 3, dropout: 0.5 },
  build: ({ numClasses, inChannels, dropout }) => new SqueezeNet(inChannels, numClasses, dropout),
});
