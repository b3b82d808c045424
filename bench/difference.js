// How far results of two implementations may be apart.

/**
 * Relative to the largest result. Winograd's method errs by up to 5e-6; sums of a hundred thousand numbers, in whatever
 * order, by up to 2e-5.
 */
export const tolerance = 5e-5;

/** The largest difference over the largest expected magnitude; infinite for results of another length. */
export function largestDifference(expected, found) {
  if (found.length !== expected.length) return Number.POSITIVE_INFINITY;
  let magnitude = 0;
  let difference = 0;
  for (let index = 0; index < expected.length; index++) {
    magnitude = Math.max(magnitude, Math.abs(expected[index]));
    difference = Math.max(difference, Math.abs(expected[index] - found[index]));
  }
  return difference === 0 ? 0 : difference / magnitude;
}
