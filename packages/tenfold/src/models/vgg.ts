/**
 * VGG (Simonyan and Zisserman 2015, Very Deep Convolutional Networks for Large-Scale Image Recognition, table 1): nothing
 * but 3x3 convolutions, stacked in place of larger ones, and max pooling. Most of the parameters are in the first linear
 * layer, most of the multiply-accumulates (for one image of 224x224) in the convolutions:
 *
 *   vgg11 132,863,336 and  7,609,090,048      vgg16 138,357,544 and 15,470,264,320
 *   vgg13 133,047,848 and 11,308,466,176      vgg19 143,667,240 and 19,632,062,464
 *
 * `_bn` has batch normalisation after each convolution, which the paper of 2015 could not know yet.
 */

import { AdaptiveAvgPool2d } from '../nn/adaptive-avg-pool2d.js';
import { BatchNorm2d } from '../nn/batch-norm2d.js';
import { Conv2d } from '../nn/conv2d.js';
import { Dropout } from '../nn/dropout.js';
import { Linear } from '../nn/linear.js';
import { MaxPool2d } from '../nn/max-pool2d.js';
import { Module } from '../nn/module.js';
import { ReLU } from '../nn/relu.js';
import { Sequential } from '../nn/sequential.js';
import { flatten } from '../ops/flatten.js';
import type { Tensor } from '../tensor/tensor.js';
import { imagenet, mnist } from './_preprocessing.js';
import { type CommonOptions, publish } from './_publish.js';
import { scaled } from './_scaled.js';

/** The columns of table 1: output channels of each convolution, and where the image is halved. */
const columns = {
  A: [64, 'M', 128, 'M', 256, 256, 'M', 512, 512, 'M', 512, 512, 'M'],
  B: [64, 64, 'M', 128, 128, 'M', 256, 256, 'M', 512, 512, 'M', 512, 512, 'M'],
  D: [64, 64, 'M', 128, 128, 'M', 256, 256, 256, 'M', 512, 512, 512, 'M', 512, 512, 512, 'M'],
  E: [64, 64, 'M', 128, 128, 'M', 256, 256, 256, 256, 'M', 512, 512, 512, 512, 'M', 512, 512, 512, 512, 'M'],
} as const;

type Column = readonly (number | 'M')[];

interface Plan {
  readonly column: Column;
  readonly batchNorm: boolean;
  /** Features of the two hidden linear layers. */
  readonly hidden: number;
  /** The side of the image that the first of them reads. */
  readonly side: number;
}

export class VGG extends Module {
  readonly features: Sequential;
  readonly avgpool: AdaptiveAvgPool2d;
  readonly classifier: Sequential;

  constructor(
    { column, batchNorm, hidden, side }: Plan,
    { numClasses, inChannels, width, dropout }: Required<VGGOptions>,
  ) {
    super();
    let channels = inChannels;
    const features = column.flatMap((step): Module[] => {
      if (step === 'M') return [new MaxPool2d(2)];
      const conv = new Conv2d(channels, (channels = scaled(step, width)), 3, { padding: 1 });
      return batchNorm ? [conv, new BatchNorm2d(channels), new ReLU()] : [conv, new ReLU()];
    });
    this.features = new Sequential(...features);
    this.avgpool = new AdaptiveAvgPool2d(side);
    const neurons = scaled(hidden, width);
    this.classifier = new Sequential(
      new Linear(channels * side * side, neurons),
      new ReLU(),
      new Dropout(dropout),
      new Linear(neurons, neurons),
      new ReLU(),
      new Dropout(dropout),
      new Linear(neurons, numClasses),
    );
  }

  /** Logits [N, classes] from images [N, H, W, inChannels] of at least 32x32 pixels (`vgg_tiny`: 8x8). */
  forward(x: Tensor): Tensor {
    return this.classifier.forward(flatten(this.avgpool.forward(this.features.forward(x))));
  }
}

export interface VGGOptions extends CommonOptions {
  /** Multiplies the channels of every layer. @default 1 */
  readonly width?: number;
  /** The probability of dropping a feature after each hidden linear layer. @default 0.5 */
  readonly dropout?: number;
}

function vgg(name: string, column: Column, weights: string) {
  return publish<VGGOptions, VGG>({
    name,
    paper: 'Simonyan and Zisserman 2015, Very Deep Convolutional Networks for Large-Scale Image Recognition',
    input: { height: 224, width: 224, channels: 3 },
    preprocessing: imagenet,
    weights: `torchvision ${weights}_Weights.IMAGENET1K_V1`,
    defaults: { numClasses: 1000, inChannels: 3, width: 1, dropout: 0.5 },
    build: (options) => new VGG({ column, batchNorm: name.endsWith('_bn'), hidden: 4096, side: 7 }, options),
  });
}

export const vgg11 = vgg('vgg11', columns.A, 'VGG11');
export const vgg11_bn = vgg('vgg11_bn', columns.A, 'VGG11_BN');
export const vgg13 = vgg('vgg13', columns.B, 'VGG13');
export const vgg13_bn = vgg('vgg13_bn', columns.B, 'VGG13_BN');
export const vgg16 = vgg('vgg16', columns.D, 'VGG16');
export const vgg16_bn = vgg('vgg16_bn', columns.D, 'VGG16_BN');
export const vgg19 = vgg('vgg19', columns.E, 'VGG19');
export const vgg19_bn = vgg('vgg19_bn', columns.E, 'VGG19_BN');

/**
 * For images of 28x28 or 32x32: configuration A with batch normalisation, a quarter of its width and without its last
 * stage. 365,994 parameters and 5,799,424 multiply-accumulates for one image of 28x28x1.
 */
export const vgg_tiny = publish<VGGOptions, VGG>({
  name: 'vgg_tiny',
  paper:
    'after Simonyan and Zisserman 2015, Very Deep Convolutional Networks for Large-Scale Image Recognition',
  input: { height: 28, width: 28, channels: 1 },
  preprocessing: mnist,
  defaults: { numClasses: 10, inChannels: 1, width: 1, dropout: 0.5 },
  build: (options) =>
    new VGG(
      {
        column: [16, 'M', 32, 'M', 64, 64, 'M', 128, 128],
        batchNorm: true,
        hidden: 128,
        side: 2,
      },
      options,
    ),
});
