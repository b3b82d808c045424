/**
 * Residual networks with squeeze-and-excitation at the end of every branch (Hu, Shen and Sun 2018,
 * Squeeze-and-Excitation Networks, figure 3 and table 1), under timm's names. Parameters and multiply-accumulates for one
 * image of 224x224:
 *
 *   seresnet50         28,088,024 and 4,091,699,200; with `strideInReduce`, as in the paper, 3,860,488,192
 *   seresnext50_32x4d  27,559,896 and 4,232,994,816
 */

import { Bottleneck } from '../blocks/residual.js';
import { SqueezeExcitation } from '../blocks/squeeze-and-excitation.js';
import { imagenet } from './_preprocessing.js';
import { publish } from './_publish.js';
import { type BottleneckResNetOptions, planFor, ResNet, type ResNetPlan } from './_residual-network.js';

export interface SEResNetOptions extends BottleneckResNetOptions {
  /** By how much a block's channels are squeezed, the paper's r. @default 16 */
  readonly reduction?: number;
}

function seResNet(name: string, weights: string, cardinality: Pick<ResNetPlan, 'groups' | 'baseWidth'>) {
  return publish<SEResNetOptions, ResNet>({
    name,
    paper: 'Hu, Shen and Sun 2018, Squeeze-and-Excitation Networks',
    input: { height: 224, width: 224, channels: 3 },
    preprocessing: imagenet,
    weights: `timm ${weights}`,
    defaults: {
      numClasses: 1000,
      inChannels: 3,
      width: 1,
      smallImages: false,
      strideInReduce: false,
      reduction: 16,
    },
    build: (options) => {
      const squeezeExcitation = (channels: number) =>
        new SqueezeExcitation(channels, Math.floor(channels / options.reduction));
      const plan = { block: Bottleneck, layers: [3, 4, 6, 3], squeezeExcitation, ...cardinality };
      return new ResNet(planFor(plan, options), options);
    },
  });
}

export const seresnet50 = seResNet('seresnet50', 'seresnet50.ra2_in1k', {});
export const seresnext50_32x4d = seResNet('seresnext50_32x4d', 'seresnext50_32x4d.racm_in1k', {
  groups: 32,
  baseWidth: 4,
});
