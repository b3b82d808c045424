/**
 * Dilated (atrous) convolutions in a row (Yu and Koltun 2016, "Multi-scale context aggregation by dilated
 * convolutions", section 2): the taps of layer l are r_l pixels apart, so the field grows with the rates at the cost of
 * the small kernel.
 *
 *   x [N, H, W, C] to [N, H, W, O], rates r_1 ... r_n, kernel K x K
 *   receptive field 1 + (K - 1) (r_1 + ... + r_n)
 *   parameters K^2 C O + (n - 1) K^2 O^2 (+ 2 n O of the normalisations), multiply-accumulates H W times the weights
 *
 * Not every choice of rates reads every pixel of that field: ask `hdcCheck`, or let `hdcDesign` choose. Differs from the
 * paper: normalisation and activation are options; its context module is in context-module.ts.
 */

import { OptionError } from '../errors.js';
import { Sequential } from '../nn/sequential.js';
import type { Pair } from '../ops/_window.js';
import { convStack, type StackOptions } from './_conv-stack.js';

export interface DilatedStackOptions extends StackOptions {
  /** @default 3 */
  readonly kernelSize?: Pair;
}

/** Parameters: conv1, bn1, conv2, bn2, ... The first convolution changes the number of channels. */
export class DilatedStack extends Sequential {
  /**
   * @param rates One for each layer, a number or [vertical, horizontal].
   * @throws OptionError if there is no rate, and for impossible rates, channels or kernel sizes.
   */
  constructor(
    inChannels: number,
    outChannels: number,
    rates: readonly Pair[],
    { kernelSize = 3, ...options }: DilatedStackOptions = {},
  ) {
    if (rates.length === 0) {
      throw new OptionError('there must be at least one rate', {
        operator: 'DilatedStack',
        rule: 'rates',
        got: rates,
        expected: 'at least one',
      });
    }
    const layers = rates.map((dilation, index) => ({
      inChannels: index === 0 ? inChannels : outChannels,
      outChannels,
      kernelSize,
      dilation,
      padding: 'same' as const,
    }));
    super(convStack(layers, options));
  }
}
