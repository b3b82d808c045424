/**
 * A small network for images of about 28x28 pixels, such as MNIST's digits: four convolutions, two of which halve the
 * image, a global average and a linear classifier. 4,673,280 multiply-accumulates for one image of 28x28x1.
 */

import { inOneGo } from '../nn/_in-one-go.js';
import { BatchNorm2d } from '../nn/batch-norm2d.js';
import { Conv2d } from '../nn/conv2d.js';
import { Dropout } from '../nn/dropout.js';
import { Linear } from '../nn/linear.js';
import { Module } from '../nn/module.js';
import { flatten } from '../ops/flatten.js';
import { globalAvgPool } from '../ops/global-avg-pool.js';
import { relu } from '../ops/relu.js';
import type { Tensor } from '../tensor/tensor.js';
import { mnist } from './_preprocessing.js';
import { type CommonOptions, publish } from './_publish.js';

export class MnistNet extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly conv3: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly conv4: Conv2d;
  readonly bn4: BatchNorm2d;
  readonly dropout: Dropout | undefined;
  readonly fc: Linear;

  constructor(inChannels: number, numClasses: number, dropout: number) {
    super();
    this.conv1 = new Conv2d(inChannels, 32, 5, { stride: 2, padding: 2, bias: false });
    this.bn1 = new BatchNorm2d(32);
    this.conv2 = new Conv2d(32, 32, 3, { padding: 1, bias: false });
    this.bn2 = new BatchNorm2d(32);
    this.conv3 = new Conv2d(32, 64, 3, { stride: 2, padding: 1, bias: false });
    this.bn3 = new BatchNorm2d(64);
    this.conv4 = new Conv2d(64, 64, 3, { padding: 1, bias: false });
    this.bn4 = new BatchNorm2d(64);
    this.dropout = dropout === 0 ? undefined : new Dropout(dropout);
    this.fc = new Linear(64, numClasses);
  }

  /** Logits [N, classes] from images [N, H, W, inChannels]. */
  forward(x: Tensor): Tensor {
    let y = inOneGo(this.conv1, x, { norm: this.bn1, activation: relu });
    y = inOneGo(this.conv2, y, { norm: this.bn2, activation: relu });
    y = inOneGo(this.conv3, y, { norm: this.bn3, activation: relu });
    y = inOneGo(this.conv4, y, { norm: this.bn4, activation: relu });
    y = flatten(globalAvgPool(y));
    return this.fc.forward(this.dropout?.forward(y) ?? y);
  }
}

export interface MnistNetOptions extends CommonOptions {
  /** The probability of dropping a feature before the classifier. @default 0 */
  readonly dropout?: number;
}

/** @throws OptionError for an impossible seed, dropout or number of classes or channels. */
export const mnistNet = publish<MnistNetOptions, MnistNet>({
  name: 'mnist_net',
  paper: 'none; all-convolutional as in Springenberg et al. 2015, Striving for Simplicity',
  input: { height: 28, width: 28, channels: 1 },
  preprocessing: mnist,
  defaults: { numClasses: 10, inChannels: 1, dropout: 0 },
  build: ({ numClasses, inChannels, dropout }) => new MnistNet(inChannels, numClasses, dropout),
});
