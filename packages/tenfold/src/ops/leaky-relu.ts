/**
 * y = x where x > 0, else negativeSlope * x (Maas, Hannun and Ng 2013, "Rectifier Nonlinearities Improve Neural Network
 * Acoustic Models"). gradient(x) = gradient(y) where x > 0, else negativeSlope * gradient(y).
 */

import { OptionError } from '../errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { applyElementwise, elementwiseOperator } from './_elementwise.js';

export interface LeakyReluOptions {
  /** @default 0.01 */
  readonly negativeSlope?: number;
}

export type LeakyReluNumbers = Required<LeakyReluOptions>;

export function leakyReluNumbers({ negativeSlope = 0.01 }: LeakyReluOptions): LeakyReluNumbers {
  if (!Number.isFinite(negativeSlope)) {
    throw new OptionError(`negativeSlope must be a finite number, not ${negativeSlope}`, {
      operator: 'leakyRelu',
      rule: 'negativeSlope',
      got: negativeSlope,
      expected: 'a finite number',
    });
  }
  return { negativeSlope };
}

export const leakyReluOperator = elementwiseOperator<LeakyReluNumbers>({
  name: 'leakyRelu',
  gradientReads: 'x',
  operations: 2,
});

/**
 * x where it is positive, a small multiple of it elsewhere, of any shape.
 *
 * @throws OptionError unless the slope is finite.
 */
export function leakyRelu(x: Tensor, options: LeakyReluOptions = {}): Tensor {
  return applyElementwise(leakyReluOperator, x, leakyReluNumbers(options));
}
