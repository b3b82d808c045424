import { expect } from 'vitest';

/**
 * Holds every element of `actual` against `expected`; `tolerance` is relative to the largest finite magnitude of
 * `expected`, or to `leastMagnitude` if that is larger (that of the summands, where all sums may happen to be small).
 * NaN and the infinities must be where they are expected, and nowhere else.
 */
export function expectClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what = 'the result',
  leastMagnitude = 0,
): void {
  expect(actual.length, `the number of elements of ${what}`).toBe(expected.length);
  let magnitude = leastMagnitude;
  for (let i = 0; i < expected.length; i++) {
    if (Number.isFinite(expected[i])) magnitude = Math.max(magnitude, Math.abs(expected[i]!));
  }
  let worst = 0;
  let where = 0;
  for (let i = 0; i < expected.length; i++) {
    const error = Object.is(actual[i], expected[i]) ? 0 : Math.abs(actual[i]! - expected[i]!);
    const comparable = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
    if (comparable > worst) {
      worst = comparable;
      where = i;
    }
  }
  if (worst > tolerance * magnitude) {
    expect.fail(
      `${what}: largest error ${worst} at index ${where}, where ${actual[where]} is not ${expected[where]} (tolerance ${tolerance} of magnitude ${magnitude})`,
    );
  }
}
