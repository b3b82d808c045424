/** The device without data: shapes flow through it and nothing is computed, so a network can be counted before it exists. */

import { StateError } from '../errors.js';
import type { Device } from './device.js';

export const meta: Device = {
  name: 'meta',
  description: 'meta, shapes only',
  allocate: () => undefined,
  free: () => {},
  write: () => {},
  async read() {
    throw new StateError(
      'a tensor of the meta device has a shape but no data: make the model on a real device to read it',
    );
  },
  run: () => {},
  usage: () => ({ bytes: 0, tensors: 0 }),
};
