/**
 * Xception (Chollet 2017, Xception: Deep Learning with Depthwise Separable Convolutions, figure 5): 34 of its 36
 * convolutional layers are separable, and all blocks but the first and last have an identity path around them. The names
 * are those of timm's legacy_xception. 22,855,952 parameters and 8,357,403,496 multiply-accumulates for one image of
 * 299x299.
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
import { inception } from './_preprocessing.js';
import { type CommonOptions, publish } from './_publish.js';

export class Xception extends Sequential {
  constructor({ numClasses, inChannels, dropout }: Required<XceptionOptions>) {
    const halving = { layers: 2, stride: 2 };
    super({
      conv1: new Conv2d(inChannels, 32, 3, { stride: 2, bias: false }),
      bn1: new BatchNorm2d(32),
      act1: new ReLU(),
      conv2: new Conv2d(32, 64, 3, { bias: false }),
      bn2: new BatchNorm2d(64),
      act2: new ReLU(),
      block1: new XceptionBlock(64, 128, { ...halving, startWithRelu: false }),
      block2: new XceptionBlock(128, 256, halving),
      block3: new XceptionBlock(256, 728, halving),
      ...Object.fromEntries(
        [4, 5, 6, 7, 8, 9, 10, 11].map((n) => [`block${n}`, new XceptionBlock(728, 728)]),
      ),
      block12: new XceptionBlock(728, 1024, { ...halving, growFirst: false }),
      conv3: new SeparableConv2d(1024, 1536),
      bn3: new BatchNorm2d(1536),
      act3: new ReLU(),
      conv4: new SeparableConv2d(1536, 2048),
      bn4: new BatchNorm2d(2048),
      act4: new ReLU(),
      avgpool: new GlobalAvgPool(),
      flatten: new Flatten(),
      dropout: new Dropout(dropout),
      fc: new Linear(2048, numClasses),
    });
  }
}

export interface XceptionOptions extends CommonOptions {
  /** The probability of dropping a feature before the classifier; the paper has 0.5. @default 0 */
  readonly dropout?: number;
}

/** @throws OptionError for an impossible seed, dropout or number of classes or channels. */
export const legacy_xception = publish<XceptionOptions, Xception>({
  name: 'legacy_xception',
  paper: 'Chollet 2017, Xception: Deep Learning with Depthwise Separable Convolutions',
  input: { height: 299, width: 299, channels: 3 },
  preprocessing: { resize: 333, crop: 299, ...inception },
  weights: 'timm legacy_xception.tf_in1k',
  defaults: { numClasses: 1000, inChannels: 3, dropout: 0 },
  build: (options) => new Xception(options),
});
