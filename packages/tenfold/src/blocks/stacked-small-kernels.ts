/**
 * Stacked small kernels (Simonyan and Zisserman 2015, "Very deep convolutional networks for large-scale image
 * recognition", section 2.3): n convolutions 3x3 in place of one (2n+1)x(2n+1).
 *
 *   x [N, H, W, C] to [N, H, W, C]; receptive field 2n + 1
 *   n kernels 3x3:      9 n C^2 parameters,       9 n C^2 H W multiply-accumulates
 *   one (2n+1)x(2n+1):  (2n+1)^2 C^2 parameters,  (2n+1)^2 C^2 H W multiply-accumulates
 *
 * so two 3x3 cost 18/25 of a 5x5 and three 27/49 of a 7x7 (plus normalisation, 2 C for each layer), and there are n
 * non-linearities instead of one. Differs from the paper: each convolution is followed by batch normalisation, unless
 * `norm` is false; the paper of 2014 has none, and biases.
 */

import { checkCount } from '../nn/_check.js';
import { Sequential } from '../nn/sequential.js';
import type { Pair } from '../ops/_window.js';
import { convStack, type StackOptions } from './_conv-stack.js';
import { centred } from './_parts.js';

export interface StackedSmallKernelsOptions extends StackOptions {
  /** How many convolutions. @default 2 */
  readonly layers?: number;
  /** @default 3 */
  readonly kernelSize?: Pair;
}

/** Parameters: conv1, bn1, conv2, bn2, ... The first convolution changes the number of channels. */
export class StackedSmallKernels extends Sequential {
  /** @throws OptionError for impossible numbers of channels or layers, or an impossible kernel size. */
  constructor(
    inChannels: number,
    outChannels: number,
    { layers = 2, kernelSize = 3, ...options }: StackedSmallKernelsOptions = {},
  ) {
    checkCount('StackedSmallKernels', 'layers', layers);
    const padding = centred('StackedSmallKernels', kernelSize);
    const stack = Array.from({ length: layers }, (_, index) => ({
      inChannels: index === 0 ? inChannels : outChannels,
      outChannels,
      kernelSize,
      padding,
    }));
    super(convStack(stack, options));
  }
}
