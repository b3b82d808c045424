import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cosPi } from '../packages/tenfold/dist/tensor/elementary.js';

describe('cosPi', () => {
  // Computed with 60 decimal digits and rounded.
  test.each([
    [0.01, 0.9995065603657316],
    [0.1, 0.9510565162951535],
    [0.2, 0.8090169943749475],
    [0.25, Math.SQRT1_2],
    [0.26, 0.6845471059286886],
    [0.3333333333333333, 0.5],
    [0.4, 0.30901699437494734],
    [0.499999, 3.1415926535005707e-6],
    [0.6, -0.30901699437494734],
    [0.75, -Math.SQRT1_2],
    [0.9, -0.9510565162951536],
    [0.999, -0.9999950652018582],
    [1.1, -0.9510565162951535],
    [1.25, -Math.SQRT1_2],
    [1.7, 0.587785252292473],
    [1.999, 0.9999950652018582],
    [5.3, -0.5877852522924736],
    [7.3, -0.5877852522924736],
    [123.456, -0.1377902906846285],
    [1000000.125, 0.9238795325112867],
  ])('of %d', (x, expected) => {
    expect(Math.abs(cosPi(x) - expected)).toBeLessThan(1e-15);
    expect(cosPi(-x)).toBe(cosPi(x));
  });

  test('is exact where the cosine is', () => {
    const multiples = [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3, 1e9];
    expect(multiples.map((x) => cosPi(x) + 0)).toEqual([1, 0, -1, 0, 1, 0, -1, 0, 1, 0, -1, 1]);
  });

  test('keeps its relative precision near its zeros', () => {
    expect(cosPi(0.5 - 1e-9) / 3.141592740443335e-9).toBeCloseTo(1, 7);
    expect(cosPi(0.499999) / 3.1415926535005707e-6).toBeCloseTo(1, 14);
  });

  test('and the sine, its shifted self, lie on the unit circle', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 2, noNaN: true }), (x) => {
        const cosine = cosPi(x);
        const sine = cosPi(x - 0.5);
        return Math.abs(cosine * cosine + sine * sine - 1) < 2e-15;
      }),
    );
  });
});
