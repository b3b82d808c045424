/**
 * AlexNet, as torchvision has it: one column of convolutions with the widths of Krizhevsky 2014, "One weird trick for
 * parallelizing convolutional neural networks". 61,100,840 parameters and 714,188,480 multiply-accumulates for one image
 * of 224x224. With `original`, the network of Krizhevsky, Sutskever and Hinton 2012, whose second, fourth and fifth
 * convolutions work in two groups, one for each of their two GPUs: 60,965,224 parameters and 724,406,816
 * multiply-accumulates. Neither has the paper's local response normalisation, which later networks found to be of no use.
 *
 * `alexnet_tiny` is for images of 28x28 or 32x32: a quarter as wide, with a 5x5 in front and smaller linear layers.
 */

import { AdaptiveAvgPool2d } from '../nn/adaptive-avg-pool2d.js';
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

interface Plan {
  /** The first convolution. */
  readonly first: { readonly kernelSize: number; readonly stride: number };
  /** Of the five convolutions. */
  readonly channels: readonly [number, number, number, number, number];
  /** Of the second, fourth and fifth convolution. */
  readonly groups: number;
  /** Side of what the first linear layer reads, and the neurons of the first two. */
  readonly side: number;
  readonly hidden: number;
}

const large = { first: { kernelSize: 11, stride: 4 }, side: 6, hidden: 4096 } as const;
const torchvision: Plan = { ...large, channels: [64, 192, 384, 256, 256], groups: 1 };
const twoColumns: Plan = { ...large, channels: [96, 256, 384, 384, 256], groups: 2 };
const tiny: Plan = {
  first: { kernelSize: 5, stride: 1 },
  channels: [16, 32, 64, 48, 48],
  groups: 1,
  side: 2,
  hidden: 128,
};

export class AlexNet extends Module {
  readonly features: Sequential;
  readonly avgpool: AdaptiveAvgPool2d;
  readonly classifier: Sequential;

  constructor(
    { first: { kernelSize, stride }, channels, groups, side, hidden }: Plan,
    { numClasses, inChannels, width, dropout }: Required<Omit<AlexNetOptions, 'original'>>,
  ) {
    super();
    const [first, second, third, fourth, fifth] = channels.map((count) => scaled(count, width, groups)) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const neurons = scaled(hidden, width);
    const pool = () => new MaxPool2d(3, { stride: 2 });
    this.features = new Sequential(
      new Conv2d(inChannels, first, kernelSize, { stride, padding: 2 }),
      new ReLU(),
      pool(),
      new Conv2d(first, second, 5, { padding: 2, groups }),
      new ReLU(),
      pool(),
      new Conv2d(second, third, 3, { padding: 1 }),
      new ReLU(),
      new Conv2d(third, fourth, 3, { padding: 1, groups }),
      new ReLU(),
      new Conv2d(fourth, fifth, 3, { padding: 1, groups }),
      new ReLU(),
      pool(),
    );
    this.avgpool = new AdaptiveAvgPool2d(side);
    this.classifier = new Sequential(
      new Dropout(dropout),
      new Linear(fifth * side * side, neurons),
      new ReLU(),
      new Dropout(dropout),
      new Linear(neurons, neurons),
      new ReLU(),
      new Linear(neurons, numClasses),
    );
  }

  /** Logits [N, classes] from images [N, H, W, inChannels] of at least 63x63 pixels (`alexnet_tiny`: 15x15). */
  forward(x: Tensor): Tensor {
    return this.classifier.forward(flatten(this.avgpool.forward(this.features.forward(x))));
  }
}

export interface AlexNetOptions extends CommonOptions {
  /** Multiplies the channels of every layer. @default 1 */
  readonly width?: number;
  /** The probability of dropping a feature before each of the first two linear layers. @default 0.5 */
  readonly dropout?: number;
  /** The widths and the two groups of 2012. @default false */
  readonly original?: boolean;
}

/** @throws OptionError for an impossible seed, width, dropout or number of classes or channels. */
export const alexnet = publish<AlexNetOptions, AlexNet>({
  name: 'alexnet',
  paper:
    'Krizhevsky, Sutskever and Hinton 2012, ImageNet Classification with Deep Convolutional Neural Networks',
  input: { height: 224, width: 224, channels: 3 },
  preprocessing: imagenet,
  weights: 'torchvision AlexNet_Weights.IMAGENET1K_V1',
  defaults: { numClasses: 1000, inChannels: 3, width: 1, dropout: 0.5, original: false },
  build: (options) => new AlexNet(options.original ? twoColumns : torchvision, options),
});

export const alexnet_tiny = publish<Omit<AlexNetOptions, 'original'>, AlexNet>({
  name: 'alexnet_tiny',
  paper:
    'after Krizhevsky, Sutskever and Hinton 2012, ImageNet Classification with Deep Convolutional Neural Networks',
  input: { height: 28, width: 28, channels: 1 },
  preprocessing: mnist,
  defaults: { numClasses: 10, inChannels: 1, width: 1, dropout: 0.2 },
  build: (options) => new AlexNet(tiny, options),
});
