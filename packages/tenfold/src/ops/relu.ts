/** y = max(x, 0) (Nair and Hinton 2010). gradient(x) = gradient(y) where y > 0, else 0. */

import { elements, empty, type Operand } from '../device/device.js';
import type { Tensor } from '../tensor/tensor.js';
import { apply, type Operator } from './_operator.js';

export interface ElementwiseRecord {
  readonly shape: readonly number[];
  readonly length: number;
}

export const reluOperator: Operator<ElementwiseRecord, readonly [x: Operand]> = {
  name: 'relu',
  outputs: ({ shape }) => [{ shape, dtype: 'float32' }],
  cost: ({ length }) => ({ multiplyAccumulates: 0, otherOperations: length }),
  field: () => ({ kind: 'pointwise' }),
  forward: (device, record, [x], [y]) => device.run('relu', record, { x, y }),
  // The output tells where the input was positive, and the next layer keeps it anyway.
  retain: () => ({ outputs: [0] }),
  backward(record, { device, outputs: [y], gradient }) {
    const xGradient = empty(device, { shape: record.shape, dtype: 'float32' });
    device.run('reluGradient', record, { y, gradient, xGradient });
    return [xGradient];
  },
};

/** The positive part of x, of any shape; NaN stays NaN. */
export function relu(x: Tensor): Tensor {
  return apply(reluOperator, { shape: x.shape, length: elements(x.shape) }, [x]);
}
