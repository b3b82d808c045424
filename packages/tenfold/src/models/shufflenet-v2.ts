/**
 * ShuffleNet v2 (Ma et al. 2018, ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design, table 5), as
 * torchvision has it. Parameters and multiply-accumulates for one image of 224x224:
 *
 *   shufflenet_v2_x0_5  1,366,792 and  40,476,448      shufflenet_v2_x1_5  3,503,624 and 295,759,392
 *   shufflenet_v2_x1_0  2,278,604 and 144,907,992      shufflenet_v2_x2_0  7,393,996 and 583,253,464
 *
 * `shufflenet_v2_tiny` is for images of 28x28 or 32x32.
 */

import { ShuffleUnitV2 } from '../blocks/channel-shuffle-unit.js';
import { Conv2dNormActivation } from '../blocks/conv-norm-activation.js';
import { Linear } from '../nn/linear.js';
import { MaxPool2d } from '../nn/max-pool2d.js';
import { Module } from '../nn/module.js';
import { Sequential } from '../nn/sequential.js';
import { flatten } from '../ops/flatten.js';
import { globalAvgPool } from '../ops/global-avg-pool.js';
import type { Tensor } from '../tensor/tensor.js';
import type { CompactOptions } from './_compact-options.js';
import { imagenet, mnist } from './_preprocessing.js';
import { publish } from './_publish.js';
import { scaled } from './_scaled.js';

interface Plan {
  /** Channels of stage 2; each other stage has twice as many as the one before. */
  readonly channels: number;
  /** Units of stages 2, 3 and 4. */
  readonly units: readonly [number, number, number];
  /** Channels of the last convolution. */
  readonly last: number;
}

export class ShuffleNetV2 extends Module {
  readonly conv1: Conv2dNormActivation;
  readonly maxpool: MaxPool2d | undefined;
  readonly stage2: Sequential;
  readonly stage3: Sequential;
  readonly stage4: Sequential;
  readonly conv5: Conv2dNormActivation;
  readonly fc: Linear;

  constructor(
    { channels: stage2, units, last }: Plan,
    { numClasses, inChannels, width, smallImages }: Required<CompactOptions>,
  ) {
    super();
    let channels = scaled(24, width);
    this.conv1 = new Conv2dNormActivation(inChannels, channels, { stride: smallImages ? 1 : 2 });
    this.maxpool = smallImages ? undefined : new MaxPool2d(3, { stride: 2, padding: 1 });
    // The units halve their channels.
    const out = scaled(stage2, width, 2);
    [this.stage2, this.stage3, this.stage4] = units.map((count, stage) => {
      const made = Array.from(
        { length: count },
        (_, place) => new ShuffleUnitV2(channels, (channels = out << stage), { stride: place === 0 ? 2 : 1 }),
      );
      return new Sequential(...made);
    }) as [Sequential, Sequential, Sequential];
    const features = scaled(last, width);
    this.conv5 = new Conv2dNormActivation(channels, features, { kernelSize: 1 });
    this.fc = new Linear(features, numClasses);
  }

  /** Logits [N, classes] from images [N, H, W, inChannels] of any size. */
  forward(x: Tensor): Tensor {
    let y = this.conv1.forward(x);
    y = this.maxpool?.forward(y) ?? y;
    y = this.stage4.forward(this.stage3.forward(this.stage2.forward(y)));
    return this.fc.forward(flatten(globalAvgPool(this.conv5.forward(y))));
  }
}

const paper = 'Ma et al. 2018, ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design';

function shufflenetV2(size: string, channels: number, { last = 1024, resize = 256 } = {}) {
  return publish<CompactOptions, ShuffleNetV2>({
    name: `shufflenet_v2_${size}`,
    paper,
    input: { height: 224, width: 224, channels: 3 },
    preprocessing: { ...imagenet, resize },
    weights: `torchvision ShuffleNet_V2_${size.toUpperCase()}_Weights.IMAGENET1K_V1`,
    defaults: { numClasses: 1000, inChannels: 3, width: 1, smallImages: false },
    build: (options) => new ShuffleNetV2({ channels, units: [4, 8, 4], last }, options),
  });
}

export const shufflenet_v2_x0_5 = shufflenetV2('x0_5', 48);
export const shufflenet_v2_x1_0 = shufflenetV2('x1_0', 116);
export const shufflenet_v2_x1_5 = shufflenetV2('x1_5', 176, { resize: 232 });
export const shufflenet_v2_x2_0 = shufflenetV2('x2_0', 244, { last: 2048, resize: 232 });

/** 203,738 parameters and 7,186,720 multiply-accumulates for one image of 28x28x1. */
export const shufflenet_v2_tiny = publish<CompactOptions, ShuffleNetV2>({
  name: 'shufflenet_v2_tiny',
  paper: `after ${paper}`,
  input: { height: 28, width: 28, channels: 1 },
  preprocessing: mnist,
  defaults: { numClasses: 10, inChannels: 1, width: 1, smallImages: true },
  build: (options) => new ShuffleNetV2({ channels: 64, units: [2, 4, 2], last: 256 }, options),
});
