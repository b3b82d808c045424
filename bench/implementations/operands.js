// The numbers that all implementations compute with.

import { elements } from '../../packages/tenfold/dist/device/device.js';
import { uniform } from '../../packages/tenfold/dist/index.js';

const pool = uniform(2 ** 20, -1, 1, { seed: 1, purpose: 'bench' });

/** Reproducible numbers for input number `index` of a case. They repeat after a million. */
export function numbersOf({ shape, dtype, values }, index) {
  const length = elements(shape);
  const made = dtype === 'int32' ? new Int32Array(length) : new Float32Array(length);
  const convert =
    values === 'positive'
      ? (value) => 1 + value / 2
      : typeof values === 'object'
        ? (value) => Math.min(values.classes - 1, Math.floor(((value + 1) / 2) * values.classes))
        : undefined;
  // Inputs begin at different places, so that no two are the same.
  const from = index * 10_007;
  for (let at = 0; at < length; ) {
    const start = (from + at) & (pool.length - 1);
    const part = pool.subarray(start, Math.min(pool.length, start + length - at));
    made.set(convert === undefined ? part : part.map(convert), at);
    at += part.length;
  }
  return made;
}
