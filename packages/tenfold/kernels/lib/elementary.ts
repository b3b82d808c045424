// Elementary functions in plain arithmetic, so that every engine computes the same bits: four float32 lanes each, and
// two float64 lanes where float32 is not enough. test/elementary-kernels.test.ts holds the errors stated here, in units
// in the last place (ulp), over all magnitudes.

const LOG2_E: f32 = 1.44269504088896341;
// The logarithm of 2 in two parts, so that subtracting a multiple of it loses nothing.
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;

/** A sum of this size has no bits for a fraction: with k added, too, it rounds to n, and its lowest bits are n + k. */
const ROUNDER: f32 = 12582912;

/** exp(x), within 2 ulp, subnormal results included. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  // Beyond these the result is 0 or infinity. Unlike min and max, pmin and pmax are one instruction; they hand NaN on
  // that comes first.
  const clamped = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-104)), f32x4.splat(89));
  const rounder = f32x4.splat(ROUNDER + 254);
  const sum = f32x4.add(f32x4.mul(clamped, f32x4.splat(LOG2_E)), rounder);
  const p = expOfRest(clamped, f32x4.sub(sum, rounder));
  // 2^n in two factors, because n reaches beyond the exponents of normal numbers; the shifts drop all but the lowest bits.
  const half = i32x4.shr_u(sum, 1);
  const otherHalf = i32x4.sub(sum, half);
  return f32x4.mul(f32x4.mul(p, i32x4.shl(half, 23)), i32x4.shl(otherHalf, 23));
}

/** The same bits as exp(x), with fewer instructions, for x that is not above 0 or is NaN. */
// @ts-ignore: decorator
@inline
export function expOfNegative(x: v128): v128 {
  const clamped = f32x4.pmax(x, f32x4.splat(-104));
  const rounder = f32x4.splat(ROUNDER + 192);
  const sum = f32x4.add(f32x4.mul(clamped, f32x4.splat(LOG2_E)), rounder);
  const p = expOfRest(clamped, f32x4.sub(sum, rounder));
  // 2^(n + 65), which no n makes subnormal, and 2^-65.
  return f32x4.mul(f32x4.mul(p, i32x4.shl(sum, 23)), f32x4.splat(2.710505431213761e-20));
}

/** exp(x - n log 2) for n = round(x / log 2). Polynomial: Moshier, Cephes, expf. */
// @ts-ignore: decorator
@inline
function expOfRest(x: v128, n: v128): v128 {
  let r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(LN2_HIGH)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(LN2_LOW)));
  let p = f32x4.splat(1.9875691500e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  return f32x4.add(f32x4.mul(f32x4.mul(p, r), r), f32x4.add(r, f32x4.splat(1)));
}

/** -|x| */
// @ts-ignore: decorator
@inline
export function negativeMagnitude(x: v128): v128 {
  return v128.or(x, i32x4.splat(i32.MIN_VALUE));
}

