/** y = a - b, broadcast. gradient(a) = gradient(y), gradient(b) = -gradient(y), summed over what was repeated. */

import type { Tensor } from '../tensor/tensor.js';
import { applyBroadcast, broadcastOperator, shared } from './_broadcast.js';

export const subOperator = broadcastOperator({
  name: 'sub',
  retain: () => ({}),
  gradients: (_, { gradient, wanted: [aWanted, bWanted] }) => [
    aWanted ? shared(gradient) : undefined,
    bWanted ? shared(gradient) : undefined,
  ],
  bSign: -1,
});

/**
 * a minus b, with NumPy's broadcasting.
 *
 * @throws ShapeError if the shapes do not broadcast.
 */
export function sub(a: Tensor, b: Tensor): Tensor {
  return applyBroadcast(subOperator, a, b);
}
