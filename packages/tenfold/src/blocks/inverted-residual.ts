/**
 * Inverted residuals: a 1x1 expands the channels, a depthwise convolution works on the many, a 1x1 without activation
 * projects back to few, and the shortcut joins the few.
 *
 *   x [N, H, W, C] to [N, H', W', O] by way of E channels, kernel K x K; + x if the shapes agree
 *   weights C E + K^2 E + E O (+ 2 (2 E + O)), and C E H W + (K^2 E + E O) H' W' multiply-accumulates
 *   without the expansion where E = C; squeeze-and-excitation adds what squeeze-and-excitation.ts says
 *
 * - `InvertedResidual`: MobileNet v2 (Sandler et al. 2018, section 3.3, table 1), E = t C, ReLU6.
 * - `InvertedResidualV3`: MobileNet v3 (Howard et al. 2019, section 3 and figure 4), E given, other kernels, hard swish,
 *   and squeeze-and-excitation on the expanded channels. With SiLU and stochastic depth it is EfficientNet's MBConv
 *   (Tan and Le 2019).
 *
 * Names, and v3's batch normalisation (eps 0.001, momentum 0.01), are torchvision's.
 */

import { inOneGo } from '../nn/_in-one-go.js';
import { BatchNorm2d } from '../nn/batch-norm2d.js';
import { Conv2d } from '../nn/conv2d.js';
import { Module } from '../nn/module.js';
import { Sequential } from '../nn/sequential.js';
import { add } from '../ops/add.js';
import { hardsigmoid } from '../ops/hardsigmoid.js';
import { relu } from '../ops/relu.js';
import { relu6 } from '../ops/relu6.js';
import type { Tensor } from '../tensor/tensor.js';
import { makeDivisible } from './_make-divisible.js';
import { type Activation, type MakeLayer, plainBatchNorm } from './_parts.js';
import { Conv2dNormActivation } from './conv-norm-activation.js';
import { SqueezeExcitation } from './squeeze-and-excitation.js';
import { StochasticDepth } from './stochastic-depth.js';

export interface InvertedResidualOptions {
  /** @default 1 */
  readonly stride?: number;
  /** The paper's t: expanded channels as a multiple of the input's. @default 6 */
  readonly expandRatio?: number;
  /** @default batch normalisation */
  readonly norm?: MakeLayer;
}

/** Parameters: conv.0 (expansion, unless the ratio is 1), conv.1 (depthwise), conv.2 and conv.3 (projection). */
export class InvertedResidual extends Module {
  readonly conv: Sequential;
  readonly #joins: boolean;

  /** @throws OptionError for impossible channels, stride or ratio. */
  constructor(
    inChannels: number,
    outChannels: number,
    { stride = 1, expandRatio = 6, norm = plainBatchNorm }: InvertedResidualOptions = {},
  ) {
    super();
    const expanded = Math.round(inChannels * expandRatio);
    const options = { norm, activation: relu6 };
    this.conv = new Sequential(
      ...(expandRatio === 1
        ? []
        : [new Conv2dNormActivation(inChannels, expanded, { ...options, kernelSize: 1 })]),
      new Conv2dNormActivation(expanded, expanded, { ...options, stride, groups: expanded }),
      new Conv2d(expanded, outChannels, 1, { bias: false }),
      norm(outChannels),
    );
    this.#joins = stride === 1 && inChannels === outChannels;
  }

  forward(x: Tensor): Tensor {
    return inOneGo(this.conv, x, this.#joins ? { residual: () => x } : {});
  }
}

export interface InvertedResidualV3Options {
  readonly expandedChannels: number;
  /** @default 3 */
  readonly kernelSize?: number;
  /** With dilation, the stride is not used, as in torchvision's segmentation networks. @default 1 */
  readonly stride?: number;
  /** @default 1 */
  readonly dilation?: number;
  /** @default relu */
  readonly activation?: Activation;
  /** On the expanded channels: `mobileNetV3SqueezeExcitation`. @default none */
  readonly squeezeExcitation?: MakeLayer | undefined;
  /** @default batch normalisation with eps 0.001 and momentum 0.01 */
  readonly norm?: MakeLayer;
  /** The probability of dropping the branch in training, where there is a shortcut. @default 0 */
  readonly stochasticDepth?: number;
}

/** MobileNet v3's: a quarter of the channels (a multiple of 8), ReLU, hard sigmoid. */
export const mobileNetV3SqueezeExcitation: MakeLayer = (channels) =>
  new SqueezeExcitation(channels, makeDivisible(Math.floor(channels / 4)), { gate: hardsigmoid });

/** Of all of MobileNet v3. */
export const mobileNetV3Norm: MakeLayer = (channels) =>
  new BatchNorm2d(channels, { eps: 0.001, momentum: 0.01 });

/** Parameters: block, whose items are numbered: expansion (if any), depthwise, squeeze-and-excitation (if any), projection. */
export class InvertedResidualV3 extends Module {
  readonly block: Sequential;
  readonly dropPath: StochasticDepth;
  readonly #joins: boolean;

  /** @throws OptionError for impossible channels, kernel size, stride, dilation or probability. */
  constructor(
    inChannels: number,
    outChannels: number,
    {
      expandedChannels,
      kernelSize = 3,
      stride = 1,
      dilation = 1,
      activation = relu,
      squeezeExcitation,
      norm = mobileNetV3Norm,
      stochasticDepth = 0,
    }: InvertedResidualV3Options,
  ) {
    super();
    this.block = new Sequential(
      ...(expandedChannels === inChannels
        ? []
        : [new Conv2dNormActivation(inChannels, expandedChannels, { kernelSize: 1, norm, activation })]),
      new Conv2dNormActivation(expandedChannels, expandedChannels, {
        kernelSize,
        stride: dilation > 1 ? 1 : stride,
        dilation,
        groups: expandedChannels,
        norm,
        activation,
      }),
      ...(squeezeExcitation ? [squeezeExcitation(expandedChannels)] : []),
      new Conv2dNormActivation(expandedChannels, outChannels, { kernelSize: 1, norm, activation: false }),
    );
    this.dropPath = new StochasticDepth(stochasticDepth);
    this.#joins = stride === 1 && inChannels === outChannels;
  }

  forward(x: Tensor): Tensor {
    if (!this.#joins) return this.block.forward(x);
    return this.dropPath.passes
      ? inOneGo(this.block, x, { residual: () => x })
      : add(this.dropPath.forward(this.block.forward(x)), x);
  }
}
