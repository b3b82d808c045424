/**
 * Group convolutions whose groups exchange channels. A group convolution sees only its own group; the shuffle, a fixed
 * transpose of groups and channels (ops/channel-shuffle.ts), deals each group's channels out to all.
 *
 * `ShuffleUnit`: ShuffleNet v1 (Zhang et al. 2018, section 3.2, figure 2), g groups, M = O / 4 channels between:
 *   stride 1  x [N, H, W, C] to [N, H, W, C]: relu(x + F(x))
 *   stride 2  x [N, H, W, C] to [N, H', W', O]: relu(concat(3x3 average pooling of x, F(x))), F having O - C channels
 *   F: 1x1 in groups, shuffle, 3x3 depthwise, 1x1 in groups to F channels
 *   weights C M / g + 9 M + M F / g (+ 2 (2 M + F)); C M / g H W + (9 M + M F / g) H' W' multiply-accumulates
 *
 * `ShuffleUnitV2`: ShuffleNet v2 (Ma et al. 2018, section 3, figure 3c and d), dense 1x1 on half the channels, b = O / 2:
 *   stride 1  x [N, H, W, O] to [N, H, W, O]: one half passes, the other goes through 1x1, 3x3 depthwise, 1x1
 *   stride 2  x [N, H, W, C] to [N, H', W', O]: 3x3 depthwise, 1x1 beside 1x1, 3x3 depthwise, 1x1
 *   weights 2 b^2 + 9 b; at stride 2 9 C + C b more, and C b in place of one b^2 (+ 2 for each normalised channel)
 *
 * both with a shuffle of two groups at the end. Names of v2 are torchvision's; v1 is written from the paper. There, the
 * first unit of the network does not group its first 1x1 (`groupFirst: false`), because it has few channels.
 */

import { OptionError } from '../errors.js';
import { inOneGo } from '../nn/_in-one-go.js';
import { BatchNorm2d } from '../nn/batch-norm2d.js';
import { Conv2d } from '../nn/conv2d.js';
import { Module } from '../nn/module.js';
import { Sequential } from '../nn/sequential.js';
import { avgPool2d } from '../ops/avg-pool2d.js';
import { channelShuffle } from '../ops/channel-shuffle.js';
import { concat } from '../ops/concat.js';
import { relu } from '../ops/relu.js';
import { split } from '../ops/split.js';
import type { Tensor } from '../tensor/tensor.js';
import { Activate } from './_parts.js';

/** What happens to the channels of x, which are in so many groups. */
export type Shuffle = (x: Tensor, groups: number) => Tensor;

const transposed: Shuffle = (x, groups) => channelShuffle(x, { groups });

export interface ShuffleUnitOptions {
  readonly groups: number;
  /** 1 or 2. @default 1 */
  readonly stride?: number;
  /** Whether the first 1x1 is grouped. @default true */
  readonly groupFirst?: boolean;
  /** To leave out the shuffle: `(x) => x`. @default channelShuffle */
  readonly shuffle?: Shuffle;
}

/** Parameters: gconv1, bn1, dwconv, bn2, gconv2, bn3. */
export class ShuffleUnit extends Module {
  readonly gconv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly dwconv: Conv2d;
  readonly bn2: BatchNorm2d;
  readonly gconv2: Conv2d;
  readonly bn3: BatchNorm2d;
  readonly #stride: number;
  readonly #shuffled: (x: Tensor) => Tensor;

  /** @throws OptionError for impossible channels, groups or stride. */
  constructor(
    inChannels: number,
    outChannels: number,
    { groups, stride = 1, groupFirst = true, shuffle = transposed }: ShuffleUnitOptions,
  ) {
    super();
    checkUnit('ShuffleUnit', inChannels, outChannels, stride);
    const between = outChannels / 4;
    const branch = stride === 1 ? outChannels : outChannels - inChannels;
    const bias = false;
    this.gconv1 = new Conv2d(inChannels, between, 1, { groups: groupFirst ? groups : 1, bias });
    this.bn1 = new BatchNorm2d(between);
    this.dwconv = new Conv2d(between, between, 3, { stride, padding: 1, groups: between, bias });
    this.bn2 = new BatchNorm2d(between);
    this.gconv2 = new Conv2d(between, branch, 1, { groups, bias });
    this.bn3 = new BatchNorm2d(branch);
    this.#stride = stride;
    this.#shuffled = (x) => shuffle(x, groups);
  }

  forward(x: Tensor): Tensor {
    let y = this.#shuffled(inOneGo(this.gconv1, x, { norm: this.bn1, activation: relu }));
    y = inOneGo(this.dwconv, y, { norm: this.bn2 });
    if (this.#stride === 1) {
      return inOneGo(this.gconv2, y, { norm: this.bn3, residual: () => x, activation: relu });
    }
    y = inOneGo(this.gconv2, y, { norm: this.bn3 });
    return relu(concat([avgPool2d(x, { kernelSize: 3, stride: 2, padding: 1 }), y]));
  }
}

export interface ShuffleUnitV2Options {
  /** 1 or 2. @default 1 */
  readonly stride?: number;
  /** To leave out the shuffle: `(x) => x`. @default channelShuffle */
  readonly shuffle?: Shuffle;
}

/** Parameters: branch1 (at stride 2), branch2. */
export class ShuffleUnitV2 extends Module {
  readonly branch1: Sequential | undefined;
  readonly branch2: Sequential;
  readonly #shuffle: Shuffle;

  /** @throws OptionError for impossible channels or stride. */
  constructor(
    inChannels: number,
    outChannels: number,
    { stride = 1, shuffle = transposed }: ShuffleUnitV2Options = {},
  ) {
    super();
    checkUnit('ShuffleUnitV2', inChannels, outChannels, stride);
    const half = outChannels / 2;
    const pointwise = (from: number) => [
      new Conv2d(from, half, 1, { bias: false }),
      new BatchNorm2d(half),
      new Activate(relu),
    ];
    const depthwise = (channels: number) => [
      new Conv2d(channels, channels, 3, { stride, padding: 1, groups: channels, bias: false }),
      new BatchNorm2d(channels),
    ];
    if (stride === 2) this.branch1 = new Sequential(...depthwise(inChannels), ...pointwise(inChannels));
    this.branch2 = new Sequential(
      ...pointwise(stride === 1 ? half : inChannels),
      ...depthwise(half),
      ...pointwise(half),
    );
    this.#shuffle = shuffle;
  }

  forward(x: Tensor): Tensor {
    const [passed, worked] = this.branch1
      ? [this.branch1.forward(x), x]
      : (split(x, { sizes: x.shape[3]! / 2 }) as [Tensor, Tensor]);
    return this.#shuffle(concat([passed, this.branch2.forward(worked)]), 2);
  }
}

function checkUnit(block: string, inChannels: number, outChannels: number, stride: number): void {
  if (stride !== 1 && stride !== 2) {
    throw new OptionError(`stride must be 1 or 2, not ${stride}`, {
      operator: block,
      rule: 'stride',
      got: stride,
      expected: [1, 2],
    });
  }
  if (stride === 1 && inChannels !== outChannels) {
    throw new OptionError(
      `with stride 1 the unit keeps its ${inChannels} channels, but outChannels is ${outChannels}`,
      { operator: block, rule: 'channels', got: outChannels, expected: inChannels },
    );
  }
}
