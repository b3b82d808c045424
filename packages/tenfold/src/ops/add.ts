/** y = a + b, broadcast. gradient(a) = gradient(b) = gradient(y), summed over what was repeated. */

import type { Tensor } from '../tensor/tensor.js';
import { applyBroadcast, broadcastOperator } from './_broadcast.js';

export const addOperator = broadcastOperator(
  'add',
  () => ({}),
  (_, { gradient, wanted: [aWanted, bWanted] }) => {
    const share = (wanted: boolean | undefined) =>
      wanted ? { ...gradient, storage: gradient.storage.retain() } : undefined;
    return [share(aWanted), share(bWanted)];
  },
);

/**
 * The sum of a and b, with NumPy's broadcasting.
 *
 * @throws ShapeError if the shapes do not broadcast.
 */
export function add(a: Tensor, b: Tensor): Tensor {
  return applyBroadcast(addOperator, a, b);
}
