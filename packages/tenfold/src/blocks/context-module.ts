/**
 * The context module (Yu and Koltun 2016, "Multi-scale context aggregation by dilated convolutions", section 3, table 1):
 * a plain stack that widens the view without losing resolution, to be plugged in behind a dense predictor of C channels.
 *
 *   layer            1    2    3    4    5    6    7    8
 *   kernel          3x3  3x3  3x3  3x3  3x3  3x3  3x3  1x1
 *   rate             1    1    2    4    8   16    1    1
 *   receptive field  3    5    9   17   33   65   67   67
 *   basic            C    C    C    C    C    C    C    C
 *   large           2C   2C   4C   8C  16C  32C  32C    C
 *
 *   x [N, H, W, C] to [N, H, W, C]; basic: 64 C^2 weights (+ 8 C biases), 64 C^2 H W multiply-accumulates;
 *   large: 15,422 C^2 weights (+ 97 C biases), 15,422 C^2 H W multiply-accumulates
 *
 * It begins as the identity (equations 4 and 5): each output channel takes up the input channels of its share at the
 * centre tap; where several output channels have the same share, the other weights are small noise, without which those
 * channels would stay equal for ever. ReLU follows each 3x3, so it is the identity for what is not negative. Differs from
 * the paper: each layer pads with zeros, where the authors pad the input by 33 once; the noise is uniform, not normal
 * (the paper does not say how wide).
 */

import { elements } from '../device/device.js';
import { OptionError } from '../errors.js';
import { checkCount } from '../nn/_check.js';
import { inOneGo } from '../nn/_in-one-go.js';
import { Conv2d } from '../nn/conv2d.js';
import { initialise } from '../nn/init.js';
import { Module } from '../nn/module.js';
import { relu } from '../ops/relu.js';
import { type RandomKey, uniform } from '../tensor/random.js';
import type { Tensor } from '../tensor/tensor.js';

/** Rates of the seven 3x3 layers. */
export const contextRates: readonly number[] = [1, 1, 2, 4, 8, 16, 1];

/** Output channels as multiples of C: `contextWidths.basic`, `contextWidths.large`. */
export const contextWidths = {
  basic: [1, 1, 1, 1, 1, 1, 1, 1],
  large: [2, 2, 4, 8, 16, 32, 32, 1],
} as const;

export interface ContextModuleOptions {
  /** Output channels of the eight layers as multiples of C. @default contextWidths.basic */
  readonly widths?: readonly number[];
  /** The widest noise among the first weights, relative to C / output channels. @default 0 if all widths are 1, else 0.01 */
  readonly noise?: number;
}

/** Parameters: layers.0 to layers.7. */
export class ContextModule extends Module {
  readonly layers: readonly Conv2d[];

  /** @throws OptionError for an impossible number of channels, or unless there are eight widths, the last of them 1. */
  constructor(channels: number, { widths = contextWidths.basic, noise }: ContextModuleOptions = {}) {
    super();
    checkWidths(widths);
    const amplitude = noise ?? (widths.every((width) => width === 1) ? 0 : 0.01);
    this.layers = widths.map((width, index) => {
      const before = index === 0 ? 1 : widths[index - 1]!;
      const rate = contextRates[index];
      const layer = new Conv2d(channels * before, channels * width, rate === undefined ? 1 : 3, {
        dilation: rate ?? 1,
        padding: rate ?? 0,
      });
      const { shape } = layer.weight;
      initialise(layer.weight, (key) => identityKernel(shape, before, width, amplitude, key));
      initialise(layer.bias!, () => new Float32Array(channels * width));
      return layer;
    });
  }

  /** [N, H, W, C] to [N, H, W, C]. */
  forward(x: Tensor): Tensor {
    const activation = (index: number) => (index < contextRates.length ? relu : undefined);
    return this.layers.reduce((y, layer, index) => inOneGo(layer, y, { activation: activation(index) }), x);
  }
}

function checkWidths(widths: readonly number[]): void {
  const layers = contextRates.length + 1;
  if (widths.length !== layers || widths.at(-1) !== 1) {
    throw new OptionError(
      `widths must be ${layers} multiples of the channels, the last of them 1, not [${widths.join(', ')}]`,
      { operator: 'ContextModule', rule: 'widths', got: widths, expected: `${layers} numbers, the last 1` },
    );
  }
  for (const width of widths) checkCount('ContextModule', 'each width', width);
}

/** Equation 5; input channel a and output channel b share if both stand for the same of the C channels. */
function identityKernel(
  shape: readonly number[],
  before: number,
  width: number,
  noise: number,
  key: RandomKey,
): Float32Array {
  const [, inChannels, height, breadth] = shape as [number, number, number, number];
  const taps = height * breadth;
  const centre = Math.floor(taps / 2);
  const values = uniform(elements(shape), -noise / width, noise / width, key);
  for (let index = centre; index < values.length; index += taps) {
    const kernel = Math.floor(index / taps);
    const [a, b] = [kernel % inChannels, Math.floor(kernel / inChannels)];
    if (Math.floor(a / before) === Math.floor(b / width)) values[index] = 1 / width;
  }
  return values;
}
