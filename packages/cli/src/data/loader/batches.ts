import type { Normalisation } from '../image-set.js';
import type { Part } from '../split.js';
import { type Batch, batchMaker } from './batch.js';

/** Cuts images into batches of `size` as they are, in order; the last one takes what remains. */
export function* batches(
  { set, indices }: Part,
  size: number,
  normalisation: Normalisation,
): Generator<Batch> {
  const make = batchMaker({ set, normalisation, augmentation: 'none', seed: 0 });
  for (let start = 0; start < indices.length; start += size)
    yield make(indices.slice(start, start + size), 0);
}
