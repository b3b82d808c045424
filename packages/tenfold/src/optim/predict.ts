/** Computing without training: no tape, and nothing left behind on the device. */

import { nextTurn } from '#platform';
import type { TypedArray } from '../device/device.js';
import { scope } from '../tensor/scope.js';
import { noGrad } from '../tensor/tape.js';
import { Tensor } from '../tensor/tensor.js';
import { namedResults, readBack, type Tensors, type Values } from './_read-back.js';

/** A tensor as an array, an object of tensors as an object of arrays. */
export type Prediction<Results> = Results extends Tensor ? TypedArray : Values<Results>;

/**
 * Runs `body` without a tape, reads back the tensors that it returns and frees all that it made. Then lets the event
 * loop take a turn. Set the model to `eval()` first.
 *
 * @param body Returns a tensor, or an object of tensors.
 * @throws StateError if it returns anything else, a promise for instance.
 */
export async function predict<Results extends Tensor | Tensors<Results>>(
  body: () => Results,
): Promise<Prediction<Results>> {
  let single = false;
  const { copies } = scope(() => {
    const returned = noGrad(body);
    single = returned instanceof Tensor;
    return { copies: readBack(namedResults('predict', 'result', returned)) };
  });
  const [values] = await Promise.all([copies, nextTurn()]);
  return (single ? values.result : values) as Prediction<Results>;
}
