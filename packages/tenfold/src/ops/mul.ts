/** y = a * b, broadcast. gradient(a) = gradient(y) * b, gradient(b) = gradient(y) * a, summed over what was repeated. */

import type { Tensor } from '../tensor/tensor.js';
import { applyBroadcast, broadcastOperator, shared } from './_broadcast.js';

export const mulOperator = broadcastOperator({
  name: 'mul',
  retain: ([aWanted, bWanted]) => ({ inputs: [...(bWanted ? [0] : []), ...(aWanted ? [1] : [])] }),
  gradients: (_, { inputs: [a, b], gradient, wanted: [aWanted, bWanted] }) => [
    aWanted ? shared(gradient, b) : undefined,
    bWanted ? shared(gradient, a) : undefined,
  ],
});

/**
 * The product of a and b, element by element, with NumPy's broadcasting.
 *
 * @throws ShapeError if the shapes do not broadcast.
 */
export function mul(a: Tensor, b: Tensor): Tensor {
  return applyBroadcast(mulOperator, a, b);
}
