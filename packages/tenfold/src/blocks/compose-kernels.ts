/**
 * The single convolution that convolutions in a row equal, if nothing non-linear stands between them. Convolution is
 * associative: with v the kernel of the first layer and w that of the second,
 *
 *   kernel[o, i, t] = sum over (m, r, s) with r * dilation1 + s * dilation2 * stride1 = t of w[o, m, s] * v[m, i, r]
 *   bias[o] = bias2[o] + sum over (m, s) of w[o, m, s] * bias1[m]
 *
 * and the strides multiply. Two dense 3x3 become a 5x5, three a 7x7; a depthwise 3x3 and a 1x1 become a dense 3x3 of
 * rank one for each pair of channels; rates [1, 2, 5] become a 17x17. Equal wherever the layers read no padding: a stack
 * pads its intermediate images with zeros, where the single kernel goes on computing, so in a padded stack the pixels
 * near the border differ.
 */

import { ShapeError } from '../errors.js';
import { type Pair, pair } from '../ops/_window.js';

/** Numbers in row-major order: what `stateDict()` holds. */
export interface KernelValues {
  /** [out channels, in channels / groups, height, width] */
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

export interface ComposableLayer {
  readonly weight: KernelValues;
  /** [out channels] */
  readonly bias?: ArrayLike<number>;
  /** @default 1 */
  readonly stride?: Pair;
  /** @default 1 */
  readonly dilation?: Pair;
  /** @default 1 */
  readonly groups?: number;
}

export interface ComposedKernel {
  readonly weight: { readonly dtype: 'float32'; readonly shape: number[]; readonly data: Float32Array };
  readonly bias: { readonly dtype: 'float32'; readonly shape: number[]; readonly data: Float32Array };
  readonly stride: readonly [number, number];
}

/** A dense kernel in float64: at [o, i, y, x], with its strides and biases. */
interface Dense {
  readonly outChannels: number;
  readonly inChannels: number;
  readonly height: number;
  readonly width: number;
  readonly data: Float64Array;
  readonly bias: Float64Array;
  readonly stride: readonly [number, number];
}

/**
 * The dense kernel, bias and stride that equal `layers`, applied in order without padding and without anything between
 * them. Sums are float64, the result is rounded to float32 and fits `loadStateDict`.
 *
 * @throws ShapeError if there is no layer, if a weight is no kernel, or if the channels of two layers do not fit.
 */
export function composeKernels(layers: readonly ComposableLayer[]): ComposedKernel {
  const dense = layers.map(spread);
  const [first, ...others] = dense;
  if (first === undefined) {
    throw new ShapeError('there is nothing to compose; give at least one layer', {
      operator: 'composeKernels',
      rule: 'number of layers',
      got: 0,
      expected: 'at least 1',
    });
  }
  const { outChannels, inChannels, height, width, data, bias, stride } = others.reduce(composeTwo, first);
  return {
    weight: {
      dtype: 'float32',
      shape: [outChannels, inChannels, height, width],
      data: Float32Array.from(data),
    },
    bias: { dtype: 'float32', shape: [outChannels], data: Float32Array.from(bias) },
    stride,
  };
}

/** A layer with its holes and the zeros between its groups written out. */
function spread({ weight, bias, stride = 1, dilation = 1, groups = 1 }: ComposableLayer): Dense {
  const operator = 'composeKernels';
  const { shape, data } = weight;
  const [outChannels, perGroup, kernelHeight, kernelWidth] = shape as [number, number, number, number];
  const length = shape.reduce((product, side) => product * side, 1);
  if (shape.length !== 4 || length !== data.length || outChannels % groups !== 0) {
    throw new ShapeError(
      `a weight must have shape [out channels, in channels / groups, height, width] and as many values, and groups must divide its out channels, but it has shape [${shape.join(', ')}], ${data.length} values and groups ${groups}`,
      { operator, rule: 'weight', got: shape, expected: length },
    );
  }
  const [down, right] = pair(operator, 'dilation', dilation, 1);
  const height = (kernelHeight - 1) * down + 1;
  const width = (kernelWidth - 1) * right + 1;
  const inChannels = perGroup * groups;
  const result = new Float64Array(outChannels * inChannels * height * width);
  for (let index = 0; index < data.length; index++) {
    const x = index % kernelWidth;
    const y = Math.floor(index / kernelWidth) % kernelHeight;
    const i = Math.floor(index / (kernelWidth * kernelHeight)) % perGroup;
    const o = Math.floor(index / (kernelWidth * kernelHeight * perGroup));
    const channel = Math.floor((o * groups) / outChannels) * perGroup + i;
    result[((o * inChannels + channel) * height + y * down) * width + x * right] = data[index]!;
  }
  return {
    outChannels,
    inChannels,
    height,
    width,
    data: result,
    bias: Float64Array.from({ length: outChannels }, (_, o) => bias?.[o] ?? 0),
    stride: pair(operator, 'stride', stride, 1),
  };
}

function composeTwo(first: Dense, second: Dense): Dense {
  if (second.inChannels !== first.outChannels) {
    throw new ShapeError(
      `a layer of ${first.outChannels} output channels is followed by one that expects ${second.inChannels} input channels`,
      { operator: 'composeKernels', rule: 'channels', got: first.outChannels, expected: second.inChannels },
    );
  }
  const [down, right] = first.stride;
  const { inChannels } = first;
  const { outChannels } = second;
  const height = first.height + (second.height - 1) * down;
  const width = first.width + (second.width - 1) * right;
  const data = new Float64Array(outChannels * inChannels * height * width);
  const bias = Float64Array.from(second.bias);
  for (let index = 0; index < second.data.length; index++) {
    const factor = second.data[index]!;
    if (factor === 0) continue;
    const left = (index % second.width) * right;
    const top = (Math.floor(index / second.width) % second.height) * down;
    const m = Math.floor(index / (second.width * second.height)) % second.inChannels;
    const o = Math.floor(index / (second.width * second.height * second.inChannels));
    bias[o]! += factor * first.bias[m]!;
    for (let i = 0; i < inChannels; i++) {
      for (let y = 0; y < first.height; y++) {
        for (let x = 0; x < first.width; x++) {
          data[((o * inChannels + i) * height + top + y) * width + left + x]! +=
            factor * first.data[((m * inChannels + i) * first.height + y) * first.width + x]!;
        }
      }
    }
  }
  return {
    outChannels,
    inChannels,
    height,
    width,
    data,
    bias,
    stride: [down * second.stride[0], right * second.stride[1]],
  };
}
