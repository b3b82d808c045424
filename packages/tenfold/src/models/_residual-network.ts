/** What the residual networks have in common: stem, stages of blocks, classifier, and the options that change them. */

import type { BasicBlock, Bottleneck, BottleneckOptions } from '../blocks/residual.js';
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
import type { CommonOptions } from './_publish.js';
import { scaled } from './_scaled.js';

export interface ResNetPlan extends BottleneckOptions {
  readonly block: typeof BasicBlock | typeof Bottleneck;
  /** How many blocks each stage has. */
  readonly layers: readonly number[];
  /** Planes of the first stage; each other has twice as many as the one before. @default 64 */
  readonly planes?: number;
  /** A 7x7 of stride 2 and a max pool, or, for small images, a 3x3 that keeps their size or halves it. @default '7x7' */
  readonly stem?: '7x7' | '3x3' | '3x3 of stride 2';
  /** What is different in one block, by stage and place from 0: its stride, dilation, convolution. @default nothing */
  readonly except?: (stage: number, place: number) => BottleneckOptions;
}

/** A residual network without its classifier: what segmentation and detection build on. */
export class ResNetFeatures extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly maxpool: MaxPool2d | undefined;
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly layer4: Sequential | undefined;
  /** How many channels the features have. */
  readonly outChannels: number;

  constructor(
    { block: Block, layers, planes = 64, stem = '7x7', except = () => ({}), ...options }: ResNetPlan,
    inChannels: number,
  ) {
    super();
    const large = stem === '7x7';
    this.conv1 = new Conv2d(inChannels, planes, large ? 7 : 3, {
      stride: stem === '3x3' ? 1 : 2,
      padding: large ? 3 : 1,
      bias: false,
    });
    this.bn1 = new BatchNorm2d(planes);
    this.maxpool = large ? new MaxPool2d(3, { stride: 2, padding: 1 }) : undefined;
    let channels = planes;
    const stages = layers.map((blocks, stage) => {
      const made = Array.from({ length: blocks }, (_, place) => {
        const stride = stage > 0 && place === 0 ? 2 : 1;
        const block = new Block(channels, planes << stage, { ...options, stride, ...except(stage, place) });
        channels = (planes << stage) * Block.expansion;
        return block;
      });
      return new Sequential(...made);
    });
    [this.layer1, this.layer2, this.layer3] = stages as [Sequential, Sequential, Sequential];
    this.layer4 = stages[3];
    this.outChannels = channels;
  }

  /** [N, H, W, inChannels] to [N, H', W', outChannels]; without dilation H' is about H / 32. */
  forward(x: Tensor): Tensor {
    return this.stages(x).at(-1)!;
  }

  /** What each of layer1 to layer4 makes of images [N, H, W, inChannels]. */
  stages(x: Tensor): Tensor[] {
    let y = inOneGo(this.conv1, x, { norm: this.bn1, activation: relu });
    y = this.maxpool?.forward(y) ?? y;
    const layers = [this.layer1, this.layer2, this.layer3, ...(this.layer4 ? [this.layer4] : [])];
    return layers.map((layer) => (y = layer.forward(y)));
  }
}

export class ResNet extends ResNetFeatures {
  readonly fc: Linear;

  constructor(plan: ResNetPlan, { numClasses, inChannels }: Required<CommonOptions>) {
    super(plan, inChannels);
    this.fc = new Linear(this.outChannels, numClasses);
  }

  /** Logits [N, classes] from images [N, H, W, inChannels] of any size. */
  override forward(x: Tensor): Tensor {
    return this.fc.forward(flatten(globalAvgPool(super.forward(x))));
  }
}

export interface ResNetOptions extends CommonOptions {
  /** Multiplies the channels of every layer. @default 1 */
  readonly width?: number;
  /** For images of about 32x32: begins with a 3x3 that keeps their size, without pooling. @default false */
  readonly smallImages?: boolean;
}

export interface BottleneckResNetOptions extends ResNetOptions {
  /** Whether the first 1x1 of a bottleneck has the stride, as in the paper ("v1"). @default false */
  readonly strideInReduce?: boolean;
}

/** The plan with what the options change in it. */
export function planFor(
  plan: ResNetPlan,
  { width, smallImages, ...options }: Required<ResNetOptions> & BottleneckResNetOptions,
): ResNetPlan {
  const { strideInReduce = false } = options;
  return { ...plan, planes: scaled(64, width), stem: smallImages ? '3x3' : '7x7', strideInReduce };
}
