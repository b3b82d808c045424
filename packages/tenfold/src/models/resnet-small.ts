/**
 * Residual networks for small images. `resnet20` to `resnet56` are those of He et al. 2016, section 4.2, for CIFAR-10:
 * three stages of n basic blocks with 16, 32 and 64 planes, 6 n + 2 layers in all, and shortcuts without parameters
 * (option A). Parameters and multiply-accumulates for one image of 32x32:
 *
 *   resnet20  269,722 and 40,551,040      resnet44  658,586 and  97,174,144
 *   resnet32  464,154 and 68,862,592      resnet56  853,018 and 125,485,696
 *
 * `resnet_tiny` is resnet18 with a quarter of its width and a small stem; `seresnet_tiny` has squeeze-and-excitation in each
 * block of it, and `resnext_tiny` bottlenecks whose 3x3 works in eight groups.
 */

import { BasicBlock, Bottleneck } from '../blocks/residual.js';
import { zeroPaddedShortcut } from '../blocks/shortcut.js';
import { SqueezeExcitation } from '../blocks/squeeze-and-excitation.js';
import { cifar10, mnist } from './_preprocessing.js';
import { type CommonOptions, publish } from './_publish.js';
import { ResNet, type ResNetPlan } from './_residual-network.js';
import { scaled } from './_scaled.js';

export interface SmallResNetOptions extends CommonOptions {
  /** Multiplies the channels of every layer. @default 1 */
  readonly width?: number;
}

function cifarResNet(name: string, n: number) {
  return publish<SmallResNetOptions, ResNet>({
    name,
    paper: 'He et al. 2016, Deep Residual Learning for Image Recognition, section 4.2',
    input: { height: 32, width: 32, channels: 3 },
    preprocessing: cifar10,
    defaults: { numClasses: 10, inChannels: 3, width: 1 },
    build: (options) => {
      const layers = [n, n, n];
      const planes = scaled(16, options.width);
      return new ResNet(
        { block: BasicBlock, layers, planes, stem: '3x3', shortcut: zeroPaddedShortcut },
        options,
      );
    },
  });
}

export const resnet20 = cifarResNet('resnet20', 3);
export const resnet32 = cifarResNet('resnet32', 5);
export const resnet44 = cifarResNet('resnet44', 7);
export const resnet56 = cifarResNet('resnet56', 9);

function tiny(name: string, paper: string, plan: Omit<ResNetPlan, 'planes' | 'stem'>) {
  return publish<SmallResNetOptions, ResNet>({
    name,
    paper: `after ${paper}`,
    input: { height: 28, width: 28, channels: 1 },
    preprocessing: mnist,
    defaults: { numClasses: 10, inChannels: 1, width: 1 },
    build: (options) =>
      new ResNet({ ...plan, planes: scaled(16, options.width), stem: '3x3 of stride 2' }, options),
  });
}

export const resnet_tiny = tiny(
  'resnet_tiny',
  'He et al. 2016, Deep Residual Learning for Image Recognition',
  { block: BasicBlock, layers: [2, 2, 2, 2] },
);
export const seresnet_tiny = tiny('seresnet_tiny', 'Hu, Shen and Sun 2018, Squeeze-and-Excitation Networks', {
  block: BasicBlock,
  layers: [2, 2, 2, 2],
  squeezeExcitation: (channels) => new SqueezeExcitation(channels, Math.ceil(channels / 4)),
});
export const resnext_tiny = tiny(
  'resnext_tiny',
  'Xie et al. 2017, Aggregated Residual Transformations for Deep Neural Networks',
  { block: Bottleneck, layers: [2, 2, 2], groups: 8, baseWidth: 12 },
);
