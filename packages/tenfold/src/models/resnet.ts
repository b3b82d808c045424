/**
 * Residual networks with bottlenecks and without (He et al. 2016, Deep Residual Learning for Image Recognition, table 1),
 * ResNeXt (Xie et al. 2017) and Wide ResNet (Zagoruyko and Komodakis 2016). Parameters and multiply-accumulates for one
 * image of 224x224:
 *
 *   resnet18  11,689,512 and 1,814,073,344      resnet101        44,549,160 and  7,801,405,440
 *   resnet34  21,797,672 and 3,663,761,408      resnet152        60,192,808 and 11,513,626,624
 *   resnet50  25,557,032 and 4,089,184,256      resnext50_32x4d  25,028,904 and  4,230,479,872
 *                                               wide_resnet50_2  68,883,240 and 11,398,021,120
 *
 * Like torchvision's ("v1.5"), these stride in the 3x3 of a bottleneck; with `strideInReduce`, in the first 1x1, as the
 * paper's do: resnet50 then takes 3,857,973,248 multiply-accumulates, the paper's 3.8 billion.
 */

import { BasicBlock, Bottleneck, type BottleneckOptions } from '../blocks/residual.js';
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
import { imagenet } from './_preprocessing.js';
import { type CommonOptions, publish } from './_publish.js';
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

  /** [N, H, W, inChannels] to [N, H', W', outChannels]; H' is about H / 32. */
  forward(x: Tensor): Tensor {
    let y = relu(this.bn1.forward(this.conv1.forward(x)));
    y = this.maxpool?.forward(y) ?? y;
    y = this.layer3.forward(this.layer2.forward(this.layer1.forward(y)));
    return this.layer4?.forward(y) ?? y;
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

const papers = {
  resnet: 'He et al. 2016, Deep Residual Learning for Image Recognition',
  resnext: 'Xie et al. 2017, Aggregated Residual Transformations for Deep Neural Networks',
  wide: 'Zagoruyko and Komodakis 2016, Wide Residual Networks',
};

const common = (name: string, paper: string, weights: string) => ({
  name,
  paper,
  input: { height: 224, width: 224, channels: 3 },
  preprocessing: imagenet,
  weights: `torchvision ${weights}_Weights.IMAGENET1K_V1`,
});

const defaults = { numClasses: 1000, inChannels: 3, width: 1, smallImages: false };

function basic(name: string, weights: string, layers: readonly number[]) {
  return publish<ResNetOptions, ResNet>({
    ...common(name, papers.resnet, weights),
    defaults,
    build: (options) => new ResNet(planFor({ block: BasicBlock, layers }, options), options),
  });
}

function bottlenecks(name: string, paper: string, weights: string, plan: Omit<ResNetPlan, 'block'>) {
  return publish<BottleneckResNetOptions, ResNet>({
    ...common(name, paper, weights),
    defaults: { ...defaults, strideInReduce: false },
    build: (options) => new ResNet(planFor({ block: Bottleneck, ...plan }, options), options),
  });
}

export const resnet18 = basic('resnet18', 'ResNet18', [2, 2, 2, 2]);
export const resnet34 = basic('resnet34', 'ResNet34', [3, 4, 6, 3]);
export const resnet50 = bottlenecks('resnet50', papers.resnet, 'ResNet50', { layers: [3, 4, 6, 3] });
export const resnet101 = bottlenecks('resnet101', papers.resnet, 'ResNet101', { layers: [3, 4, 23, 3] });
export const resnet152 = bottlenecks('resnet152', papers.resnet, 'ResNet152', { layers: [3, 8, 36, 3] });

export const resnext50_32x4d = bottlenecks('resnext50_32x4d', papers.resnext, 'ResNeXt50_32X4D', {
  layers: [3, 4, 6, 3],
  groups: 32,
  baseWidth: 4,
});
export const wide_resnet50_2 = bottlenecks('wide_resnet50_2', papers.wide, 'Wide_ResNet50_2', {
  layers: [3, 4, 6, 3],
  baseWidth: 128,
});
