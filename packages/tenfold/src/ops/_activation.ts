/** Activations that other operators compute along with their own result, before it is stored. */

import { elements } from '../device/device.js';
import type { Tensor } from '../tensor/tensor.js';
import type { ElementwiseOperator } from './_elementwise.js';
import { hardsigmoid, hardsigmoidOperator } from './hardsigmoid.js';
import { hardswish, hardswishOperator } from './hardswish.js';
import { relu, reluOperator } from './relu.js';
import { relu6, relu6Operator } from './relu6.js';
import { sigmoid, sigmoidOperator } from './sigmoid.js';
import { silu, siluOperator } from './silu.js';

/** A function of each element by itself: `relu`, `hardswish`, `(x) => leakyRelu(x, ...)`. */
export type Activation = (x: Tensor) => Tensor;

/** Their number, from 1, is what kernels know them by (kernels/lib/activation.ts); 0 is none. */
const known: readonly (readonly [Activation, ElementwiseOperator])[] = [
  [relu, reluOperator],
  [relu6, relu6Operator],
  [hardswish, hardswishOperator],
  [silu, siluOperator],
  [hardsigmoid, hardsigmoidOperator],
  [sigmoid, sigmoidOperator],
];

/** Those that follow do more than to cut off what lies outside of two limits: their gradient needs their input. */
const lastOfLimits = 2;

export const limitsOnly = (activation: number): boolean => activation <= lastOfLimits;

/** The number of an activation; undefined for one that kernels do not know. */
export function activationNumber(activation: Activation | undefined): number | undefined {
  if (activation === undefined) return 0;
  const index = known.findIndex(([it]) => it === activation);
  return index < 0 ? undefined : index + 1;
}

/** Arithmetic operations on a tensor of that shape. */
export function activationOperations(activation: number, shape: readonly number[]): number {
  if (activation === 0) return 0;
  return known[activation - 1]![1].cost({ shape, length: elements(shape) }).otherOperations;
}