/** The natural logarithm, within 1 ulp; of 0 minus infinity, of negative numbers NaN. Polynomial: Moshier, Cephes, logf. */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const subnormal = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const normal = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, subnormal);
  // normal = m * 2^e with m from sqrt(1/2) to sqrt(2), whose bits begin with 3f3504f3.
  const e = i32x4.shr_s(i32x4.sub(normal, i32x4.splat(0x3f3504f3)), 23);
  const m = i32x4.sub(normal, i32x4.shl(e, 23));
  const exponent = f32x4.sub(f32x4.convert_i32x4_s(e), v128.and(subnormal, f32x4.splat(23)));
  const f = f32x4.sub(m, f32x4.splat(1));
  const square = f32x4.mul(f, f);
  let p = f32x4.splat(7.0376836292e-2);
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-1.1514610310e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(1.1676998740e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-1.2420140846e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(1.4249322787e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-1.6668057665e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(2.0000714765e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(-2.4999993993e-1));
  p = f32x4.add(f32x4.mul(p, f), f32x4.splat(3.3333331174e-1));
  let rest = f32x4.mul(f32x4.mul(p, f), square);
  rest = f32x4.add(rest, f32x4.mul(exponent, f32x4.splat(LN2_LOW)));
  rest = f32x4.sub(rest, f32x4.mul(square, f32x4.splat(0.5)));
  const result = f32x4.add(f32x4.add(f, rest), f32x4.mul(exponent, f32x4.splat(LN2_HIGH)));
  // All that is added is 0 but for infinity and NaN, which are handed on, and for 0; all bits set are a NaN.
  const handedOn = v128.andnot(x, f32x4.lt(x, f32x4.splat(Infinity)));
  const ofNothing = v128.and(f32x4.eq(x, f32x4.splat(0)), f32x4.splat(-Infinity));
  return v128.or(f32x4.add(f32x4.add(result, handedOn), ofNothing), f32x4.lt(x, f32x4.splat(0)));
}

/** 1 / (1 + exp(-x)), within 3 ulp, also far from 0. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  // Of -|x|, so that nothing overflows and small results come from small numbers.
  const e = expOfNegative(negativeMagnitude(x));
  const numerator = v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0)));
  return f32x4.div(numerator, f32x4.add(one, e));
}

/** tanh(x), within 2 ulp, also near 0. Polynomial: Moshier, Cephes, tanhf. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const magnitude = f32x4.abs(x);
  // From 10 on the result is 1.
  const twice = f32x4.pmin(f32x4.add(magnitude, magnitude), f32x4.splat(20));
  const rounder = f32x4.splat(ROUNDER + 128);
  const sum = f32x4.add(f32x4.mul(twice, f32x4.splat(LOG2_E)), rounder);
  // 2 exp(2 |x|), of the exponent n + 1.
  const e = f32x4.mul(expOfRest(twice, f32x4.sub(sum, rounder)), i32x4.shl(sum, 23));
  const far = f32x4.sub(f32x4.splat(1), f32x4.div(f32x4.splat(4), f32x4.add(e, f32x4.splat(2))));
  const square = f32x4.mul(x, x);
  let p = f32x4.splat(-5.70498872745e-3);
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(2.06390887954e-2));
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(-5.37397155531e-2));
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(1.33314422036e-1));
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(-3.33332819422e-1));
  const near = f32x4.add(f32x4.mul(f32x4.mul(p, square), magnitude), magnitude);
  const result = v128.bitselect(far, near, f32x4.ge(magnitude, f32x4.splat(0.625)));
  return v128.or(result, v128.and(x, i32x4.splat(i32.MIN_VALUE)));
}

/**
 * x^exponent for any exponent but 0, rounded once or, rarely, to the other neighbour (within 0.51 ulp), with pow's
 * conventions of C: a negative x gives NaN unless the exponent is whole.
 */
// @ts-ignore: decorator
@inline
export function power(x: v128, exponent: f64): v128 {
  const low = f64x2.promote_low_f32x4(x);
  const high = f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3));
  return joinLanes(power64(low, exponent), power64(high, exponent));
}

/** x^exponent by multiplication, within 0.51 ulp for exponents from -64 to 64. */
// @ts-ignore: decorator
@inline
export function wholePower(x: v128, exponent: i32): v128 {
  let low = f64x2.promote_low_f32x4(x);
  let high = f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3));
  let lowResult = f64x2.splat(1);
  let highResult = f64x2.splat(1);
  for (let left = abs(exponent); left > 0; left >>= 1) {
    if (left & 1) {
      lowResult = f64x2.mul(lowResult, low);
      highResult = f64x2.mul(highResult, high);
    }
    low = f64x2.mul(low, low);
    high = f64x2.mul(high, high);
  }
  if (exponent >= 0) return joinLanes(lowResult, highResult);
  const one = f64x2.splat(1);
  return joinLanes(f64x2.div(one, lowResult), f64x2.div(one, highResult));
}

/** 1 / sqrt(x), within 0.51 ulp. */
// @ts-ignore: decorator
@inline
export function inverseSquareRoot(x: v128): v128 {
  const low = f64x2.promote_low_f32x4(x);
  const high = f64x2.promote_low_f32x4(v128.shuffle<i32>(x, x, 2, 3, 2, 3));
  const one = f64x2.splat(1);
  return joinLanes(f64x2.div(one, f64x2.sqrt(low)), f64x2.div(one, f64x2.sqrt(high)));
}

