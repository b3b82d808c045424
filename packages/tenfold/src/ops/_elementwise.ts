/**
 * Operators that map each element by itself. An operator NAME runs the kernel NAME forward, on x, and NAMEGradient
 * backward, on the gradient and on x or y, whichever tells the derivative.
 */

import { elements, empty, type Operand } from '../device/device.js';
import type { Tensor } from '../tensor/tensor.js';
import { apply, type Operator, ownChannel } from './_operator.js';

export interface ElementwiseRecord {
  readonly shape: readonly number[];
  readonly length: number;
}

export type ElementwiseOperator<Options extends object = object> = Operator<
  ElementwiseRecord & Options,
  readonly [x: Operand]
>;

export interface ElementwiseDescription {
  readonly name: string;
  /** What the gradient reads: the input, or the output, which the next layer often keeps anyway. */
  readonly gradientReads: 'x' | 'y';
  /** Arithmetic operations per element. */
  readonly operations: number;
}

/** @typeParam Options The numbers that both kernels read besides the length. */
export function elementwiseOperator<Options extends object>({
  name,
  gradientReads,
  operations,
}: ElementwiseDescription): ElementwiseOperator<Options> {
  return {
    name,
    outputs: ({ shape }) => [{ shape, dtype: 'float32' }],
    cost: ({ length }) => ({ multiplyAccumulates: 0, otherOperations: operations * length }),
    field: () => ({ kind: 'pointwise' }),
    channels: () => ownChannel,
    forward: (device, record, [x], [y]) => device.run(name, record, { x, y }),
    retain: () => (gradientReads === 'x' ? { inputs: [0] } : { outputs: [0] }),
    backward(record, { device, inputs: [x], outputs: [y], gradient }) {
      const xGradient = elementwiseGradient(gradient);
      device.run(`${name}Gradient`, record, { x, y, gradient, xGradient });
      return [xGradient];
    },
  };
}

/** Where the gradient of x goes, element by element: in place of that of y if nobody else holds that. */
export function elementwiseGradient(gradient: Operand): Operand {
  const { device, shared } = gradient.storage;
  return shared ? empty(device, gradient) : { ...gradient, storage: gradient.storage.retain() };
}

export function applyElementwise<Options extends object>(
  operator: ElementwiseOperator<Options>,
  x: Tensor,
  options: Options,
): Tensor {
  return apply(operator, { ...options, shape: x.shape, length: elements(x.shape) }, [x]);
}
