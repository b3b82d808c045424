/** y = a * b, broadcast. gradient(a) = gradient(y) * b, gradient(b) = gradient(y) * a, summed over what was repeated. */

import { type Device, empty, type Operand } from '../device/device.js';
import type { Tensor } from '../tensor/tensor.js';
import { applyBroadcast, broadcastOperator, broadcastRecord } from './_broadcast.js';

export const mulOperator = broadcastOperator(
  'mul',
  ([aWanted, bWanted]) => ({ inputs: [...(bWanted ? [0] : []), ...(aWanted ? [1] : [])] }),
  (_, { device, inputs: [a, b], gradient, wanted: [aWanted, bWanted] }) => [
    aWanted ? product(device, gradient, b) : undefined,
    bWanted ? product(device, gradient, a) : undefined,
  ],
);

function product(device: Device, gradient: Operand, other: Operand): Operand {
  const y = empty(device, { shape: gradient.shape, dtype: 'float32' });
  device.run('mul', broadcastRecord('mul', gradient.shape, other.shape), { a: gradient, b: other, y });
  return y;
}

/**
 * The product of a and b, element by element, with NumPy's broadcasting.
 *
 * @throws ShapeError if the shapes do not broadcast.
 */
export function mul(a: Tensor, b: Tensor): Tensor {
  return applyBroadcast(mulOperator, a, b);
}
