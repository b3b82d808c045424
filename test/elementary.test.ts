import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cosPi, integerPower } from '../packages/tenfold/dist/tensor/elementary.js';

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

describe('integerPower', () => {
  test.each([
    [3, 0, 1],
    [0, 0, 1],
    [0, 3, 0],
    [-2, 9, -512],
    [3, 33, 5559060566555523],
    [0.5, 1074, Number.MIN_VALUE],
    [0.9, 100_000, 0],
    [1.5, 2000, Number.POSITIVE_INFINITY],
  ])('%d to the power of %d', (base, exponent, expected) => {
    expect(integerPower(base, exponent)).toBe(expected);
  });

  // Computed with 60 decimal digits from the float64 nearest to the base, and rounded.
  test.each([
    [0.9, 7, 0.4782969000000001],
    [0.999, 1000, 0.36769542477096373],
    [0.999, 123_457, 2.272374541889185e-54],
    [0.9999, 60_000, 0.0024780086129838003],
  ])('%d to the power of %d, to within its bound', (base, exponent, expected) => {
    expect(Math.abs(integerPower(base, exponent) / expected - 1)).toBeLessThan(exponent * 2.3e-16);
  });
});
