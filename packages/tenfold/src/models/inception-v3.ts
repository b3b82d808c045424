/**
 * Inception v3 (Szegedy et al. 2016, Rethinking the Inception Architecture for Computer Vision, table 1), as torchvision
 * has it, without the auxiliary classifier, which serves training only. 23,834,568 parameters and 5,713,216,096
 * multiply-accumulates for one image of 299x299.
 *
 * `inception_v3_tiny` is for images of 28x28 or 32x32: one module of each kind, an eighth as wide.
 */

import { BasicConv2d } from '../blocks/conv-norm-activation.js';
import { InceptionA, InceptionB, InceptionC, InceptionD, InceptionE } from '../blocks/inception-v3.js';
import { Dropout } from '../nn/dropout.js';
import { Flatten } from '../nn/flatten.js';
import { GlobalAvgPool } from '../nn/global-avg-pool.js';
import { Linear } from '../nn/linear.js';
import { MaxPool2d } from '../nn/max-pool2d.js';
import type { Module } from '../nn/module.js';
import { Sequential } from '../nn/sequential.js';
import type { Conv2dOptions } from '../ops/conv2d.js';
import { inception, mnist } from './_preprocessing.js';
import { type CommonOptions, publish } from './_publish.js';
import { scaled } from './_scaled.js';

/** Adds layers one after the other, each of which reads the channels that the one before returns. */
class Layers {
  readonly named: Record<string, Module> = {};
  readonly #width: number;
  channels: number;

  constructor(inChannels: number, width: number) {
    this.channels = inChannels;
    this.#width = width;
  }

  #wide(channels: number): number {
    return scaled(channels, this.#width);
  }

  conv(name: string, channels: number, kernelSize: number, options?: Conv2dOptions): this {
    const to = this.#wide(channels);
    this.named[name] = new BasicConv2d(this.channels, to, kernelSize, options);
    this.channels = to;
    return this;
  }

  pool(name: string): this {
    this.named[name] = new MaxPool2d(3, { stride: 2 });
    return this;
  }

  a(name: string, poolFeatures: number): this {
    this.named[name] = new InceptionA(this.channels, this.#wide(poolFeatures), { width: this.#width });
    this.channels = 2 * this.#wide(64) + this.#wide(96) + this.#wide(poolFeatures);
    return this;
  }

  b(name: string): this {
    this.named[name] = new InceptionB(this.channels, { width: this.#width });
    this.channels += this.#wide(384) + this.#wide(96);
    return this;
  }

  c(name: string, channels7x7: number): this {
    this.named[name] = new InceptionC(this.channels, this.#wide(channels7x7), { width: this.#width });
    this.channels = 4 * this.#wide(192);
    return this;
  }

  d(name: string): this {
    this.named[name] = new InceptionD(this.channels, { width: this.#width });
    this.channels += this.#wide(320) + this.#wide(192);
    return this;
  }

  e(name: string): this {
    this.named[name] = new InceptionE(this.channels, { width: this.#width });
    this.channels = this.#wide(320) + 4 * this.#wide(384) + this.#wide(192);
    return this;
  }
}

export class InceptionV3 extends Sequential {
  constructor({ named, channels }: Layers, { numClasses, dropout }: Required<InceptionV3Options>) {
    super({
      ...named,
      avgpool: new GlobalAvgPool(),
      flatten: new Flatten(),
      dropout: new Dropout(dropout),
      fc: new Linear(channels, numClasses),
    });
  }
}

export interface InceptionV3Options extends CommonOptions {
  /** Multiplies the channels of every layer. @default 1 */
  readonly width?: number;
  /** The probability of dropping a feature before the classifier. @default 0.5 */
  readonly dropout?: number;
}

/**
 * Takes images of at least 75x75 pixels.
 *
 * @throws OptionError for an impossible seed, width, dropout or number of classes or channels.
 */
export const inception_v3 = publish<InceptionV3Options, InceptionV3>({
  name: 'inception_v3',
  paper: 'Szegedy et al. 2016, Rethinking the Inception Architecture for Computer Vision',
  input: { height: 299, width: 299, channels: 3 },
  // torchvision normalises as for ImageNet and then, inside the network, turns that into pixels from -1 to 1.
  preprocessing: { resize: 342, crop: 299, ...inception },
  weights: 'torchvision Inception_V3_Weights.IMAGENET1K_V1',
  defaults: { numClasses: 1000, inChannels: 3, width: 1, dropout: 0.5 },
  build: (options) =>
    new InceptionV3(
      new Layers(options.inChannels, options.width)
        .conv('Conv2d_1a_3x3', 32, 3, { stride: 2 })
        .conv('Conv2d_2a_3x3', 32, 3)
        .conv('Conv2d_2b_3x3', 64, 3, { padding: 1 })
        .pool('maxpool1')
        .conv('Conv2d_3b_1x1', 80, 1)
        .conv('Conv2d_4a_3x3', 192, 3)
        .pool('maxpool2')
        .a('Mixed_5b', 32)
        .a('Mixed_5c', 64)
        .a('Mixed_5d', 64)
        .b('Mixed_6a')
        .c('Mixed_6b', 128)
        .c('Mixed_6c', 160)
        .c('Mixed_6d', 160)
        .c('Mixed_6e', 192)
        .d('Mixed_7a')
        .e('Mixed_7b')
        .e('Mixed_7c'),
      options,
    ),
});

/** Takes images of at least 14x14 pixels. */
export const inception_v3_tiny = publish<InceptionV3Options, InceptionV3>({
  name: 'inception_v3_tiny',
  paper: 'after Szegedy et al. 2016, Rethinking the Inception Architecture for Computer Vision',
  input: { height: 28, width: 28, channels: 1 },
  preprocessing: mnist,
  defaults: { numClasses: 10, inChannels: 1, width: 1, dropout: 0.2 },
  build: (options) =>
    new InceptionV3(
      new Layers(options.inChannels, options.width / 8)
        .conv('Conv2d_1a_3x3', 128, 3, { stride: 2, padding: 1 })
        .a('Mixed_5b', 64)
        .b('Mixed_6a')
        .c('Mixed_6b', 128)
        .d('Mixed_7a')
        .e('Mixed_7b'),
      options,
    ),
});
