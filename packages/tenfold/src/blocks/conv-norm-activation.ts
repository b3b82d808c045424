/**
 * Convolution, normalisation, activation: the three layers that nearly every block repeats.
 *
 * Batch normalisation after each convolution, before the activation: Ioffe and Szegedy 2015, section 3.2. The
 * convolution needs no bias then, because the normalisation subtracts the mean.
 *
 *   x [N, H, W, C] to [N, H', W', O]; kernel K x K, groups g
 *   parameters O * C / g * K^2 + 2 O, multiply-accumulates O * C / g * K^2 * H' * W'
 */

import { inOneGo } from '../nn/_in-one-go.js';
import { BatchNorm2d } from '../nn/batch-norm2d.js';
import { Conv2d } from '../nn/conv2d.js';
import { Module } from '../nn/module.js';
import { Sequential } from '../nn/sequential.js';
import type { Pair } from '../ops/_window.js';
import type { Conv2dOptions } from '../ops/conv2d.js';
import { relu } from '../ops/relu.js';
import type { Tensor } from '../tensor/tensor.js';
import { Activate, type Activation, centred, type MakeLayer, plainBatchNorm } from './_parts.js';

export interface ConvNormActivationOptions extends Conv2dOptions {
  /** @default 3 */
  readonly kernelSize?: Pair;
  /** @default keeps the size of the image at stride 1 */
  readonly padding?: Pair | 'same';
  /** @default batch normalisation; false: none, then the convolution has a bias */
  readonly norm?: MakeLayer | false;
  /** @default relu; false: none */
  readonly activation?: Activation | false;
}

/** torchvision's, with its names: `0` the convolution, `1` the normalisation. */
export class Conv2dNormActivation extends Sequential {
  /** @throws OptionError as `Conv2d`. */
  constructor(
    inChannels: number,
    outChannels: number,
    {
      kernelSize = 3,
      dilation = 1,
      padding = centred('Conv2dNormActivation', kernelSize, dilation),
      norm = plainBatchNorm,
      activation = relu,
      ...options
    }: ConvNormActivationOptions = {},
  ) {
    super(
      new Conv2d(inChannels, outChannels, kernelSize, { ...options, dilation, padding, bias: !norm }),
      ...(norm ? [norm(outChannels)] : []),
      ...(activation ? [new Activate(activation)] : []),
    );
  }
}

/** The Inception networks' convolution, with torchvision's names and its eps of 0.001: relu(bn(conv(x))). */
export class BasicConv2d extends Module {
  readonly conv: Conv2d;
  readonly bn: BatchNorm2d;

  /** @throws OptionError as `Conv2d`. */
  constructor(inChannels: number, outChannels: number, kernelSize: Pair, options: Conv2dOptions = {}) {
    super();
    this.conv = new Conv2d(inChannels, outChannels, kernelSize, { ...options, bias: false });
    this.bn = new BatchNorm2d(outChannels, { eps: 0.001 });
  }

  forward(x: Tensor): Tensor {
    return inOneGo(this.conv, x, { norm: this.bn, activation: relu });
  }
}
