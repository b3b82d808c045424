/**
 * Elementary functions in plain float64 arithmetic. Engines are free to round Math.cos and its kin as they like, so
 * whatever reaches a tensor uses these instead and has the same bits on every machine.
 */

/** The cosine of pi * x, to within 3e-16; exactly 0 and +-1 where the cosine is. */
export function cosPi(x: number): number {
  // The cosine is even, has period 2 and is odd around 1/2; every step of the reduction is exact.
  const period = Math.abs(x) % 2;
  const half = period > 1 ? 2 - period : period;
  return half > 0.5 ? -firstQuarter(1 - half) : firstQuarter(half);
}

/** The cosine of pi * x for 0 <= x <= 1/2; beyond 1/4 the sine of the rest is more exact. */
function firstQuarter(x: number): number {
  if (x <= 0.25) return powerSeries(Math.PI * x * (Math.PI * x), cosineSeries);
  const rest = Math.PI * (0.5 - x);
  return rest * powerSeries(rest * rest, sineSeries);
}

/** 1 / 0!, -1 / 2!, 1 / 4!, ...: the next term is below 3e-18 at pi / 4. */
const cosineSeries = [
  1,
  -1 / 2,
  1 / 24,
  -1 / 720,
  1 / 40320,
  -1 / 3628800,
  1 / 479001600,
  -1 / 87178291200,
  1 / 20922789888000,
];

/** 1 / 1!, -1 / 3!, 1 / 5!, ... */
const sineSeries = [
  1,
  -1 / 6,
  1 / 120,
  -1 / 5040,
  1 / 362880,
  -1 / 39916800,
  1 / 6227020800,
  -1 / 1307674368000,
  1 / 355687428096000,
];

function powerSeries(x: number, coefficients: readonly number[]): number {
  return coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
}

/** base^exponent for a whole exponent from 0 up, by repeated squaring; its relative error is below exponent * 2.3e-16. */
export function integerPower(base: number, exponent: number): number {
  let result = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}
