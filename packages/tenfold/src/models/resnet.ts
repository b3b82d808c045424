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

import { BasicBlock, Bottleneck } from '../blocks/residual.js';
import { imagenet } from './_preprocessing.js';
import { publish } from './_publish.js';
import {
  type BottleneckResNetOptions,
  planFor,
  ResNet,
  type ResNetOptions,
  type ResNetPlan,
} from './_residual-network.js';

export {
  type BottleneckResNetOptions,
  ResNet,
  ResNetFeatures,
  type ResNetOptions,
  type ResNetPlan,
} from './_residual-network.js';

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