/** Four float32 lanes from two pairs of float64. */
// @ts-ignore: decorator
@inline
function joinLanes(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** For x and results of float32's range, to its precision. Without branches, as is due inside a loop. */
// @ts-ignore: decorator
@inline
function power64(x: v128, exponent: f64): v128 {
  const p = f64x2.splat(exponent);
  const half = f64x2.splat(exponent * 0.5);
  const whole = f64x2.eq(p, f64x2.nearest(p));
  const odd = v128.andnot(whole, f64x2.eq(half, f64x2.nearest(half)));
  const magnitude = f64x2.abs(x);
  const infinite = f64x2.eq(magnitude, f64x2.splat(Infinity));
  // 0 and infinity have logarithms so large here that any exponent leads beyond float32's range.
  let logarithm = log64(magnitude);
  logarithm = v128.bitselect(f64x2.splat(-1e300), logarithm, f64x2.eq(magnitude, f64x2.splat(0)));
  logarithm = v128.bitselect(f64x2.splat(1e300), logarithm, infinite);
  const sign = v128.and(x, v128.and(odd, i64x2.splat(i64.MIN_VALUE)));
  const result = v128.or(exp64(f64x2.mul(logarithm, p)), sign);
  const root = v128.andnot(f64x2.lt(x, f64x2.splat(0)), v128.or(whole, infinite));
  // Of NaN there is no logarithm either; all bits set are a NaN.
  return v128.or(result, v128.or(root, f64x2.ne(x, x)));
}

/** exp(x), within 1e-12 of itself, where that is in float32's range, and otherwise something beyond that range. */
// @ts-ignore: decorator
@inline
function exp64(x: v128): v128 {
  const clamped = f64x2.pmin(f64x2.pmax(x, f64x2.splat(-150)), f64x2.splat(130));
  // As in exp: the sum's lowest bits are n + 1023.
  const rounder = f64x2.splat(6755399441055744 + 1023);
  const sum = f64x2.add(f64x2.mul(clamped, f64x2.splat(1.4426950408889634)), rounder);
  const n = f64x2.sub(sum, rounder);
  let r = f64x2.sub(clamped, f64x2.mul(n, f64x2.splat(0.6931471803691238)));
  r = f64x2.sub(r, f64x2.mul(n, f64x2.splat(1.9082149292705877e-10)));
  // Taylor's series in pairs, which wait less for each other than a chain; the first missing term is below 3e-13 of the
  // result.
  const r2 = f64x2.mul(r, r);
  const r4 = f64x2.mul(r2, r2);
  const low = linear(r, 1, 1);
  const p2 = linear(r, 1.0 / 2, 1.0 / 6);
  const p4 = linear(r, 1.0 / 24, 1.0 / 120);
  const p6 = linear(r, 1.0 / 720, 1.0 / 5040);
  const p8 = f64x2.add(linear(r, 1.0 / 40320, 1.0 / 362880), f64x2.mul(r2, f64x2.splat(1.0 / 3628800)));
  const high = f64x2.add(f64x2.add(p4, f64x2.mul(p6, r2)), f64x2.mul(p8, r4));
  const p = f64x2.add(f64x2.add(low, f64x2.mul(p2, r2)), f64x2.mul(high, r4));
  return f64x2.mul(p, i64x2.shl(sum, 52));
}

// @ts-ignore: decorator
@inline
function linear(x: v128, a0: f64, a1: f64): v128 {
  return f64x2.add(f64x2.splat(a0), f64x2.mul(f64x2.splat(a1), x));
}

/** log(x) for finite positive normal x, within 1e-15: log(m * 2^e) = e log 2 + 2 artanh((m - 1) / (m + 1)). */
// @ts-ignore: decorator
@inline
export function log64(x: v128): v128 {
  const one = f64x2.splat(1);
  const mantissa = v128.or(v128.and(x, i64x2.splat(0x000fffffffffffff)), one);
  const large = f64x2.gt(mantissa, f64x2.splat(1.4142135623730951));
  const m = v128.bitselect(f64x2.mul(mantissa, f64x2.splat(0.5)), mantissa, large);
  // The exponent's bits, e + 1023, as the lowest bits of 2^52, make the number 2^52 + e + 1023.
  const power = f64x2.splat(4503599627370496);
  const biased = f64x2.sub(v128.or(i64x2.shr_u(x, 52), power), f64x2.splat(4503599627370496 + 1023));
  const exponent = f64x2.add(biased, v128.and(large, one));
  const z = f64x2.div(f64x2.sub(m, one), f64x2.add(m, one));
  const w = f64x2.mul(z, z);
  const w2 = f64x2.mul(w, w);
  const w4 = f64x2.mul(w2, w2);
  const s0 = f64x2.add(linear(w, 1, 1.0 / 3), f64x2.mul(linear(w, 1.0 / 5, 1.0 / 7), w2));
  const s4 = f64x2.add(linear(w, 1.0 / 9, 1.0 / 11), f64x2.mul(linear(w, 1.0 / 13, 1.0 / 15), w2));
  const s8 = f64x2.add(linear(w, 1.0 / 17, 1.0 / 19), f64x2.mul(f64x2.splat(1.0 / 21), w2));
  const series = f64x2.add(s0, f64x2.mul(f64x2.add(s4, f64x2.mul(s8, w4)), w4));
  const logarithm = f64x2.mul(f64x2.mul(f64x2.splat(2), z), series);
  return f64x2.add(f64x2.mul(exponent, f64x2.splat(0.6931471805599453)), logarithm);
}
