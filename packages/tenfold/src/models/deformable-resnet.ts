/**
 * Residual networks whose 3x3 are deformable in the last three stages, layer2 to layer4 (the papers' conv3 to conv5):
 * Dai et al. 2017, Deformable Convolutional Networks, and, with the option `modulated`, Zhu et al. 2019, Deformable
 * ConvNets v2, table 1. The first paper deforms the last three of them only.
 *
 *   deformable_resnet50, one image of 224x224: 26,137,874 parameters and 4,215,176,192 multiply-accumulates,
 *   modulated 26,428,295 and 4,278,172,160; resnet50 has 25,557,032 and 4,089,184,256
 *
 * It begins as resnet50 does, because offsets begin at 0 (version 2: as a resnet50 whose deformable layers are half as
 * strong). Weights of resnet50 fit where `conv2.weight` of these layers is renamed to `conv2.conv.weight`; what is missing
 * then are the offset and mask convolutions, so load with `strict: false`.
 *
 * `deformable_resnet_tiny` is resnet_tiny with seven eighths of its width and deformable convolutions in these stages.
 */

import { DeformableConv } from '../blocks/deformable.js';
import { BasicBlock, Bottleneck, type MakeConvolution } from '../blocks/residual.js';
import { imagenet, mnist } from './_preprocessing.js';
import { type CommonOptions, publish } from './_publish.js';
import { type BottleneckResNetOptions, planFor, ResNet, type ResNetPlan } from './_residual-network.js';
import { scaled } from './_scaled.js';

const papers = 'Dai et al. 2017, Deformable Convolutional Networks; Zhu et al. 2019, Deformable ConvNets v2';

interface Deformation {
  /** Version 2: a mask weighs the taps. @default false */
  readonly modulated?: boolean;
}

export interface DeformableResNetOptions extends BottleneckResNetOptions, Deformation {}

export interface SmallDeformableResNetOptions extends CommonOptions, Deformation {
  /** Multiplies the channels of every layer. @default 1 */
  readonly width?: number;
}

/** In every stage but the first. */
function deformed(modulated: boolean): NonNullable<ResNetPlan['except']> {
  const convolution: MakeConvolution = (inChannels, outChannels, options) =>
    new DeformableConv(inChannels, outChannels, { ...options, modulated });
  return (stage) => (stage === 0 ? {} : { convolution });
}

export const deformable_resnet50 = publish<DeformableResNetOptions, ResNet>({
  name: 'deformable_resnet50',
  paper: papers,
  input: { height: 224, width: 224, channels: 3 },
  preprocessing: imagenet,
  defaults: {
    numClasses: 1000,
    inChannels: 3,
    width: 1,
    smallImages: false,
    strideInReduce: false,
    modulated: false,
  },
  build: (options) => {
    const plan = { block: Bottleneck, layers: [3, 4, 6, 3], except: deformed(options.modulated) };
    return new ResNet(planFor(plan, options), options);
  },
});

export const deformable_resnet_tiny = publish<SmallDeformableResNetOptions, ResNet>({
  name: 'deformable_resnet_tiny',
  paper: `after ${papers}`,
  input: { height: 28, width: 28, channels: 1 },
  preprocessing: mnist,
  defaults: { numClasses: 10, inChannels: 1, width: 1, modulated: false },
  build: ({ width, modulated, ...options }) => {
    const plan: ResNetPlan = {
      block: BasicBlock,
      layers: [2, 2, 2, 2],
      planes: scaled(14, width),
      stem: '3x3 of stride 2',
      except: deformed(modulated),
    };
    return new ResNet(plan, options);
  },
});
