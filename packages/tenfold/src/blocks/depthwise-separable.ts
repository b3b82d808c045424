/**
 * Depthwise separable convolution: one filter for each channel, then a 1x1 that mixes channels.
 *
 *   x [N, H, W, C] to [N, H', W', O]; kernel K x K, stride in the depthwise
 *   parameters C K^2 + C O (plus normalisations), multiply-accumulates (C K^2 + C O) H' W'
 *
 * that is 1 / O + 1 / K^2 of a dense K x K. Two orders:
 *
 * - MobileNet v1 (Howard et al. 2017, section 3.1, figure 3): normalisation and ReLU after both.
 *   `DepthwiseSeparable`, with timm's names. (timm's mobilenetv1_100 uses ReLU6; the paper says ReLU.)
 * - Xception (Chollet 2017, sections 3 and 4.7, figure 5): nothing between the two, which the paper finds to converge
 *   faster and to end better than any activation there; ReLU before, normalisation after.
 *   `SeparableConv2d`, and `XceptionBlock`, a residual block of them, with the names of timm's legacy_xception.
 */

import { type Following, inOneGo } from '../nn/_in-one-go.js';
import { Conv2d } from '../nn/conv2d.js';
import { MaxPool2d } from '../nn/max-pool2d.js';
import { Module } from '../nn/module.js';
import { Sequential } from '../nn/sequential.js';
import type { Pair } from '../ops/_window.js';
import { relu } from '../ops/relu.js';
import type { Tensor } from '../tensor/tensor.js';
import { Activate, type Activation, centred, type MakeLayer, plainBatchNorm } from './_parts.js';

export interface DepthwiseSeparableOptions {
  /** @default 3 */
  readonly kernelSize?: Pair;
  /** @default 1 */
  readonly stride?: Pair;
  /** @default 1 */
  readonly dilation?: Pair;
  /** @default batch normalisation */
  readonly norm?: MakeLayer;
  /** @default relu */
  readonly activation?: Activation;
}

/** Parameters: conv_dw, bn1, conv_pw, bn2. */
export class DepthwiseSeparable extends Module {
  readonly convDw: Conv2d;
  readonly bn1: Module;
  readonly convPw: Conv2d;
  readonly bn2: Module;
  readonly #activation: Activation;

  /** @throws OptionError for impossible channels, kernel size, stride or dilation. */
  constructor(
    inChannels: number,
    outChannels: number,
    {
      kernelSize = 3,
      stride = 1,
      dilation = 1,
      norm = plainBatchNorm,
      activation = relu,
    }: DepthwiseSeparableOptions = {},
  ) {
    super();
    const padding = centred('DepthwiseSeparable', kernelSize, dilation);
    const depthwise = { stride, dilation, padding, groups: inChannels, bias: false };
    this.convDw = new Conv2d(inChannels, inChannels, kernelSize, depthwise);
    this.bn1 = norm(inChannels);
    this.convPw = new Conv2d(inChannels, outChannels, 1, { bias: false });
    this.bn2 = norm(outChannels);
    this.#activation = activation;
  }

  forward(x: Tensor): Tensor {
    const y = inOneGo(this.convDw, x, { norm: this.bn1, activation: this.#activation });
    return inOneGo(this.convPw, y, { norm: this.bn2, activation: this.#activation });
  }
}

/** The bare pair. Parameters: conv1 (depthwise), pointwise. */
export class SeparableConv2d extends Module {
  static readonly following: unknown = this.prototype.forward;
  readonly conv1: Conv2d;
  readonly pointwise: Conv2d;

  /** @throws OptionError for impossible channels, kernel size, stride or dilation. */
  constructor(
    inChannels: number,
    outChannels: number,
    {
      kernelSize = 3,
      stride = 1,
      dilation = 1,
    }: Pick<DepthwiseSeparableOptions, 'kernelSize' | 'stride' | 'dilation'> = {},
  ) {
    super();
    const padding = centred('SeparableConv2d', kernelSize, dilation);
    const depthwise = { stride, dilation, padding, groups: inChannels, bias: false };
    this.conv1 = new Conv2d(inChannels, inChannels, kernelSize, depthwise);
    this.pointwise = new Conv2d(inChannels, outChannels, 1, { bias: false });
  }

  forward(x: Tensor, following: Following = {}): Tensor {
    return inOneGo(this.pointwise, this.conv1.forward(x), following);
  }
}

export interface XceptionBlockOptions {
  /** Separable convolutions. @default 3 */
  readonly layers?: number;
  /** Of the max pooling at the end and of the skip connection. @default 1, without pooling */
  readonly stride?: number;
  /** Whether a ReLU comes first; the network's first block has none. @default true */
  readonly startWithRelu?: boolean;
  /** Whether the first layer changes the number of channels; in the network's last block the last does. @default true */
  readonly growFirst?: boolean;
}

/** Parameters: skip, skipbn (where stride or channels change), rep. */
export class XceptionBlock extends Module {
  readonly skip: Conv2d | undefined;
  readonly skipbn: Module | undefined;
  readonly rep: Sequential;

  /** @throws OptionError for impossible channels, layers or stride. */
  constructor(
    inChannels: number,
    outChannels: number,
    { layers = 3, stride = 1, startWithRelu = true, growFirst = true }: XceptionBlockOptions = {},
  ) {
    super();
    if (inChannels !== outChannels || stride !== 1) {
      this.skip = new Conv2d(inChannels, outChannels, 1, { stride, bias: false });
      this.skipbn = plainBatchNorm(outChannels);
    }
    const grows = growFirst ? 0 : layers - 1;
    const rep = Array.from({ length: layers }, (_, layer) => {
      const [from, to] = [layer > grows ? outChannels : inChannels, layer < grows ? inChannels : outChannels];
      return [new Activate(relu), new SeparableConv2d(from, to), plainBatchNorm(to)];
    }).flat();
    if (stride !== 1) rep.push(new MaxPool2d(3, { stride, padding: 1 }));
    this.rep = new Sequential(...rep.slice(startWithRelu ? 0 : 1));
  }

  forward(x: Tensor): Tensor {
    const { skip, skipbn } = this;
    return inOneGo(this.rep, x, { residual: () => (skip ? inOneGo(skip, x, { norm: skipbn }) : x) });
  }
}
