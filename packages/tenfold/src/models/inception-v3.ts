/**
 * Inception v3 (Szegedy et al. 2016, Rethinking the Inception Architecture for Computer Vision, table 1), as torchvision
 * has it, without the auxiliary classifier, which serves training only. 23,834,568 parameters and 5,713,216,096
 * multiply-accumulates for one image of 299x299.
 */

import { BasicConv2d } from '../blocks/conv-norm-activation.js';
import { InceptionA, InceptionB, InceptionC, InceptionD, InceptionE } from '../blocks/inception-v3.js';
import { Dropout } from '../nn/dropout.js';
import { Flatten } from '../nn/flatten.js';
import { GlobalAvgPool } from '../nn/global-avg-pool.js';
import { Linear } from '../nn/linear.js';
import { MaxPool2d } from '../nn/max-pool2d.js';
import { Sequential } from '../nn/sequential.js';
import { inception } from './_preprocessing.js';
import { type CommonOptions, publish } from './_publish.js';

export class InceptionV3 extends Sequential {
  constructor({ numClasses, inChannels, dropout }: Required<InceptionV3Options>) {
    super({
      Conv2d_1a_3x3: new BasicConv2d(inChannels, 32, 3, { stride: 2 }),
      Conv2d_2a_3x3: new BasicConv2d(32, 32, 3),
      Conv2d_2b_3x3: new BasicConv2d(32, 64, 3, { padding: 1 }),
      maxpool1: new MaxPool2d(3, { stride: 2 }),
      Conv2d_3b_1x1: new BasicConv2d(64, 80, 1),
      Conv2d_4a_3x3: new BasicConv2d(80, 192, 3),
      maxpool2: new MaxPool2d(3, { stride: 2 }),
      Mixed_5b: new InceptionA(192, 32),
      Mixed_5c: new InceptionA(256, 64),
      Mixed_5d: new InceptionA(288, 64),
      Mixed_6a: new InceptionB(288),
      Mixed_6b: new InceptionC(768, 128),
      Mixed_6c: new InceptionC(768, 160),
      Mixed_6d: new InceptionC(768, 160),
      Mixed_6e: new InceptionC(768, 192),
      Mixed_7a: new InceptionD(768),
      Mixed_7b: new InceptionE(1280),
      Mixed_7c: new InceptionE(2048),
      avgpool: new GlobalAvgPool(),
      flatten: new Flatten(),
      dropout: new Dropout(dropout),
      fc: new Linear(2048, numClasses),
    });
  }
}

export interface InceptionV3Options extends CommonOptions {
  /** The probability of dropping a feature before the classifier. @default 0.5 */
  readonly dropout?: number;
}

/**
 * Takes images of at least 75x75 pixels.
 *
 * @throws OptionError for an impossible seed, dropout or number of classes or channels.
 */
export const inception_v3 = publish<InceptionV3Options, InceptionV3>({
  name: 'inception_v3',
  paper: 'Szegedy et al. 2016, Rethinking the Inception Architecture for Computer Vision',
  input: { height: 299, width: 299, channels: 3 },
  // torchvision normalises as for ImageNet and then, inside the network, turns that into pixels from -1 to 1.
  preprocessing: { resize: 342, crop: 299, ...inception },
  weights: 'torchvision Inception_V3_Weights.IMAGENET1K_V1',
  defaults: { numClasses: 1000, inChannels: 3, dropout: 0.5 },
  build: (options) => new InceptionV3(options),
});
