/**
 * GoogLeNet (Szegedy et al. 2015, Going Deeper with Convolutions, table 1), as torchvision has it: every convolution is
 * followed by batch normalisation, and the paper's 5x5 is a 3x3 (pytorch/vision#906) unless `kernelSize5` is 5. Without
 * the two auxiliary classifiers, which serve training only. 6,624,904 parameters and 1,498,376,192 multiply-accumulates
 * for one image of 224x224.
 *
 * `googlenet_tiny` is for images of 28x28 or 32x32: five modules, about a quarter as wide.
 */

import { BasicConv2d } from '../blocks/conv-norm-activation.js';
import { Inception } from '../blocks/inception.js';
import { OptionError } from '../errors.js';
import { Dropout } from '../nn/dropout.js';
import { Flatten } from '../nn/flatten.js';
import { GlobalAvgPool } from '../nn/global-avg-pool.js';
import { Linear } from '../nn/linear.js';
import { MaxPool2d } from '../nn/max-pool2d.js';
import type { Module } from '../nn/module.js';
import { Sequential } from '../nn/sequential.js';
import type { Conv2dOptions } from '../ops/conv2d.js';
import { imagenet, inception, mnist } from './_preprocessing.js';
import { type CommonOptions, publish } from './_publish.js';
import { scaled } from './_scaled.js';

/** Makes layers, each of which reads the channels that the one before returns. */
interface Layers {
  readonly conv: (channels: number, kernelSize: number, options?: Conv2dOptions) => Module;
  /** A row of table 1: 1x1; 3x3 reduce, 3x3; 5x5 reduce, 5x5; pool projection. */
  readonly row: (
    c1: number,
    c3Reduce: number,
    c3: number,
    c5Reduce: number,
    c5: number,
    poolProjection: number,
  ) => Module;
  /** Halves the image. */
  readonly pool: (kernelSize?: number) => Module;
}

export class GoogLeNet extends Sequential {
  constructor(
    body: (layers: Layers) => Readonly<Record<string, Module>>,
    { numClasses, inChannels, width, dropout, kernelSize5 }: Required<GoogLeNetOptions>,
  ) {
    if (kernelSize5 !== 3 && kernelSize5 !== 5) {
      throw new OptionError(`kernelSize5 must be 5, as in the paper, or 3, not ${kernelSize5}`, {
        operator: 'GoogLeNet',
        rule: 'kernelSize5',
        got: kernelSize5,
        expected: [3, 5],
      });
    }
    let channels = inChannels;
    const layers = body({
      conv: (out, kernelSize, options) =>
        new BasicConv2d(channels, (channels = scaled(out, width)), kernelSize, options),
      row(...widths) {
        const [c1, c3Reduce, c3, c5Reduce, c5, poolProjection] = widths.map((each) =>
          scaled(each, width),
        ) as [...typeof widths];
        const module = new Inception(
          channels,
          { c1, c3Reduce, c3, c5Reduce, c5, poolProjection },
          { kernelSize5 },
        );
        channels = c1 + c3 + c5 + poolProjection;
        return module;
      },
      pool: (kernelSize = 3) => new MaxPool2d(kernelSize, { stride: 2, ceilMode: true }),
    });
    super({
      ...layers,
      avgpool: new GlobalAvgPool(),
      flatten: new Flatten(),
      dropout: new Dropout(dropout),
      fc: new Linear(channels, numClasses),
    });
  }
}

export interface GoogLeNetOptions extends CommonOptions {
  /** Multiplies the channels of every layer. @default 1 */
  readonly width?: number;
  /** The probability of dropping a feature before the classifier. @default 0.2 */
  readonly dropout?: number;
  /** What stands for the paper's 5x5: 5, or 3 as in torchvision. @default 3 */
  readonly kernelSize5?: number;
}

/** @throws OptionError for an impossible seed, width, dropout, kernel or number of classes or channels. */
export const googlenet = publish<GoogLeNetOptions, GoogLeNet>({
  name: 'googlenet',
  paper: 'Szegedy et al. 2015, Going Deeper with Convolutions',
  input: { height: 224, width: 224, channels: 3 },
  // torchvision normalises as for ImageNet and then, inside the network, turns that into pixels from -1 to 1.
  preprocessing: { ...imagenet, ...inception },
  weights: 'torchvision GoogLeNet_Weights.IMAGENET1K_V1',
  defaults: { numClasses: 1000, inChannels: 3, width: 1, dropout: 0.2, kernelSize5: 3 },
  build: (options) =>
    new GoogLeNet(
      ({ conv, row, pool }) => ({
        conv1: conv(64, 7, { stride: 2, padding: 3 }),
        maxpool1: pool(),
        conv2: conv(64, 1),
        conv3: conv(192, 3, { padding: 1 }),
        maxpool2: pool(),
        inception3a: row(64, 96, 128, 16, 32, 32),
        inception3b: row(128, 128, 192, 32, 96, 64),
        maxpool3: pool(),
        inception4a: row(192, 96, 208, 16, 48, 64),
        inception4b: row(160, 112, 224, 24, 64, 64),
        inception4c: row(128, 128, 256, 24, 64, 64),
        inception4d: row(112, 144, 288, 32, 64, 64),
        inception4e: row(256, 160, 320, 32, 128, 128),
        maxpool4: pool(2),
        inception5a: row(256, 160, 320, 32, 128, 128),
        inception5b: row(384, 192, 384, 48, 128, 128),
      }),
      options,
    ),
});

/** 124,018 parameters and 6,828,320 multiply-accumulates for one image of 28x28x1. */
export const googlenet_tiny = publish<GoogLeNetOptions, GoogLeNet>({
  name: 'googlenet_tiny',
  paper: 'after Szegedy et al. 2015, Going Deeper with Convolutions',
  input: { height: 28, width: 28, channels: 1 },
  preprocessing: mnist,
  defaults: { numClasses: 10, inChannels: 1, width: 1, dropout: 0.2, kernelSize5: 3 },
  build: (options) =>
    new GoogLeNet(
      ({ conv, row, pool }) => ({
        conv1: conv(16, 3, { padding: 1 }),
        maxpool1: pool(),
        inception3a: row(16, 24, 32, 4, 8, 8),
        inception3b: row(24, 24, 32, 8, 16, 8),
        maxpool3: pool(),
        inception4a: row(40, 24, 48, 8, 16, 16),
        inception4b: row(48, 28, 56, 8, 24, 16),
        maxpool4: pool(),
        inception5a: row(64, 40, 80, 12, 32, 32),
      }),
      options,
    ),
});
