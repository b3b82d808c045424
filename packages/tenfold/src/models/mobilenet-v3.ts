/**
 * MobileNet v3 (Howard et al. 2019, Searching for MobileNetV3, tables 1 and 2), as torchvision has it. Parameters and
 * multiply-accumulates for one image of 224x224:
 *
 *   mobilenet_v3_large  5,483,032 and 216,589,760      mobilenet_v3_small  2,542,856 and 56,510,400
 *
 * `mobilenet_v3_tiny` is for images of 28x28 or 32x32.
 */

import { Conv2dNormActivation } from '../blocks/conv-norm-activation.js';
import {
  InvertedResidualV3,
  mobileNetV3Norm,
  mobileNetV3SqueezeExcitation,
} from '../blocks/inverted-residual.js';
import { Dropout } from '../nn/dropout.js';
import { Hardswish } from '../nn/hardswish.js';
import { Linear } from '../nn/linear.js';
import { Module } from '../nn/module.js';
import { Sequential } from '../nn/sequential.js';
import { flatten } from '../ops/flatten.js';
import { globalAvgPool } from '../ops/global-avg-pool.js';
import { hardswish } from '../ops/hardswish.js';
import { relu } from '../ops/relu.js';
import type { Tensor } from '../tensor/tensor.js';
import type { CompactOptions, DropoutOptions } from './_compact-options.js';
import { imagenet, mnist } from './_preprocessing.js';
import { publish } from './_publish.js';
import { scaled } from './_scaled.js';

/** The columns of the paper's tables: kernel, exp size, #out, SE, NL (ReLU or hard swish), s. */
type Row = readonly [
  kernelSize: number,
  expanded: number,
  out: number,
  se: 'SE' | '-',
  nonlinearity: 'RE' | 'HS',
  stride: number,
];

interface Plan {
  readonly rows: readonly Row[];
  /** Features of the hidden linear layer. */
  readonly hidden: number;
}

export interface MobileNetV3Options extends CompactOptions, DropoutOptions {}

export class MobileNetV3 extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor(
    { rows, hidden }: Plan,
    { numClasses, inChannels, width, dropout, smallImages }: Required<MobileNetV3Options>,
  ) {
    super();
    const common = { norm: mobileNetV3Norm, activation: hardswish };
    let channels = scaled(16, width, 8);
    const first = new Conv2dNormActivation(inChannels, channels, { ...common, stride: smallImages ? 1 : 2 });
    const blocks = rows.map(
      ([kernelSize, expanded, out, se, nonlinearity, stride]) =>
        new InvertedResidualV3(channels, (channels = scaled(out, width, 8)), {
          expandedChannels: scaled(expanded, width, 8),
          kernelSize,
          stride,
          activation: nonlinearity === 'HS' ? hardswish : relu,
          squeezeExcitation: se === 'SE' ? mobileNetV3SqueezeExcitation : undefined,
        }),
    );
    const features = 6 * channels;
    const neurons = scaled(hidden, width, 8);
    this.features = new Sequential(
      first,
      ...blocks,
      new Conv2dNormActivation(channels, features, { ...common, kernelSize: 1 }),
    );
    this.classifier = new Sequential(
      new Linear(features, neurons),
      new Hardswish(),
      new Dropout(dropout),
      new Linear(neurons, numClasses),
    );
  }

  /** Logits [N, classes] from images [N, H, W, inChannels] of any size. */
  forward(x: Tensor): Tensor {
    return this.classifier.forward(flatten(globalAvgPool(this.features.forward(x))));
  }
}

const paper = 'Howard et al. 2019, Searching for MobileNetV3';

function mobilenetV3(name: string, weights: string, plan: Plan) {
  return publish<MobileNetV3Options, MobileNetV3>({
    name,
    paper,
    input: { height: 224, width: 224, channels: 3 },
    preprocessing: imagenet,
    weights: `torchvision ${weights}_Weights.IMAGENET1K_V1`,
    defaults: { numClasses: 1000, inChannels: 3, width: 1, dropout: 0.2, smallImages: false },
    build: (options) => new MobileNetV3(plan, options),
  });
}

/** @throws OptionError for an impossible seed, width, dropout or number of classes or channels. */
export const mobilenet_v3_large = mobilenetV3('mobilenet_v3_large', 'MobileNet_V3_Large', {
  rows: [
    [3, 16, 16, '-', 'RE', 1],
    [3, 64, 24, '-', 'RE', 2],
    [3, 72, 24, '-', 'RE', 1],
    [5, 72, 40, 'SE', 'RE', 2],
    [5, 120, 40, 'SE', 'RE', 1],
    [5, 120, 40, 'SE', 'RE', 1],
    [3, 240, 80, '-', 'HS', 2],
    [3, 200, 80, '-', 'HS', 1],
    [3, 184, 80, '-', 'HS', 1],
    [3, 184, 80, '-', 'HS', 1],
    [3, 480, 112, 'SE', 'HS', 1],
    [3, 672, 112, 'SE', 'HS', 1],
    [5, 672, 160, 'SE', 'HS', 2],
    [5, 960, 160, 'SE', 'HS', 1],
    [5, 960, 160, 'SE', 'HS', 1],
  ],
  hidden: 1280,
});

/** @throws OptionError for an impossible seed, width, dropout or number of classes or channels. */
export const mobilenet_v3_small = mobilenetV3('mobilenet_v3_small', 'MobileNet_V3_Small', {
  rows: [
    [3, 16, 16, 'SE', 'RE', 2],
    [3, 72, 24, '-', 'RE', 2],
    [3, 88, 24, '-', 'RE', 1],
    [5, 96, 40, 'SE', 'HS', 2],
    [5, 240, 40, 'SE', 'HS', 1],
    [5, 240, 40, 'SE', 'HS', 1],
    [5, 120, 48, 'SE', 'HS', 1],
    [5, 144, 48, 'SE', 'HS', 1],
    [5, 288, 96, 'SE', 'HS', 2],
    [5, 576, 96, 'SE', 'HS', 1],
    [5, 576, 96, 'SE', 'HS', 1],
  ],
  hidden: 1024,
});

/** 260,970 parameters and 6,051,160 multiply-accumulates for one image of 28x28x1. */
export const mobilenet_v3_tiny = publish<MobileNetV3Options, MobileNetV3>({
  name: 'mobilenet_v3_tiny',
  paper: `after ${paper}`,
  input: { height: 28, width: 28, channels: 1 },
  preprocessing: mnist,
  defaults: { numClasses: 10, inChannels: 1, width: 1, dropout: 0, smallImages: true },
  build: (options) =>
    new MobileNetV3(
      {
        rows: [
          [3, 16, 16, '-', 'RE', 1],
          [3, 64, 24, '-', 'RE', 2],
          [3, 72, 24, '-', 'RE', 1],
          [5, 72, 40, 'SE', 'HS', 2],
          [5, 120, 40, 'SE', 'HS', 1],
          [5, 120, 40, 'SE', 'HS', 1],
          [3, 240, 64, 'SE', 'HS', 2],
          [3, 240, 64, 'SE', 'HS', 1],
        ],
        hidden: 128,
      },
      options,
    ),
});
