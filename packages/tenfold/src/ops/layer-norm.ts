/**
 * Layer normalisation (Ba, Kiros and Hinton 2016, equation 3; with eps, as in PyTorch) over the last axes:
 *
 *   y = (x - mean) / sqrt(variance + eps) * weight + bias,
 *
 * with the mean and (biased) variance over the axes of normalizedShape, and a weight and bias for each element of it;
 * for images [N, H, W, C] usually the channels of a pixel. With h = (x - mean) / sqrt(variance + eps) and
 * d = gradient(y) * weight: gradient(bias) and gradient(weight) are the sums of gradient(y) and gradient(y) * h over the
 * other axes, and gradient(x) = (d - mean(d) - h * mean(d * h)) / sqrt(variance + eps).
 */

import { elements } from '../device/device.js';
import { OptionError, ShapeError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { type Affine, checkEps, type NormalisationRecord, normalisationOperator } from './_normalisation.js';
import { allChannels, apply } from './_operator.js';

export interface LayerNormOptions {
  /** The last sides of x, over which it is normalised; a number stands for the last one alone. */
  readonly normalizedShape: number | readonly number[];
  /** @default 1e-5 */
  readonly eps?: number;
}

export interface LayerNormRecord extends NormalisationRecord {
  readonly rows: number;
  /** Elements of a row, which are normalised together. */
  readonly length: number;
  readonly eps: number;
}

export function layerNormRecord(
  shape: readonly number[],
  perElement: Readonly<Record<string, readonly number[] | undefined>>,
  options: LayerNormOptions,
): LayerNormRecord {
  const operator = 'layerNorm';
  const { eps = 1e-5 } = options;
  const normalizedShape = normalizedShapeOf(operator, options.normalizedShape);
  const outer = shape.length - normalizedShape.length;
  if (!same(shape.slice(Math.max(0, outer)), normalizedShape)) {
    throw new ShapeError(
      `input [${shape.join(', ')}] does not end in the normalizedShape [${normalizedShape.join(', ')}]`,
      { operator, rule: 'normalizedShape', got: shape, expected: normalizedShape },
    );
  }
  for (const [name, given] of Object.entries(perElement)) {
    if (given === undefined || same(given, normalizedShape)) continue;
    throw new ShapeError(
      `${name} has shape [${given.join(', ')}] but the normalizedShape is [${normalizedShape.join(', ')}]`,
      { operator, rule: `${name} shape`, got: given, expected: normalizedShape },
    );
  }
  checkEps(operator, eps);
  const rows = elements(shape.slice(0, outer));
  return { shape, parameterShape: normalizedShape, rows, length: elements(normalizedShape), eps };
}

export function normalizedShapeOf(
  operator: string,
  given: LayerNormOptions['normalizedShape'],
): readonly number[] {
  const shape = typeof given === 'number' ? [given] : given;
  if (shape.length > 0 && shape.every((side) => Number.isInteger(side) && side >= 1)) return shape;
  throw new OptionError(
    `normalizedShape must be a whole number from 1 up, or a list of them, not ${JSON.stringify(given)}`,
    { operator, rule: 'normalizedShape', got: given, expected: 'integers >= 1' },
  );
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((side, axis) => side === b[axis]);
}

export const layerNormOperator = normalisationOperator<LayerNormRecord>(
  'layerNorm',
  ({ rows }) => [rows],
  ({ parameterShape }) => ({
    field: { kind: parameterShape.length === 1 ? 'pointwise' : 'statistics' },
    channels: allChannels,
  }),
);

/**
 * Normalises x over its last axes, those of normalizedShape; weight and bias have that shape.
 *
 * @throws ShapeError if x does not end in normalizedShape, or weight or bias is of another; OptionError for an impossible
 *   normalizedShape, or a negative eps.
 */
export function layerNorm(x: Tensor, { weight, bias }: Affine, options: LayerNormOptions): Tensor {
  const record = layerNormRecord(x.shape, { weight: weight?.shape, bias: bias?.shape }, options);
  return apply(layerNormOperator, record, [x, weight, bias]);
}
