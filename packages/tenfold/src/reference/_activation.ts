/** Activations that kernels compute along with their own result, by the number that they have in ops/_activation.ts. */

import type { View } from './device.js';
import { hardsigmoid, hardsigmoidGradient } from './hardsigmoid.js';
import { hardswish, hardswishGradient } from './hardswish.js';
import { relu, reluGradient } from './relu.js';
import { relu6, relu6Gradient } from './relu6.js';
import { sigmoid, sigmoidGradient } from './sigmoid.js';
import { silu, siluGradient } from './silu.js';

const forward = [relu, relu6, hardswish, silu, hardsigmoid, sigmoid];
const backward = [
  reluGradient,
  relu6Gradient,
  hardswishGradient,
  siluGradient,
  hardsigmoidGradient,
  sigmoidGradient,
];

function record({ values }: View) {
  return { shape: [values.length], length: values.length };
}

/** y = activation(x), for each element; y may be x. */
export function activate(activation: number, x: View, y: View): void {
  if (activation > 0) forward[activation - 1]!(record(x), { x, y });
  else y.values.set(x.values);
}

/** gradient(x) from x and the gradient of activation(x). */
export function activationGradient(activation: number, x: View, gradient: View, xGradient: View): void {
  if (activation === 0) {
    xGradient.values.set(gradient.values);
    return;
  }
  const y = { ...x, values: x.values.slice() };
  activate(activation, x, y);
  backward[activation - 1]!(record(x), { x, y, gradient, xGradient });
}
