/**
 * DeepLabv3 (Chen et al. 2017, Rethinking Atrous Convolution for Semantic Image Segmentation): a residual network whose
 * last stages dilate where they would stride, atrous spatial pyramid pooling over its features, a 3x3, a class for each
 * cell, and bilinear interpolation to the pixels of the image. Names and rates are torchvision's: the 3x3 of layer3 and
 * layer4 dilate by 2 and 4 from the second block on, the pyramid by 12, 24 and 36; cells are 8 pixels apart.
 *
 *   deeplabv3_resnet50, one image of 520x520: 39,638,869 parameters and 168,731,205,888 multiply-accumulates;
 *   with `aux`, a second classifier over layer3 that serves training, 42,004,074 and 178,721,945,088
 *
 * `deeplabv3_small`, for images of about 64x64, has basic blocks, three stages and cells 4 pixels apart.
 */

import { ASPP } from '../blocks/aspp.js';
import { BasicBlock, Bottleneck } from '../blocks/residual.js';
import { BatchNorm2d } from '../nn/batch-norm2d.js';
import { Conv2d } from '../nn/conv2d.js';
import { Dropout } from '../nn/dropout.js';
import { Module } from '../nn/module.js';
import { ReLU } from '../nn/relu.js';
import { Sequential } from '../nn/sequential.js';
import { interpolate } from '../ops/interpolate.js';
import type { Tensor } from '../tensor/tensor.js';
import { imagenet, unprepared } from './_preprocessing.js';
import { type CommonOptions, publish } from './_publish.js';
import { ResNetFeatures, type ResNetPlan } from './_residual-network.js';
import { scaled } from './_scaled.js';

const paper = 'Chen et al. 2017, Rethinking Atrous Convolution for Semantic Image Segmentation';

export interface DeepLabV3Options extends CommonOptions {
  /** Multiplies the channels of every layer. @default 1 */
  readonly width?: number;
  /** Dilation of the pyramid's 3x3, in cells. @default [12, 24, 36] */
  readonly rates?: readonly number[];
  /** The probability of dropping an element of the pyramid's result in training. @default 0.5 */
  readonly dropout?: number;
}

export interface DeepLabV3ResNetOptions extends DeepLabV3Options {
  /** Whether there is a second classifier over layer3, for `outputs`. @default false */
  readonly aux?: boolean;
}

interface Parts extends Required<Pick<CommonOptions, 'numClasses' | 'inChannels'>> {
  readonly plan: ResNetPlan;
  readonly rates: readonly number[];
  readonly dropout: number;
  /** Channels of the pyramid. */
  readonly channels: number;
  readonly aux: boolean;
}

export class DeepLabV3 extends Module {
  readonly backbone: ResNetFeatures;
  readonly classifier: Sequential;
  readonly auxClassifier: Sequential | undefined;

  constructor({ plan, rates, dropout, channels, aux, numClasses, inChannels }: Parts) {
    super();
    this.backbone = new ResNetFeatures(plan, inChannels);
    const { outChannels } = this.backbone;
    this.classifier = new Sequential(
      new ASPP(outChannels, rates, { outChannels: channels, dropRate: dropout }),
      ...conv3x3(channels, channels),
      new Conv2d(channels, numClasses, 1),
    );
    const between = outChannels / 2;
    const few = Math.floor(between / 4);
    this.auxClassifier = aux
      ? new Sequential(...conv3x3(between, few), new Dropout(0.1), new Conv2d(few, numClasses, 1))
      : undefined;
  }

  /** Logits [N, H, W, classes] from images [N, H, W, inChannels]. Training takes two images at least. */
  forward(x: Tensor): Tensor {
    return spread(this.classifier.forward(this.backbone.forward(x)), x);
  }

  /**
   * The logits, and with the option `aux` those of the second classifier, whose cross entropy torchvision adds to the
   * first one's at half its weight.
   */
  outputs(x: Tensor): { readonly out: Tensor; readonly aux?: Tensor } {
    const stages = this.backbone.stages(x);
    const out = spread(this.classifier.forward(stages.at(-1)!), x);
    return this.auxClassifier ? { out, aux: spread(this.auxClassifier.forward(stages.at(-2)!), x) } : { out };
  }
}

const conv3x3 = (inChannels: number, outChannels: number) => [
  new Conv2d(inChannels, outChannels, 3, { padding: 1, bias: false }),
  new BatchNorm2d(outChannels),
  new ReLU(),
];

/** A map over the pixels of an image. */
function spread(map: Tensor, image: Tensor): Tensor {
  const [, height, width] = image.shape as [number, number, number, number];
  return interpolate(map, { size: [height, width], mode: 'bilinear' });
}

/** From the second stride on, dilation stands for strides: a stage's first block has the rate of the stage before it. */
function dilatedFrom(first: number): NonNullable<ResNetPlan['except']> {
  return (stage, place) =>
    stage < first ? {} : { stride: 1, dilation: 1 << (stage - first + (place === 0 ? 0 : 1)) };
}

export const deeplabv3_resnet50 = publish<DeepLabV3ResNetOptions, DeepLabV3>({
  name: 'deeplabv3_resnet50',
  paper,
  task: 'segmentation',
  input: { height: 520, width: 520, channels: 3 },
  preprocessing: { resize: 520, mean: imagenet.mean, std: imagenet.std },
  weights: 'torchvision DeepLabV3_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1',
  defaults: { numClasses: 21, inChannels: 3, width: 1, rates: [12, 24, 36], dropout: 0.5, aux: false },
  build: ({ width, ...options }) => {
    const planes = scaled(64, width);
    const plan = { block: Bottleneck, layers: [3, 4, 6, 3], planes, except: dilatedFrom(2) };
    return new DeepLabV3({ ...options, plan, channels: scaled(256, width) });
  },
});

export const deeplabv3_small = publish<DeepLabV3Options, DeepLabV3>({
  name: 'deeplabv3_small',
  paper: `after ${paper}`,
  task: 'segmentation',
  input: { height: 64, width: 64, channels: 3 },
  preprocessing: unprepared,
  defaults: { numClasses: 21, inChannels: 3, width: 1, rates: [2, 4, 6], dropout: 0.1 },
  build: ({ width, ...options }) => {
    const planes = scaled(16, width);
    const plan: ResNetPlan = {
      block: BasicBlock,
      layers: [1, 1, 1],
      planes,
      stem: '3x3 of stride 2',
      except: dilatedFrom(2),
    };
    return new DeepLabV3({ ...options, plan, channels: scaled(32, width), aux: false });
  },
});
