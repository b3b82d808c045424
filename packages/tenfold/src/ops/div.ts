/**
 * y = a / b, broadcast. gradient(a) = gradient(y) / b, gradient(b) = -(gradient(y) / b) * y, summed over what was repeated.
 * Division by 0 gives infinities, and NaN of 0, as IEEE 754 has it.
 */

import type { Tensor } from '../tensor/tensor.js';
import { applyBroadcast, broadcastOperator, combine, shared } from './_broadcast.js';

export const divOperator = broadcastOperator({
  name: 'div',
  retain: ([, bWanted]) => ({ inputs: [1], outputs: bWanted ? [0] : [] }),
  gradients(_, { inputs: [, b], outputs: [y], gradient, wanted: [aWanted, bWanted] }) {
    const quotient = combine('div', gradient, b);
    if (!bWanted) return [{ gradient: quotient }, undefined];
    const product = { gradient: quotient, times: y! };
    return aWanted ? [shared(quotient), product] : [undefined, product];
  },
  bSign: -1,
});

/**
 * a divided by b, element by element, with NumPy's broadcasting.
 *
 * @throws ShapeError if the shapes do not broadcast.
 */
export function div(a: Tensor, b: Tensor): Tensor {
  return applyBroadcast(divOperator, a, b);
}
