/**
 * Densely connected networks (Huang et al. 2017, Densely Connected Convolutional Networks, table 1). Parameters and
 * multiply-accumulates for one image of 224x224:
 *
 *   densenet121   7,978,856 and 2,834,161,664      densenet169  14,149,480 and 3,359,843,328
 *   densenet161  28,681,000 and 7,727,907,072      densenet201  20,013,928 and 4,291,365,888
 */

import { compressedChannels, DenseBlock, Transition } from '../blocks/dense.js';
import { inOneGo } from '../nn/_in-one-go.js';
import { BatchNorm2d } from '../nn/batch-norm2d.js';
import { Conv2d } from '../nn/conv2d.js';
import { Linear } from '../nn/linear.js';
import { MaxPool2d } from '../nn/max-pool2d.js';
import { Module } from '../nn/module.js';
import { ReLU } from '../nn/relu.js';
import { Sequential } from '../nn/sequential.js';
import { flatten } from '../ops/flatten.js';
import { globalAvgPool } from '../ops/global-avg-pool.js';
import { relu } from '../ops/relu.js';
import type { Tensor } from '../tensor/tensor.js';
import { imagenet } from './_preprocessing.js';
import { type CommonOptions, publish } from './_publish.js';

export interface DenseNetPlan {
  /** How many layers each block has. */
  readonly layers: readonly number[];
  /** Channels that the stem makes. @default 2 * growthRate */
  readonly initial?: number;
  /** Whether there are a 1x1 before each 3x3 and half the channels behind each block ("BC"). @default true */
  readonly compact?: boolean;
  /** A 7x7 of stride 2 and a max pool, or, for small images, a 3x3 that keeps their size or halves it. @default '7x7' */
  readonly stem?: '7x7' | '3x3' | '3x3 of stride 2';
}

export class DenseNet extends Module {
  readonly features: Sequential;
  readonly classifier: Linear;

  constructor(
    { layers, initial, compact = true, stem = '7x7' }: DenseNetPlan,
    { numClasses, inChannels, growthRate, dropRate }: Required<DenseNetOptions>,
  ) {
    super();
    let channels = initial ?? 2 * growthRate;
    const large = stem === '7x7';
    const features: Record<string, Module> = {
      conv0: new Conv2d(inChannels, channels, large ? 7 : 3, {
        stride: stem === '3x3' ? 1 : 2,
        padding: large ? 3 : 1,
        bias: false,
      }),
    };
    if (large) {
      features.norm0 = new BatchNorm2d(channels);
      features.relu0 = new ReLU();
      features.pool0 = new MaxPool2d(3, { stride: 2, padding: 1 });
    }
    layers.forEach((count, index) => {
      const block = new DenseBlock(count, channels, growthRate, { bnSize: compact && 4, dropRate });
      features[`denseblock${index + 1}`] = block;
      channels = block.outChannels;
      if (index === layers.length - 1) return;
      const kept = compact ? compressedChannels(channels) : channels;
      features[`transition${index + 1}`] = new Transition(channels, kept);
      channels = kept;
    });
    features[`norm${layers.length + 1}`] = new BatchNorm2d(channels);
    this.features = new Sequential(features);
    this.classifier = new Linear(channels, numClasses);
  }

  /** Logits [N, classes] from images [N, H, W, inChannels]. */
  forward(x: Tensor): Tensor {
    return this.classifier.forward(flatten(globalAvgPool(inOneGo(this.features, x, { activation: relu }))));
  }
}

export interface DenseNetOptions extends CommonOptions {
  /** Channels that each layer adds, the paper's k. */
  readonly growthRate?: number;
  /** The probability of dropping an element of a layer's output in training. @default 0 */
  readonly dropRate?: number;
}

export interface LargeDenseNetOptions extends DenseNetOptions {
  /** For images of about 32x32: begins with a 3x3 that keeps their size, without pooling. @default false */
  readonly smallImages?: boolean;
}

function densenet(name: string, weights: string, growthRate: number, layers: readonly number[]) {
  return publish<LargeDenseNetOptions, DenseNet>({
    name,
    paper: 'Huang et al. 2017, Densely Connected Convolutional Networks',
    input: { height: 224, width: 224, channels: 3 },
    preprocessing: imagenet,
    weights: `torchvision ${weights}_Weights.IMAGENET1K_V1`,
    defaults: { numClasses: 1000, inChannels: 3, growthRate, dropRate: 0, smallImages: false },
    build: (options) => new DenseNet({ layers, stem: options.smallImages ? '3x3' : '7x7' }, options),
  });
}

export const densenet121 = densenet('densenet121', 'DenseNet121', 32, [6, 12, 24, 16]);
export const densenet161 = densenet('densenet161', 'DenseNet161', 48, [6, 12, 36, 24]);
export const densenet169 = densenet('densenet169', 'DenseNet169', 32, [6, 12, 32, 32]);
export const densenet201 = densenet('densenet201', 'DenseNet201', 32, [6, 12, 48, 32]);
