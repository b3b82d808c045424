/**
 * The path around a residual branch that changes the image's size or the number of channels (He et al. 2016, "Deep
 * residual learning for image recognition", section 3.3).
 *
 *   x [N, H, W, C] to [N, H', W', O]
 *   `projectionShortcut`, the paper's option B: a 1x1 convolution; C O weights (+ 2 O), C O H' W' multiply-accumulates
 *   `zeroPaddedShortcut`, option A: every stride-th pixel, zeros for the channels that are missing; costs nothing
 */

import { OptionError } from '../errors.js';
import { Conv2d } from '../nn/conv2d.js';
import { Module } from '../nn/module.js';
import { Sequential } from '../nn/sequential.js';
import { concat } from '../ops/concat.js';
import { maxPool2d } from '../ops/max-pool2d.js';
import { type Tensor, zeros } from '../tensor/tensor.js';
import type { MakeLayer } from './_parts.js';

/** Makes the module of a shortcut. */
export type Shortcut = (inChannels: number, outChannels: number, stride: number, norm: MakeLayer) => Module;

/** torchvision's, with its names: `0` the convolution, `1` the normalisation. */
export const projectionShortcut: Shortcut = (inChannels, outChannels, stride, norm) =>
  new Sequential(new Conv2d(inChannels, outChannels, 1, { stride, bias: false }), norm(outChannels));

/** Without parameters, as in the CIFAR networks of the paper's section 4.2. */
export const zeroPaddedShortcut: Shortcut = (inChannels, outChannels, stride) =>
  new ZeroPadded(inChannels, outChannels, stride);

class ZeroPadded extends Module {
  readonly stride: number;
  readonly missing: number;

  constructor(inChannels: number, outChannels: number, stride: number) {
    super();
    if (outChannels < inChannels) {
      throw new OptionError(
        `zeros cannot make ${outChannels} channels of ${inChannels}; use a projection to have fewer`,
        {
          operator: 'zeroPaddedShortcut',
          rule: 'channels',
          got: outChannels,
          expected: `at least ${inChannels}`,
        },
      );
    }
    this.stride = stride;
    this.missing = outChannels - inChannels;
  }

  forward(x: Tensor): Tensor {
    const { stride } = this;
    // A window of one pixel: the maximum is the pixel.
    const y = stride === 1 ? x : maxPool2d(x, { kernelSize: 1, stride });
    if (this.missing === 0) return y;
    return concat([y, zeros([...y.shape.slice(0, 3), this.missing], { device: x.device })]);
  }
}
