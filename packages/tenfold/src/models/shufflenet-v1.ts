/**
 * ShuffleNet v1 (Zhang et al. 2018, ShuffleNet, table 1): the more groups the 1x1 convolutions have, the more channels the
 * same work pays for. Written from the paper, with the names of its units. Parameters and multiply-accumulates for one
 * image of 224x224; the paper counts the convolutions alone, 143, 140, 137, 133 and 137 million:
 *
 *   shufflenet_v1_g1  1,531,936 and 143,078,976      shufflenet_v1_g4  1,968,344 and 134,339,776
 *   shufflenet_v1_g2  1,733,848 and 140,836,512      shufflenet_v1_g8  2,434,768 and 138,365,952
 *   shufflenet_v1_g3  1,865,728 and 137,460,672
 *
 * `shufflenet_v1_tiny` is for images of 28x28 or 32x32.
 */

import { ShuffleUnit } from '../blocks/channel-shuffle-unit.js';
import { inOneGo } from '../nn/_in-one-go.js';
import { BatchNorm2d } from '../nn/batch-norm2d.js';
import { Conv2d } from '../nn/conv2d.js';
import { Linear } from '../nn/linear.js';
import { MaxPool2d } from '../nn/max-pool2d.js';
import { Module } from '../nn/module.js';
import { Sequential } from '../nn/sequential.js';
import { flatten } from '../ops/flatten.js';
import { globalAvgPool } from '../ops/global-avg-pool.js';
import { relu } from '../ops/relu.js';
import type { Tensor } from '../tensor/tensor.js';
import type { CompactOptions } from './_compact-options.js';
import { imagenet, mnist } from './_preprocessing.js';
import { publish } from './_publish.js';
import { scaled } from './_scaled.js';

interface Plan {
  readonly groups: number;
  /** Channels of stage 2; each other stage has twice as many as the one before. */
  readonly channels: number;
  /** Units of stages 2, 3 and 4. */
  readonly units: readonly [number, number, number];
}

export class ShuffleNetV1 extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly maxpool: MaxPool2d | undefined;
  readonly stage2: Sequential;
  readonly stage3: Sequential;
  readonly stage4: Sequential;
  readonly fc: Linear;

  constructor(
    { groups, channels: stage2, units }: Plan,
    { numClasses, inChannels, width, smallImages }: Required<CompactOptions>,
  ) {
    super();
    // What joins the first unit's input must have whole groups too.
    let channels = scaled(24, width, groups);
    this.conv1 = new Conv2d(inChannels, channels, 3, {
      stride: smallImages ? 1 : 2,
      padding: 1,
      bias: false,
    });
    this.bn1 = new BatchNorm2d(channels);
    this.maxpool = smallImages ? undefined : new MaxPool2d(3, { stride: 2, padding: 1 });
    const out = scaled(stage2, width, 4 * groups);
    [this.stage2, this.stage3, this.stage4] = units.map((count, stage) => {
      const made = Array.from({ length: count }, (_, place) => {
        const options = { groups, stride: place === 0 ? 2 : 1, groupFirst: stage > 0 || place > 0 };
        return new ShuffleUnit(channels, (channels = out << stage), options);
      });
      return new Sequential(...made);
    }) as [Sequential, Sequential, Sequential];
    this.fc = new Linear(channels, numClasses);
  }

  /** Logits [N, classes] from images [N, H, W, inChannels] of any size. */
  forward(x: Tensor): Tensor {
    let y = inOneGo(this.conv1, x, { norm: this.bn1, activation: relu });
    y = this.maxpool?.forward(y) ?? y;
    y = this.stage4.forward(this.stage3.forward(this.stage2.forward(y)));
    return this.fc.forward(flatten(globalAvgPool(y)));
  }
}

const paper =
  'Zhang et al. 2018, ShuffleNet: An Extremely Efficient Convolutional Neural Network for Mobile Devices';

function shufflenetV1(groups: number, channels: number) {
  return publish<CompactOptions, ShuffleNetV1>({
    name: `shufflenet_v1_g${groups}`,
    paper,
    input: { height: 224, width: 224, channels: 3 },
    preprocessing: imagenet,
    defaults: { numClasses: 1000, inChannels: 3, width: 1, smallImages: false },
    build: (options) => new ShuffleNetV1({ groups, channels, units: [4, 8, 4] }, options),
  });
}

export const shufflenet_v1_g1 = shufflenetV1(1, 144);
export const shufflenet_v1_g2 = shufflenetV1(2, 200);
export const shufflenet_v1_g3 = shufflenetV1(3, 240);
export const shufflenet_v1_g4 = shufflenetV1(4, 272);
export const shufflenet_v1_g8 = shufflenetV1(8, 384);

/** Three groups. 110,926 parameters and 4,881,024 multiply-accumulates for one image of 28x28x1. */
export const shufflenet_v1_tiny = publish<CompactOptions, ShuffleNetV1>({
  name: 'shufflenet_v1_tiny',
  paper: `after ${paper}`,
  input: { height: 28, width: 28, channels: 1 },
  preprocessing: mnist,
  defaults: { numClasses: 10, inChannels: 1, width: 1, smallImages: true },
  build: (options) => new ShuffleNetV1({ groups: 3, channels: 120, units: [2, 4, 2] }, options),
});
