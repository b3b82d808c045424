/**
 * The showcase: ten techniques in one small network for images of about 28x28 pixels, each of which can be taken out with
 * the option `without`; the plain thing that it stands for takes its place.
 *
 *   layer      technique                                           output    without it
 *   stem       stacked small kernels: two 3x3                      28x28x12  one 5x5
 *              max pooling 2x2                                     14x14x12
 *   inception  kernels of several sizes: 1x1, 3x3, 5x5, pooling    14x14x48  one 3x3
 *   dense      dense connections: two layers of growth rate 8      14x14x64  the same layers in a row
 *              transition: 1x1, average pooling 2x2                7x7x64
 *   context    dilated 3x3 of rates 1 and 2                        7x7x64    rates 1 and 1
 *   deform     deformable 3x3                                      7x7x64    plain 3x3
 *   shuffle    group convolution, channel shuffle; stride 2        4x4x128   dense 1x1
 *   separable  depthwise separable 3x3                             4x4x128   dense 3x3
 *              squeeze-and-excitation, r = 4                       4x4x128   none
 *   fc         global average, linear                              classes
 *
 * context and deform work on 20 channels between two 1x1 (bottleneck; without it on all 64), and they and separable have
 * residual connections (without: none). The papers are those of the blocks.
 */

import { BottleneckStack } from '../blocks/bottleneck.js';
import { ShuffleUnit } from '../blocks/channel-shuffle-unit.js';
import { Conv2dNormActivation } from '../blocks/conv-norm-activation.js';
import { DeformableConv } from '../blocks/deformable.js';
import { DenseBlock, Transition } from '../blocks/dense.js';
import { DepthwiseSeparable } from '../blocks/depthwise-separable.js';
import { DilatedStack } from '../blocks/dilated.js';
import { Inception } from '../blocks/inception.js';
import { Residual } from '../blocks/residual.js';
import { SqueezeExcited } from '../blocks/squeeze-and-excitation.js';
import { StackedSmallKernels } from '../blocks/stacked-small-kernels.js';
import { OptionError } from '../errors.js';
import { BatchNorm2d } from '../nn/batch-norm2d.js';
import { Conv2d } from '../nn/conv2d.js';
import { Dropout } from '../nn/dropout.js';
import { Flatten } from '../nn/flatten.js';
import { GlobalAvgPool } from '../nn/global-avg-pool.js';
import { Linear } from '../nn/linear.js';
import { MaxPool2d } from '../nn/max-pool2d.js';
import type { Module } from '../nn/module.js';
import { ReLU } from '../nn/relu.js';
import { Sequential } from '../nn/sequential.js';
import { mnist } from './_preprocessing.js';
import { type CommonOptions, publish } from './_publish.js';

/** The ten, which `without` may name, and the layers that each of them is made of. */
export const techniques = {
  'stacked small kernels': /^stem\./,
  'multi-size kernels': /^inception\./,
  bottleneck: /\.(reduce|expand)\./,
  dilated: /^context\..*\.work\./,
  deformable: /^deform\..*\.work\./,
  'depthwise separable': /^separable\..*\.(conv_dw|bn1|conv_pw|bn2)$/,
  'channel shuffle': /^shuffle\./,
  'squeeze-and-excitation': /\.se\./,
  residual: /\.branch\./,
  dense: /^(dense|transition)\./,
} as const;

export type Technique = keyof typeof techniques;

export class TenfoldNet extends Sequential {
  constructor(inChannels: number, numClasses: number, dropout: number, without: Technique | 'nothing') {
    const has = (technique: Technique) => technique !== without;
    const residual = (branch: Module) =>
      new Sequential({ residual: has('residual') ? new Residual(branch) : branch, relu: new ReLU() });

    /** `work` on few channels, between 1x1 convolutions, or on all of them. */
    const squeezed = (channels: number, width: number, work: (channels: number) => Module) =>
      has('bottleneck')
        ? new Sequential({
            reduce: new Conv2dNormActivation(channels, width, { kernelSize: 1 }),
            work: work(width),
            expand: new Conv2dNormActivation(width, channels, { kernelSize: 1, activation: false }),
          })
        : work(channels);

    const stem = has('stacked small kernels') ? { layers: 2, kernelSize: 3 } : { layers: 1, kernelSize: 5 };
    const separable = has('depthwise separable')
      ? new DepthwiseSeparable(128, 128)
      : new Conv2dNormActivation(128, 128);

    super({
      stem: new StackedSmallKernels(inChannels, 12, stem),
      pool: new MaxPool2d(2),
      inception: has('multi-size kernels')
        ? new Inception(
            12,
            { c1: 12, c3Reduce: 12, c3: 20, c5Reduce: 6, c5: 8, poolProjection: 8 },
            { kernelSize5: 5 },
          )
        : new Conv2dNormActivation(12, 48),
      dense: has('dense') ? new DenseBlock(2, 48, 8, { bnSize: 2 }) : new BottleneckStack(48, 16, 64),
      transition: new Transition(64, 64),
      context: residual(
        squeezed(64, 20, (channels) => new DilatedStack(channels, channels, [1, has('dilated') ? 2 : 1])),
      ),
      deform: residual(
        squeezed(
          64,
          20,
          (channels) =>
            new Sequential(
              has('deformable')
                ? new DeformableConv(channels, channels, { bias: false })
                : new Conv2d(channels, channels, 3, { padding: 1, bias: false }),
              new BatchNorm2d(channels),
              new ReLU(),
            ),
        ),
      ),
      shuffle: new ShuffleUnit(
        64,
        128,
        has('channel shuffle') ? { groups: 2, stride: 2 } : { groups: 1, stride: 2, shuffle: (x) => x },
      ),
      separable: residual(
        has('squeeze-and-excitation') ? new SqueezeExcited(separable, 128, { reduction: 4 }) : separable,
      ),
      global: new GlobalAvgPool(),
      flatten: new Flatten(),
      ...(dropout > 0 && { dropout: new Dropout(dropout) }),
      fc: new Linear(128, numClasses),
    });
  }
}

export interface TenfoldNetOptions extends CommonOptions {
  /** The probability of dropping a feature before the classifier. @default 0 */
  readonly dropout?: number;
  /** A technique to take out. @default 'nothing' */
  readonly without?: Technique | 'nothing';
}

/** @throws OptionError for an impossible seed, dropout, technique or number of classes or channels. */
export const tenfoldNet = publish<TenfoldNetOptions, TenfoldNet>({
  name: 'tenfold_net',
  paper: 'none; composed of the ten techniques, whose papers the blocks name',
  input: { height: 28, width: 28, channels: 1 },
  preprocessing: mnist,
  defaults: { numClasses: 10, inChannels: 1, dropout: 0, without: 'nothing' },
  build: ({ numClasses, inChannels, dropout, without }) => {
    checkWithout(without);
    return new TenfoldNet(inChannels, numClasses, dropout, without);
  },
});

function checkWithout(without: string): void {
  const known: readonly string[] = ['nothing', ...Object.keys(techniques)];
  if (known.includes(without)) return;
  throw new OptionError(`without must be one of ${known.join(', ')}, not '${without}'`, {
    operator: 'tenfold_net',
    rule: 'without',
    got: without,
    expected: known,
  });
}
