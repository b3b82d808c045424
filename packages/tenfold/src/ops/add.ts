/** y = a + b, broadcast. gradient(a) = gradient(b) = gradient(y), summed over what was repeated. */

import type { Tensor } from '../tensor/tensor.js';
import { applyBroadcast, broadcastOperator, shared } from './_broadcast.js';

export const addOperator = broadcastOperator({
  name: 'add',
  retain: () => ({}),
  gradients: (_, { gradient, wanted: [aWanted, bWanted] }) => [
    aWanted ? shared(gradient) : undefined,
    bWanted ? shared(gradient) : undefined,
  ],
});

/**
 * The sum of a and b, with NumPy's broadcasting.
 *
 * @throws ShapeError if the shapes do not broadcast.
 */
export function add(a: Tensor, b: Tensor): Tensor {
  return applyBroadcast(addOperator, a, b);
}
