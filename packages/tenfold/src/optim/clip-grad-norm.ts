/**
 * Clipping by the norm of all gradients together (Pascanu et al. 2013, algorithm 1):
 *
 *   norm = sqrt(sum over all gradients of their squares),  gradient *= min(1, maxNorm / (norm + 1e-6))
 *
 * as torch.nn.utils.clip_grad_norm_ does. Nothing is read back: the factor stays on the device.
 */

import { currentDevice } from '../device/current.js';
import { empty } from '../device/device.js';
import { OptionError } from '../errors.js';
import { Tensor } from '../tensor/tensor.js';

/**
 * Scales the gradients of `parameters` in place so that their common norm is at most `maxNorm`.
 *
 * @returns The norm before clipping, a scalar; 0 if no parameter has a gradient.
 * @throws OptionError unless maxNorm is above 0.
 */
export function clipGradNorm(parameters: readonly Tensor[], maxNorm: number): Tensor {
  if (!(maxNorm > 0)) {
    throw new OptionError(`maxNorm must be above 0, not ${maxNorm}`, {
      operator: 'clipGradNorm',
      rule: 'maxNorm',
      got: maxNorm,
      expected: 'above 0',
    });
  }
  const gradients = parameters.flatMap(({ grad }) => (grad === undefined ? [] : [grad]));
  const device = parameters[0]?.device ?? currentDevice();
  const count = gradients.length;
  const sums = empty(device, { shape: [count], dtype: 'float32' });
  const factor = empty(device, { shape: [], dtype: 'float32' });
  const norm = new Tensor(empty(device, { shape: [], dtype: 'float32' }));
  gradients.forEach((x, index) => {
    device.run('sumOfSquares', { length: x.length, index }, { x, sums });
  });
  device.run('clipFactor', { count, maxNorm }, { sums, norm, factor });
  // Parameters that were added have one gradient in common, in the same memory.
  const distinct = new Map(gradients.map((x) => [x.storage, x]));
  for (const [storage, x] of distinct) {
    device.run('scaleBy', { length: x.length }, { x, factor });
    storage.version++;
  }
  sums.storage.release();
  factor.storage.release();
  return norm;
}
