/**
 * Deformable convolution as a block (Dai et al. 2017, "Deformable convolutional networks", section 2.1; version 2 with a
 * mask: Zhu et al. 2019, "Deformable ConvNets v2", section 3.2): a convolution of the same geometry looks at the input and
 * says, for each output position and each tap, where to sample; bilinear sampling lets the gradient through to it.
 *
 *   x [N, H, W, C] to [N, H', W', O]; kernel K x K, G offset groups, g groups
 *   offsets [N, H', W', 2 G K^2]; version 2: mask [N, H', W', G K^2]
 *   parameters K^2 C O / g + 2 K^4 G C (version 2: 3 K^4 G C), plus biases; multiply-accumulates H' W' times as many
 *
 * (bilinear sampling, 7 operations for each channel and tap, is not counted). The offset and mask convolutions begin at
 * zero: version 1 begins as the plain convolution, version 2, whose mask is a sigmoid, as half of it. The second paper
 * trains these convolutions at a tenth of the others' rate; give the optimizer a group of their parameters for that.
 *
 * `ResampledConv` is the form of an older Keras port: an offset for every pixel of every channel, 2 C channels, moves
 * pixels before a plain convolution reads them, so taps that read the same pixel read it at the same place. The papers
 * move the taps. (Outside the image is zero here; the port takes the nearest pixel.)
 */

import { convolve } from '../nn/_convolve.js';
import { type Following, inOneGo } from '../nn/_in-one-go.js';
import { Conv2d } from '../nn/conv2d.js';
import { initialise } from '../nn/init.js';
import { Module } from '../nn/module.js';
import type { Pair } from '../ops/_window.js';
import { deformConv2d } from '../ops/deform-conv2d.js';
import { sigmoid } from '../ops/sigmoid.js';
import { full, type Tensor } from '../tensor/tensor.js';
import { centred } from './_parts.js';

export interface DeformableConvOptions {
  /** @default 3 */
  readonly kernelSize?: Pair;
  /** @default 1 */
  readonly stride?: Pair;
  /** @default keeps the size of the image at stride 1 */
  readonly padding?: Pair;
  /** @default 1 */
  readonly dilation?: Pair;
  /** @default 1 */
  readonly groups?: number;
  /** How many groups of input channels have offsets of their own. @default 1 */
  readonly offsetGroups?: number;
  /** Version 2: a mask weighs the taps. @default false */
  readonly modulated?: boolean;
  /** Of the deformed convolution; the others always have one. @default true */
  readonly bias?: boolean;
}

/** Parameters: offset_conv, mask_conv (version 2), conv. */
export class DeformableConv extends Module {
  static readonly following: unknown = this.prototype.forward;
  readonly offsetConv: Conv2d;
  readonly maskConv: Conv2d | undefined;
  /** Holds the weights; it is not run itself. */
  readonly conv: Conv2d;
  readonly options: { readonly stride: Pair; readonly padding: Pair; readonly dilation: Pair };
  readonly groups: number;

  /** @throws OptionError for impossible channels, groups, kernel size, stride, padding or dilation. */
  constructor(
    inChannels: number,
    outChannels: number,
    {
      kernelSize = 3,
      stride = 1,
      dilation = 1,
      padding = centred('DeformableConv', kernelSize, dilation),
      groups = 1,
      offsetGroups = 1,
      modulated = false,
      bias = true,
    }: DeformableConvOptions = {},
  ) {
    super();
    this.options = { stride, padding, dilation };
    this.groups = groups;
    this.conv = new Conv2d(inChannels, outChannels, kernelSize, { ...this.options, groups, bias });
    const taps = this.conv.weight.shape[2]! * this.conv.weight.shape[3]!;
    const looking = (channels: number) =>
      zeroed(new Conv2d(inChannels, channels * taps * offsetGroups, kernelSize, this.options));
    this.offsetConv = looking(2);
    this.maskConv = modulated ? looking(1) : undefined;
  }

  forward(x: Tensor, following: Following = {}): Tensor {
    const { weight, bias } = this.conv;
    const offset = this.offsetConv.forward(x);
    const mask = this.maskConv && inOneGo(this.maskConv, x, { activation: sigmoid });
    const options = { ...this.options, groups: this.groups, ...(mask && { mask }) };
    return convolve([x, offset, weight, bias, mask], following, (epilogue) =>
      deformConv2d(x, offset, weight, bias, { ...options, epilogue }),
    );
  }
}

function zeroed(conv: Conv2d): Conv2d {
  for (const parameter of conv.parameters()) initialise(parameter, () => new Float32Array(parameter.length));
  return conv;
}

/** Parameters: offset_conv, whose channels are for each input channel down and right, and conv. */
export class ResampledConv extends Module {
  readonly offsetConv: Conv2d;
  readonly conv: Conv2d;

  /** @throws OptionError for impossible channels, kernel size, stride or padding. */
  constructor(
    inChannels: number,
    outChannels: number,
    {
      kernelSize = 3,
      stride = 1,
      padding = centred('ResampledConv', kernelSize),
    }: Pick<DeformableConvOptions, 'kernelSize' | 'stride' | 'padding'> = {},
  ) {
    super();
    this.offsetConv = zeroed(new Conv2d(inChannels, 2 * inChannels, 3, { padding: 1, bias: false }));
    this.conv = new Conv2d(inChannels, outChannels, kernelSize, { stride, padding });
  }

  forward(x: Tensor): Tensor {
    return this.conv.forward(resample(x, this.offsetConv.forward(x)));
  }
}

/** Each pixel of each channel from where its offsets point: a deformable 1x1 convolution, depthwise, of weight 1. */
function resample(x: Tensor, offset: Tensor): Tensor {
  const channels = x.shape[3]!;
  const ones = full([channels, 1, 1, 1], 1, { device: x.device });
  return deformConv2d(x, offset, ones, undefined, { groups: channels });
}
