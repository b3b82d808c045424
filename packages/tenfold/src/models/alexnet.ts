/**
 * AlexNet, as torchvision has it: one column of convolutions with the widths of Krizhevsky 2014, "One weird trick for
 * parallelizing convolutional neural networks". 61,100,840 parameters and 714,188,480 multiply-accumulates for one image
 * of 224x224. With `original`, the network of Krizhevsky, Sutskever and Hinton 2012, whose second, fourth and fifth
 * convolutions work in two groups, one for each of their two GPUs: 60,965,224 parameters and 724,406,816
 * multiply-accumulates. Neither has the paper's local response normalisation, which later networks found to be of no use.
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
import { imagenet } from './_preprocessing.js';
import { type CommonOptions, publish } from './_publish.js';

/** The channels of the five convolutions, and the groups of the second, fourth and fifth. */
const columns = {
  torchvision: { channels: [64, 192, 384, 256, 256], groups: 1 },
  original: { channels: [96, 256, 384, 384, 256], groups: 2 },
} as const;

export class AlexNet extends Module {
  readonly features: Sequential;
  readonly avgpool: AdaptiveAvgPool2d;
  readonly classifier: Sequential;

  constructor({ numClasses, inChannels, dropout, original }: Required<AlexNetOptions>) {
    super();
    const { channels, groups } = columns[original ? 'original' : 'torchvision'];
    const [first, second, third, fourth, fifth] = channels;
    const pool = () => new MaxPool2d(3, { stride: 2 });
    this.features = new Sequential(
      new Conv2d(inChannels, first, 11, { stride: 4, padding: 2 }),
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
    this.avgpool = new AdaptiveAvgPool2d(6);
    this.classifier = new Sequential(
      new Dropout(dropout),
      new Linear(fifth * 6 * 6, 4096),
      new ReLU(),
      new Dropout(dropout),
      new Linear(4096, 4096),
      new ReLU(),
      new Linear(4096, numClasses),
    );
  }

  /** Logits [N, classes] from images [N, H, W, inChannels] of at least 63x63 pixels. */
  forward(x: Tensor): Tensor {
    return this.classifier.forward(flatten(this.avgpool.forward(this.features.forward(x))));
  }
}

export interface AlexNetOptions extends CommonOptions {
  /** The probability of dropping a feature before each of the first two linear layers. @default 0.5 */
  readonly dropout?: number;
  /** The widths and the two groups of 2012. @default false */
  readonly original?: boolean;
}

/** @throws OptionError for an impossible seed, dropout or number of classes or channels. */
export const alexnet = publish<AlexNetOptions, AlexNet>({
  name: 'alexnet',
  paper:
    'Krizhevsky, Sutskever and Hinton 2012, ImageNet Classification with Deep Convolutional Neural Networks',
  input: { height: 224, width: 224, channels: 3 },
  preprocessing: imagenet,
  weights: 'torchvision AlexNet_Weights.IMAGENET1K_V1',
  defaults: { numClasses: 1000, inChannels: 3, dropout: 0.5, original: false },
  build: (options) => new AlexNet(options),
});
