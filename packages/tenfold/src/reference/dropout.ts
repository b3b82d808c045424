import type { DropoutRecord } from '../ops/dropout.js';
import { philox } from '../tensor/random.js';
import type { View } from './device.js';

/** Forward on x, and backward on the gradient: the random numbers are the same both times. */
export function dropout(record: DropoutRecord, { x, y }: Readonly<Record<'x' | 'y', View>>): void {
  const words = new Uint32Array(4);
  for (let i = 0; i < record.length; i++) {
    if (i % 4 === 0) philox(record, i / 4, words);
    y.values[i] = words[i % 4]! < record.threshold ? 0 : x.values[i]! * record.scale;
  }
}
