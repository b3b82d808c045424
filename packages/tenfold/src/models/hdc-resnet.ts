/**
 * Residual networks with hybrid dilated convolution (Wang et al. 2018, Understanding Convolution for Semantic
 * Segmentation): the last two stages keep cells 8 pixels apart, and the rates of their blocks, repeated in order, are
 * chosen so that together they read every cell of their field; dense upsampling convolution predicts the pixels.
 *
 *   section 4.1      layer3       layer4
 *   no dilation      1            1
 *   uniform          2            4
 *   dilation-RF      1, 2, 3      3, 4, 5     (the paper's last two blocks of layer3 have rate 2, not 1 and 2)
 *   dilation-bigger  1, 2, 5, 9   5, 9, 17    the default
 *
 * `hdc_resnet101` for one image of 224x224: 64,914,688 parameters and 51,498,237,952 multiply-accumulates. Rates cost nothing.
 *
 * The authors' own program (`get_resnet_hdc` of TuSimple-DUC) has the rates of dilation-bigger, but for the very first
 * block of layer3, which there has rate 2. Ours, not theirs: the stem of one 7x7 (theirs has three 3x3), the stride of
 * layer2 in its 3x3 (theirs: in the first 1x1), and a single 3x3 that predicts (theirs: the sum of four, of rates 6, 12,
 * 18 and 24).
 *
 * `hdc_resnet_small`, for images of about 64x64, has basic blocks, three stages, of which the last dilates, and cells 4
 * pixels apart.
 */

import { DenseUpsampling } from '../blocks/dense-upsampling.js';
import { BasicBlock, Bottleneck } from '../blocks/residual.js';
import { OptionError } from '../errors.js';
import { Module } from '../nn/module.js';
import { slice } from '../ops/slice.js';
import type { Tensor } from '../tensor/tensor.js';
import { imagenet, unprepared } from './_preprocessing.js';
import { type CommonOptions, publish } from './_publish.js';
import { ResNetFeatures, type ResNetPlan } from './_residual-network.js';
import { scaled } from './_scaled.js';

const paper = 'Wang et al. 2018, Understanding Convolution for Semantic Segmentation';

export interface SmallHDCResNetOptions extends CommonOptions {
  /** Multiplies the channels of every layer. @default 1 */
  readonly width?: number;
  /** Dilation of the blocks of layer3, repeated as often as needed. @default [1, 2, 5, 9], small [1, 2, 5] */
  readonly layer3Rates?: readonly number[];
}

export interface HDCResNetOptions extends SmallHDCResNetOptions {
  /** Dilation of the blocks of layer4. @default [5, 9, 17] */
  readonly layer4Rates?: readonly number[];
}

export class HDCResNet extends Module {
  readonly backbone: ResNetFeatures;
  readonly upsampling: DenseUpsampling;

  /** @param factor How many pixels the cells are apart. */
  constructor(plan: ResNetPlan, factor: number, { numClasses, inChannels }: Required<CommonOptions>) {
    super();
    this.backbone = new ResNetFeatures(plan, inChannels);
    this.upsampling = new DenseUpsampling(this.backbone.outChannels, numClasses, factor);
  }

  /** Logits [N, H, W, classes] from images [N, H, W, inChannels]. */
  forward(x: Tensor): Tensor {
    const [, height, width] = x.shape as [number, number, number, number];
    const y = this.upsampling.forward(this.backbone.forward(x));
    // The last cells may reach beyond the image.
    const rows = y.shape[1] === height ? y : slice(y, { axis: 1, end: height });
    return y.shape[2] === width ? rows : slice(rows, { axis: 2, end: width });
  }
}

/** Dilation instead of strides from stage 2, counted from 0, on. */
function hybrid(...stages: readonly (readonly number[])[]): NonNullable<ResNetPlan['except']> {
  return (stage, place) => {
    const rates = stages[stage - 2];
    if (rates === undefined) return {};
    if (rates.length === 0) {
      throw new OptionError(`layer${stage + 1}Rates must hold at least one rate`, {
        operator: 'HDCResNet',
        rule: 'rates',
        got: rates,
        expected: 'at least one',
      });
    }
    return { stride: 1, dilation: rates[place % rates.length]! };
  };
}

export const hdc_resnet101 = publish<HDCResNetOptions, HDCResNet>({
  name: 'hdc_resnet101',
  paper,
  task: 'segmentation',
  input: { height: 224, width: 224, channels: 3 },
  preprocessing: { mean: imagenet.mean, std: imagenet.std },
  defaults: {
    numClasses: 19,
    inChannels: 3,
    width: 1,
    layer3Rates: [1, 2, 5, 9],
    layer4Rates: [5, 9, 17],
  },
  build: ({ width, layer3Rates, layer4Rates, ...options }) => {
    const plan = {
      block: Bottleneck,
      layers: [3, 4, 23, 3],
      planes: scaled(64, width),
      except: hybrid(layer3Rates, layer4Rates),
    };
    return new HDCResNet(plan, 8, options);
  },
});

export const hdc_resnet_small = publish<SmallHDCResNetOptions, HDCResNet>({
  name: 'hdc_resnet_small',
  paper: `after ${paper}`,
  task: 'segmentation',
  input: { height: 64, width: 64, channels: 3 },
  preprocessing: unprepared,
  defaults: { numClasses: 21, inChannels: 3, width: 1, layer3Rates: [1, 2, 5] },
  build: ({ width, layer3Rates, ...options }) => {
    const plan: ResNetPlan = {
      block: BasicBlock,
      layers: [1, 1, 3],
      planes: scaled(12, width),
      stem: '3x3 of stride 2',
      except: hybrid(layer3Rates),
    };
    return new HDCResNet(plan, 4, options);
  },
});
