/**
 * Xception (Chollet 2017, Xception: Deep Learning with Depthwise Separable Convolutions, figure 5): 34 of its 36
 * convolutional layers are separable, and all blocks but the first and last have an identity path around them. The names
 * are those of timm's legacy_xception. 22,855,952 parameters and 8,357,403,496 multiply-accumulates for one image of
 * 299x299.
 *
 * `xception_tiny` is for images of 28x28 or 32x32: an eighth as wide, with two blocks in the middle and a stem that keeps
 * the size of the image.
 */

import { SeparableConv2d, XceptionBlock } from '../blocks/depthwise-separable.js';
import { BatchNorm2d } from '../nn/batch-norm2d.js';
import { Conv2d } from '../nn/conv2d.js';
import { Dropout } from '../nn/dropout.js';
import { Flatten } from '../nn/flatten.js';
import { GlobalAvgPool } from '../nn/global-avg-pool.js';
import { Linear } from '../nn/linear.js';
import { ReLU } from '../nn/relu.js';
import { Sequential } from '../nn/sequential.js';
import { inception, mnist } from './_preprocessing.js';
import { type CommonOptions, publish } from './_publish.js';
import { scaled } from './_scaled.js';

interface Plan {
  /** Stride of the first convolution. */
  readonly stride: number;
  /** Channels of the stem's two convolutions, of the three blocks that follow, and of the last three layers. */
  readonly channels: readonly [number, number, number, number, number, number, number, number];
  /** Blocks of one size in the middle. */
  readonly middle: number;
}

export class Xception extends Sequential {
  constructor(
    { stride, channels, middle }: Plan,
    { numClasses, inChannels, width, dropout }: Required<XceptionOptions>,
  ) {
    const halving = { layers: 2, stride: 2 };
    const wide = channels.map((count) => scaled(count, width)) as unknown as Plan['channels'];
    const [first, second, third, fourth, body, exit, late, last] = wide;
    // timm's padding, none, takes the border away; images that are small already keep theirs.
    const padding = stride === 1 ? 1 : 0;
    super({
      conv1: new Conv2d(inChannels, first, 3, { stride, padding, bias: false }),
      bn1: new BatchNorm2d(first),
      act1: new ReLU(),
      conv2: new Conv2d(first, second, 3, { padding, bias: false }),
      bn2: new BatchNorm2d(second),
      act2: new ReLU(),
      block1: new XceptionBlock(second, third, { ...halving, startWithRelu: false }),
      block2: new XceptionBlock(third, fourth, halving),
      block3: new XceptionBlock(fourth, body, halving),
      ...Object.fromEntries(
        Array.from({ length: middle }, (_, index) => [`block${index + 4}`, new XceptionBlock(body, body)]),
      ),
      [`block${middle + 4}`]: new XceptionBlock(body, exit, { ...halving, growFirst: false }),
      conv3: new SeparableConv2d(exit, late),
      bn3: new BatchNorm2d(late),
      act3: new ReLU(),
      conv4: new SeparableConv2d(late, last),
      bn4: new BatchNorm2d(last),
      act4: new ReLU(),
      avgpool: new GlobalAvgPool(),
      flatten: new Flatten(),
      dropout: new Dropout(dropout),
      fc: new Linear(last, numClasses),
    });
  }
}

export interface XceptionOptions extends CommonOptions {
  /** Multiplies the channels of every layer. @default 1 */
  readonly width?: number;
  /** The probability of dropping a feature before the classifier; the paper has 0.5. @default 0 */
  readonly dropout?: number;
}

/** @throws OptionError for an impossible seed, width, dropout or number of classes or channels. */
export const legacy_xception = publish<XceptionOptions, Xception>({
  name: 'legacy_xception',
  paper: 'Chollet 2017, Xception: Deep Learning with Depthwise Separable Convolutions',
  input: { height: 299, width: 299, channels: 3 },
  preprocessing: { resize: 333, crop: 299, ...inception },
  weights: 'timm legacy_xception.tf_in1k',
  defaults: { numClasses: 1000, inChannels: 3, width: 1, dropout: 0 },
  build: (options) =>
    new Xception({ stride: 2, channels: [32, 64, 128, 256, 728, 1024, 1536, 2048], middle: 8 }, options),
});

export const xception_tiny = publish<XceptionOptions, Xception>({
  name: 'xception_tiny',
  paper: 'after Chollet 2017, Xception: Deep Learning with Depthwise Separable Convolutions',
  input: { height: 28, width: 28, channels: 1 },
  preprocessing: mnist,
  defaults: { numClasses: 10, inChannels: 1, width: 1, dropout: 0 },
  build: (options) =>
    new Xception({ stride: 1, channels: [8, 16, 32, 64, 96, 128, 192, 256], middle: 2 }, options),
});
