// Minimal filtering F(4, 3): four results of a kernel of three taps from six products instead of twelve, in both
// directions of an image F(4x4, 3x3), 36 products instead of 144 (Winograd, Arithmetic complexity of computations, 1980;
// Lavin and Gray, Fast algorithms for convolutional neural networks, 2016).
//
// A correlation is the transpose of a product of polynomials, and a polynomial of degree 5 is known from its values at
// five points p and its leading coefficient. With the points 0, a, -a, b, -b, with N(p) the product of p - q over the
// other points q, and with the coefficients of polynomials from the constant one up:
//
//   y = A' [(G w) * (B' x)]      A (6 x 4): rows 1, p, p^2, p^3, and 0, 0, 0, 1 for the leading coefficient
//                                G (6 x 3): rows (1, p, p^2) / N(p), and 0, 0, 1
//                                B' (6 x 6): rows the product of t - q over the other points q, and over all points
//
// where ' transposes and * is elementwise. For images each of the three is applied to rows and columns. The gradient of
// w is the adjoint, G' [(A gradient(y)) * (B' x)], with the same matrices; that of x is again a correlation.
//
// The points are 5/8 and 3/2 instead of the usual 1 and 2. Rounding errors grow with the matrices' entries, which four
// points of nearly one magnitude on either side of 1 keep small: a third of the error (Barabasz et al., Error analysis and
// improving the accuracy of Winograd convolution for deep neural networks, 2020, on the choice of points). Their powers
// up to the fourth are exact in float32.

import { ceilDivide } from './vector';

/** Rows and columns of results in a tile, and of pixels that they are computed from. */
export const RESULTS: i32 = 4;
export const PIXELS: i32 = 6;
/** Points in both directions. All that is transformed lies in so many planes. */
export const PLANES: i32 = PIXELS * PIXELS;

const A: f32 = 5.0 / 8.0;
const B: f32 = 3.0 / 2.0;
const A2: f32 = A * A;
const B2: f32 = B * B;
const A3: f32 = A2 * A;
const B3: f32 = B2 * B;
/** 1 / N of the point 0, of the points a and -a, and of the points b and -b. */
const N0: f32 = 1.0 / (A2 * B2);
const NA: f32 = 1.0 / (2.0 * A2 * (A2 - B2));
const NB: f32 = 1.0 / (2.0 * B2 * (B2 - A2));

// @ts-ignore: decorator
@inline
function times(v: v128, factor: f32): v128 {
  return f32x4.mul(v, f32x4.splat(factor));
}

/** B' of six vectors, stored `step` bytes apart. */
// @ts-ignore: decorator
@inline
export function transformPixels(
  x0: v128,
  x1: v128,
  x2: v128,
  x3: v128,
  x4: v128,
  x5: v128,
  to: usize,
  step: usize,
): void {
  v128.store(to, f32x4.add(f32x4.sub(x4, times(x2, A2 + B2)), times(x0, A2 * B2)));
  const evenA = f32x4.sub(x4, times(x2, B2));
  const oddA = times(f32x4.sub(x3, times(x1, B2)), A);
  v128.store(to + step, f32x4.add(evenA, oddA));
  v128.store(to + 2 * step, f32x4.sub(evenA, oddA));
  const evenB = f32x4.sub(x4, times(x2, A2));
  const oddB = times(f32x4.sub(x3, times(x1, A2)), B);
  v128.store(to + 3 * step, f32x4.add(evenB, oddB));
  v128.store(to + 4 * step, f32x4.sub(evenB, oddB));
  v128.store(to + 5 * step, f32x4.add(f32x4.sub(x5, times(x3, A2 + B2)), times(x1, A2 * B2)));
}

