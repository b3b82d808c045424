/**
 * SqueezeNet 1.1 (Iandola et al. 2016, SqueezeNet: AlexNet-level accuracy with 50x fewer parameters; version 1.1 is from
 * the authors' repository and takes 2.4 times less computation). Fire modules squeeze the channels by a 1x1 convolution
 * and expand them again by 1x1 and 3x3 convolutions side by side. 1,235,496 parameters and 349,151,936
 * multiply-accumulates for one image of 224x224.
 *
 * `squeezenet_tiny` is for images of 28x28 or 32x32: its first four fire modules at half the width and
 * with batch normalisation, behind a convolution that keeps the size of the image.
 */

import { follow, inOneGo } from '../nn/_in-one-go.js';
import { BatchNorm2d } from '../nn/batch-norm2d.js';
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
import { imagenet, mnist } from './_preprocessing.js';
import { type CommonOptions, publish } from './_publish.js';
import { scaled } from './_scaled.js';

/** [N, H, W, inChannels] to [N, H, W, 2 * expand]: section 3.2 and figure 1 of the paper. */
export class Fire extends Module {
  readonly squeeze: Conv2d;
  readonly expand1x1: Conv2d;
  readonly expand3x3: Conv2d;
  /** Of the result, before its ReLU. */
  readonly bn: BatchNorm2d | undefined;

  constructor(inChannels: number, squeeze: number, expand: number, batchNorm = false) {
    super();
    this.squeeze = new Conv2d(inChannels, squeeze, 1);
    this.expand1x1 = new Conv2d(squeeze, expand, 1);
    this.expand3x3 = new Conv2d(squeeze, expand, 3, { padding: 1 });
    this.bn = batchNorm ? new BatchNorm2d(2 * expand) : undefined;
  }

  forward(x: Tensor): Tensor {
    const squeezed = inOneGo(this.squeeze, x, { activation: relu });
    const y = concat([this.expand1x1.forward(squeezed), this.expand3x3.forward(squeezed)]);
    return follow(y, { norm: this.bn, activation: relu });
  }
}

interface Plan {
  /** The first convolution. */
  readonly first: { readonly channels: number; readonly stride: number; readonly padding: number };
  /** Squeezed and expanded channels of a fire module, or where the image is halved. */
  readonly steps: readonly (readonly [squeeze: number, expand: number] | 'M')[];
  /** In each fire module. @default false */
  readonly batchNorm?: boolean;
}

export class SqueezeNet extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor(
    { first, steps, batchNorm = false }: Plan,
    { numClasses, inChannels, width, dropout }: Required<SqueezeNetOptions>,
  ) {
    super();
    let channels = scaled(first.channels, width);
    const { stride, padding } = first;
    this.features = new Sequential(
      new Conv2d(inChannels, channels, 3, { stride, padding }),
      new ReLU(),
      ...steps.map((step) => {
        if (step === 'M') return new MaxPool2d(3, { stride: 2, ceilMode: true });
        const [squeeze, expand] = [scaled(step[0], width), scaled(step[1], width)];
        const fire = new Fire(channels, squeeze, expand, batchNorm);
        channels = 2 * expand;
        return fire;
      }),
    );
    this.classifier = new Sequential(
      new Dropout(dropout),
      new Conv2d(channels, numClasses, 1),
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
  /** Multiplies the channels of every layer. @default 1 */
  readonly width?: number;
  /** The probability of dropping a feature before the classifier. @default 0.5 */
  readonly dropout?: number;
}

/** @throws OptionError for an impossible seed, width, dropout or number of classes or channels. */
export const squeezenet1_1 = publish<SqueezeNetOptions, SqueezeNet>({
  name: 'squeezenet1_1',
  paper: 'Iandola et al. 2016, SqueezeNet: AlexNet-level accuracy with 50x fewer parameters',
  input: { height: 224, width: 224, channels: 3 },
  preprocessing: imagenet,
  weights: 'torchvision SqueezeNet1_1_Weights.IMAGENET1K_V1',
  defaults: { numClasses: 1000, inChannels: 3, width: 1, dropout: 0.5 },
  build: (options) =>
    new SqueezeNet(
      {
        first: { channels: 64, stride: 2, padding: 0 },
        steps: [
          'M',
          [16, 64],
          [16, 64],
          'M',
          [32, 128],
          [32, 128],
          'M',
          [48, 192],
          [48, 192],
          [64, 256],
          [64, 256],
        ],
      },
      options,
    ),
});

export const squeezenet_tiny = publish<SqueezeNetOptions, SqueezeNet>({
  name: 'squeezenet_tiny',
  paper: 'after Iandola et al. 2016, SqueezeNet: AlexNet-level accuracy with 50x fewer parameters',
  input: { height: 28, width: 28, channels: 1 },
  preprocessing: mnist,
  defaults: { numClasses: 10, inChannels: 1, width: 1, dropout: 0.2 },
  build: (options) =>
    new SqueezeNet(
      {
        first: { channels: 32, stride: 1, padding: 1 },
        steps: ['M', [8, 32], [8, 32], 'M', [16, 64], [16, 64]],
        batchNorm: true,
      },
      options,
    ),
});
