/** The elementary functions of the wasm kernels against float64, over all magnitudes, and that place changes nothing. */

import { exp, full, log, onDevice, pow, scope, sigmoid, silu, type Tensor, tanh, tensor } from 'tenfold';
import { describe, expect, test } from 'vitest';
import { wasm } from './devices.js';

/** Every so many float32 numbers, so that each power of two, positive or negative, has hundreds; and the extremes. */
const stride = 30_011;
const extremes = [0, -0, 1, -1, 2 ** -149, -(2 ** -149), 2 ** -126, 3.4028234e38, -3.4028234e38];

const samples: Float32Array = (() => {
  const bits = Uint32Array.from({ length: Math.floor(2 ** 32 / stride) }, (_, index) => index * stride);
  const spread = new Float32Array(bits.buffer).filter((value) => !Number.isNaN(value));
  return Float32Array.from([...spread, ...extremes, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
})();

/** The distance of float32 neighbours at a value. */
function ulp(value: number): number {
  let power = 2 ** -126;
  while (power <= Math.abs(value) / 2) power *= 2;
  return power * 2 ** -23;
}

/** float32's largest number and half a step: from here on the nearest float32 is infinity. */
const overflow = 2 ** 128 - 2 ** 103;

/** The largest error in units in the last place; where float32 has no finite number, the result must be exact. */
function worstError(operator: (x: Tensor) => Tensor, exact: (x: number) => number, x: Float32Array) {
  const y = onDevice(wasm, () => scope(() => operator(tensor(x)).dataSync()));
  let worst = { error: 0, x: 0, y: 0 };
  x.forEach((value, index) => {
    const expected = exact(value);
    const found = y[index]!;
    const special = Number.isNaN(expected) || Math.abs(expected) >= overflow;
    const matches = Object.is(found, special ? Math.fround(expected) : expected);
    const error = matches
      ? 0
      : special
        ? Number.POSITIVE_INFINITY
        : Math.abs(found - expected) / ulp(expected);
    // A result that overflowed too early is infinitely wrong, and NaN is never right here.
    if (!(error <= worst.error)) worst = { error, x: value, y: found };
  });
  return worst;
}

const logistic = (x: number) => 1 / (1 + Math.exp(-x));

describe('units in the last place', () => {
  test.each([
    { name: 'exp', operator: exp, exact: Math.exp, allowed: 2 },
    { name: 'log', operator: log, exact: Math.log, allowed: 1 },
    { name: 'sigmoid', operator: sigmoid, exact: logistic, allowed: 3 },
    { name: 'tanh', operator: tanh, exact: Math.tanh, allowed: 2 },
  ])('$name: at most $allowed', ({ operator, exact, allowed }) => {
    const { error, x, y } = worstError(operator, exact, samples);
    expect(error, `${y} at ${x}`).toBeLessThanOrEqual(allowed);
  });

  test('silu: at most 4 where its exponential is a normal number, and 1e-42 in all beyond', () => {
    const exact = (x: number) => x * logistic(x);
    const near = samples.filter((x) => x > -87);
    const { error, x, y } = worstError(silu, exact, near);
    expect(error, `${y} at ${x}`).toBeLessThanOrEqual(4);
    const far = Float32Array.from({ length: 1000 }, (_, index) => -87 - index / 10);
    expect(worstError(silu, exact, far).error * 2 ** -149).toBeLessThan(1e-42);
  });

  const power = (exponent: number) => (x: number) =>
    exponent === 0.5 ? Math.sqrt(x) : exponent === -0.5 ? 1 / Math.sqrt(x) : x ** exponent;

  test.each([
    2,
    3,
    4,
    7,
    64,
    65,
    100,
    1e4,
    -1,
    -2,
    -3,
    -64,
    -65,
    0.5,
    -0.5,
    1.5,
    -1.5,
    2.5,
    7.5,
    -4.5,
    63.5,
    1 / 3,
    0.1,
    0.0025,
    -0.75,
    16.7,
  ])('pow to %d: at most 0.51', (exponent) => {
    const { error, x, y } = worstError((t) => pow(t, exponent), power(Math.fround(exponent)), samples);
    expect(error, `${y} at ${x}`).toBeLessThanOrEqual(0.51);
  });

  test.each([
    { name: 'exp', operator: exp, exact: Math.exp, from: -20, to: 20, allowed: 2 },
    { name: 'log around 1', operator: log, exact: Math.log, from: 0.5, to: 2, allowed: 1 },
    { name: 'sigmoid', operator: sigmoid, exact: logistic, from: -20, to: 20, allowed: 3 },
    { name: 'tanh', operator: tanh, exact: Math.tanh, from: -2, to: 2, allowed: 2 },
    { name: 'silu', operator: silu, exact: (x: number) => x * logistic(x), from: -20, to: 20, allowed: 4 },
  ])('$name, densely from $from to $to: at most $allowed', ({ operator, exact, from, to, allowed }) => {
    const steps = 200_000;
    const dense = Float32Array.from({ length: steps }, (_, index) => from + ((to - from) * index) / steps);
    const { error, x, y } = worstError(operator, exact, dense);
    expect(error, `${y} at ${x}`).toBeLessThanOrEqual(allowed);
  });
});

describe('an element gives the same bits wherever it is', () => {
  const values = [0.3, -1.7, 2.9, 0.01, -0.6, 5.1, 1.3];
  test.each([
    ['exp', exp],
    ['log', log],
    ['sigmoid', sigmoid],
    ['tanh', tanh],
    ['silu', silu],
    ['pow', (x: Tensor) => pow(x, 1.7)],
  ] as const)('%s', (_, operator) => {
    const compute = (x: readonly number[]) =>
      onDevice(wasm, () => scope(() => [...operator(tensor(x)).dataSync()]));
    const alone = values.map((value) => compute([value])[0]!);
    for (let length = 1; length <= values.length; length++) {
      expect(compute(values.slice(0, length))).toEqual(alone.slice(0, length));
      expect(compute(values.slice(-length))).toEqual(alone.slice(-length));
    }
  });
});

test.each([1, 2, 3, 4, 5, 6, 7, 8])('%i elements: nothing beyond them is written', async (length) => {
  const operands = onDevice(wasm, () => ({
    x: full([8], 2),
    y: full([8], 5),
    gradient: full([8], 3),
    xGradient: full([8], 7),
  }));
  wasm.run('relu', { length }, operands);
  wasm.run('reluGradient', { length }, operands);
  const expected = (written: number, before: number) =>
    Array.from({ length: 8 }, (_, index) => (index < length ? written : before));
  expect([...(await operands.y.data())]).toEqual(expected(2, 5));
  expect([...(await operands.xGradient.data())]).toEqual(expected(3, 7));
  for (const operand of Object.values(operands)) operand.dispose();
});