/** G of three vectors, stored `step` bytes apart. */
// @ts-ignore: decorator
@inline
export function transformWeights(w0: v128, w1: v128, w2: v128, to: usize, step: usize): void {
  v128.store(to, times(w0, N0));
  const evenA = times(f32x4.add(w0, times(w2, A2)), NA);
  const oddA = times(w1, A * NA);
  v128.store(to + step, f32x4.add(evenA, oddA));
  v128.store(to + 2 * step, f32x4.sub(evenA, oddA));
  const evenB = times(f32x4.add(w0, times(w2, B2)), NB);
  const oddB = times(w1, B * NB);
  v128.store(to + 3 * step, f32x4.add(evenB, oddB));
  v128.store(to + 4 * step, f32x4.sub(evenB, oddB));
  v128.store(to + 5 * step, w2);
}

/** A' of six vectors that lie `fromStep` bytes apart: four, stored `step` bytes apart. */
// @ts-ignore: decorator
@inline
export function combineResults(from: usize, fromStep: usize, to: usize, step: usize): void {
  const a = v128.load(from + fromStep);
  const minusA = v128.load(from + 2 * fromStep);
  const evenA = f32x4.add(a, minusA);
  const oddA = f32x4.sub(a, minusA);
  const b = v128.load(from + 3 * fromStep);
  const minusB = v128.load(from + 4 * fromStep);
  const evenB = f32x4.add(b, minusB);
  const oddB = f32x4.sub(b, minusB);
  v128.store(to, f32x4.add(f32x4.add(v128.load(from), evenA), evenB));
  v128.store(to + step, f32x4.add(times(oddA, A), times(oddB, B)));
  v128.store(to + 2 * step, f32x4.add(times(evenA, A2), times(evenB, B2)));
  v128.store(
    to + 3 * step,
    f32x4.add(f32x4.add(times(oddA, A3), times(oddB, B3)), v128.load(from + 5 * fromStep)),
  );
}

/** A of four vectors, stored `step` bytes apart. */
// @ts-ignore: decorator
@inline
export function transformGradients(y0: v128, y1: v128, y2: v128, y3: v128, to: usize, step: usize): void {
  v128.store(to, y0);
  const evenA = f32x4.add(y0, times(y2, A2));
  const oddA = f32x4.add(times(y1, A), times(y3, A3));
  v128.store(to + step, f32x4.add(evenA, oddA));
  v128.store(to + 2 * step, f32x4.sub(evenA, oddA));
  const evenB = f32x4.add(y0, times(y2, B2));
  const oddB = f32x4.add(times(y1, B), times(y3, B3));
  v128.store(to + 3 * step, f32x4.add(evenB, oddB));
  v128.store(to + 4 * step, f32x4.sub(evenB, oddB));
  v128.store(to + 5 * step, y3);
}

/** G' of six vectors that lie `fromStep` bytes apart: three, stored `step` bytes apart. */
// @ts-ignore: decorator
@inline
export function combineWeightGradients(from: usize, fromStep: usize, to: usize, step: usize): void {
  const a = v128.load(from + fromStep);
  const minusA = v128.load(from + 2 * fromStep);
  const evenA = times(f32x4.add(a, minusA), NA);
  const oddA = times(f32x4.sub(a, minusA), A * NA);
  const b = v128.load(from + 3 * fromStep);
  const minusB = v128.load(from + 4 * fromStep);
  const evenB = times(f32x4.add(b, minusB), NB);
  const oddB = times(f32x4.sub(b, minusB), B * NB);
  v128.store(to, f32x4.add(f32x4.add(times(v128.load(from), N0), evenA), evenB));
  v128.store(to + step, f32x4.add(oddA, oddB));
  v128.store(
    to + 2 * step,
    f32x4.add(f32x4.add(times(evenA, A2), times(evenB, B2)), v128.load(from + 5 * fromStep)),
  );
}

/**
 * Bytes from one plane to the next: an odd number of cache lines, because planes a power of two apart would compete for
 * the same few places of the cache.
 */
export function planeStride(bytes: i32): i32 {
  return (ceilDivide(bytes, 64) | 1) << 6;
}
