/**
 * Winograd's F(4x4, 3x3) in rational numbers, and what it makes of rounding errors.
 *
 * Its results are sums over planes of products U * V of transformed weights and pixels. Weights and pixels of
 * independent, even signs make Var U = |G_p|^2 and Var V = |B_p|^2 along one axis, of which row i of A' takes A_pi^2; the
 * result itself has the variance 3. All roundings (of U, of V, of their products, of sums over channels) are relative to
 * these products, where those of plain sums are relative to the result. So along one axis errors grow by the square
 * root of
 *
 *   gain_i = sum over p of A_pi^2 |G_p|^2 |B_p|^2 / 3,
 *
 * and in both directions of an image by the root of gain_i * gain_j. The weight gradient is the same with A and G
 * exchanged and 4 for 3. (Barabasz et al., Error analysis and improving the accuracy of Winograd convolution for deep
 * neural networks, 2020, derive bounds of the same kind for the worst case.)
 */

/** Numerator and denominator, which is positive. */
export type Rational = readonly [bigint, bigint];
export type Matrix = readonly (readonly Rational[])[];

const gcd = (a: bigint, b: bigint): bigint => (b === 0n ? (a < 0n ? -a : a) : gcd(b, a % b));

export function rational(numerator: bigint, denominator = 1n): Rational {
  const divisor = gcd(numerator, denominator) * (denominator < 0n ? -1n : 1n);
  return [numerator / divisor, denominator / divisor];
}

const zero = rational(0n);
const one = rational(1n);
export const plus = ([a, b]: Rational, [c, d]: Rational) => rational(a * d + c * b, b * d);
export const times = ([a, b]: Rational, [c, d]: Rational) => rational(a * c, b * d);
const minus = (a: Rational, [c, d]: Rational) => plus(a, [-c, d]);
const over = (a: Rational, [c, d]: Rational) => times(a, rational(d, c));
const sumOf = (values: readonly Rational[]) => values.reduce(plus, zero);
const productOf = (values: readonly Rational[]) => values.reduce(times, one);

export const points: readonly Rational[] = [zero, [5n, 8n], [-5n, 8n], [3n, 2n], [-3n, 2n]];

const powers = (point: Rational, count: number) =>
  Array.from({ length: count }, (_, power) => productOf(Array<Rational>(power).fill(point)));
const leading = (count: number) =>
  Array.from({ length: count }, (_, power) => (power === count - 1 ? one : zero));
const others = (point: Rational) => points.filter((other) => other !== point);

/** The coefficients of the product of t - root over all roots, from the constant one up, as `count` numbers. */
function monic(roots: readonly Rational[], count: number): Rational[] {
  let coefficients: Rational[] = [one];
  for (const root of roots) {
    const shifted = [zero, ...coefficients];
    coefficients = shifted.map((value, power) => minus(value, times(root, coefficients[power] ?? zero)));
  }
  return Array.from({ length: count }, (_, power) => coefficients[power] ?? zero);
}

/** 6 x 4, 6 x 3 and 6 x 6 (transposed), as kernels/lib/winograd.ts defines them. */
export const A: Matrix = [...points.map((point) => powers(point, 4)), leading(4)];
export const G: Matrix = [
  ...points.map((point) => {
    const normal = productOf(others(point).map((other) => minus(point, other)));
    return powers(point, 3).map((power) => over(power, normal));
  }),
  leading(3),
];
export const B: Matrix = [...points.map((point) => monic(others(point), 6)), monic(points, 6)];

const squares = (matrix: Matrix) => matrix.map((row) => row.map((value) => times(value, value)));

/** Along one axis, for each result: `gain_i` above. */
function gains(combining: Matrix, transforming: Matrix): number[] {
  const results = combining[0]!.length;
  const terms = rational(BigInt(transforming[0]!.length));
  const powersOf = squares(transforming).map(sumOf);
  const pixels = squares(B).map(sumOf);
  return Array.from({ length: results }, (_, i) => {
    const sums = squares(combining).map((row, p) => times(row[i]!, times(powersOf[p]!, pixels[p]!)));
    const [numerator, denominator] = over(sumOf(sums), terms);
    return Number(numerator) / Number(denominator);
  });
}

const largest = (values: readonly number[]) => Math.max(...values);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const forward = gains(A, G);
const weightGradient = gains(G, A);

/** The growth of the root mean square error over all results of a tile. */
export const typicalGain = Math.max(mean(forward), mean(weightGradient));

/** That of the result of a tile where it is largest. */
export const largestGain = Math.max(largest(forward), largest(weightGradient));
