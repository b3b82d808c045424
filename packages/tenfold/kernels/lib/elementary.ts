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
  const p = expOfRest(restOf(clamped, f32x4.sub(sum, rounder)));
  // 2^n in two factors, because n reaches beyond the exponents of normal numbers; the shifts drop all but the lowest bits.
  const half = i32x4.shr_u(sum, 1);
  const otherHalf = i32x4.sub(sum, half);
  return f32x4.mul(f32x4.mul(p, i32x4.shl(half, 23)), i32x4.shl(otherHalf, 23));
}

/** The same bits as exp(x), with fewer instructions, for |x| up to 87, or NaN. */
// @ts-ignore: decorator
@inline
export function expOfUsual(x: v128): v128 {
  const rounder = f32x4.splat(ROUNDER + 127);
  const sum = f32x4.add(f32x4.mul(x, f32x4.splat(LOG2_E)), rounder);
  const p = expOfRest(restOf(x, f32x4.sub(sum, rounder)));
  return f32x4.mul(p, i32x4.shl(sum, 23));
}

/** exp(x), within 2 ulp, for x that is not above 0 or is NaN, by a chain of steps where exp pairs them. */
// @ts-ignore: decorator
@inline
export function expOfNegative(x: v128): v128 {
  const clamped = f32x4.pmax(x, f32x4.splat(-104));
  const rounder = f32x4.splat(ROUNDER + 192);
  const sum = f32x4.add(f32x4.mul(clamped, f32x4.splat(LOG2_E)), rounder);
  const r = restOf(clamped, f32x4.sub(sum, rounder));
  // Polynomial: Moshier, Cephes, expf.
  let p = f32x4.splat(1.9875691500e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  p = f32x4.add(f32x4.mul(f32x4.mul(p, r), r), f32x4.add(r, f32x4.splat(1)));
  // 2^(n + 65), which no n makes subnormal, and 2^-65.
  return f32x4.mul(f32x4.mul(p, i32x4.shl(sum, 23)), f32x4.splat(2.710505431213761e-20));
}

/** x - n log 2 */
// @ts-ignore: decorator
@inline
function restOf(x: v128, n: v128): v128 {
  const r = f32x4.sub(x, f32x4.mul(n, f32x4.splat(LN2_HIGH)));
  return f32x4.sub(r, f32x4.mul(n, f32x4.splat(LN2_LOW)));
}

/**
 * (exp(r) - 1 - r) / r^2 for r = sign * x up to log(2) / 2 either way: the polynomial whose largest error is least beside r,
 * 1.6e-8 of it. By pairs, which wait less for each other than a chain of as many steps.
 */
// @ts-ignore: decorator
@inline
function expSeries(x: v128, square: v128, sign: f32): v128 {
  const p2 = f32x4.add(f32x4.mul(x, f32x4.splat(sign * 1.6666543e-1)), f32x4.splat(0.5));
  const p4 = f32x4.add(f32x4.mul(x, f32x4.splat(sign * 8.366611e-3)), f32x4.splat(4.166628e-2));
  const high = f32x4.add(f32x4.mul(square, f32x4.splat(1.3946497e-3)), p4);
  return f32x4.add(f32x4.mul(high, square), p2);
}

// @ts-ignore: decorator
@inline
function expOfRest(r: v128): v128 {
  const square = f32x4.mul(r, r);
  return f32x4.add(f32x4.mul(expSeries(r, square, 1), square), f32x4.add(r, f32x4.splat(1)));
}

/** The natural logarithm, within 1 ulp; of 0 minus infinity, of negative numbers NaN. */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const result = logOfUsual(numbered(x));
  // All that is added is 0 but for infinity and NaN, which are handed on, and for 0; all bits set are a NaN.
  const handedOn = v128.andnot(x, f32x4.lt(x, f32x4.splat(Infinity)));
  const ofNothing = v128.and(f32x4.eq(x, f32x4.splat(0)), f32x4.splat(-Infinity));
  return v128.or(f32x4.add(f32x4.add(result, handedOn), ofNothing), f32x4.lt(x, f32x4.splat(0)));
}

/**
 * The bits of x, and of a subnormal number those that it had if its exponent were as any other: those of 2^23 times as much,
 * less 23 of exponent.
 */
// @ts-ignore: decorator
@inline
function numbered(x: v128): v128 {
  const lifted = i32x4.sub(f32x4.mul(x, f32x4.splat(8388608)), i32x4.splat(23 << 23));
  return v128.bitselect(lifted, x, f32x4.lt(x, f32x4.splat(1.17549435e-38)));
}

/** e, if x = m 2^e with m from sqrt(1/2) to sqrt(2), whose bits begin with 3f3504f3. */
// @ts-ignore: decorator
@inline
function exponentOf(x: v128): v128 {
  return i32x4.shr_s(i32x4.sub(x, i32x4.splat(0x3f3504f3)), 23);
}

/** The same bits as log(x), with fewer instructions, for positive finite normal x. */
// @ts-ignore: decorator
@inline
export function logOfUsual(x: v128): v128 {
  const e = exponentOf(x);
  const m = i32x4.sub(x, i32x4.shl(e, 23));
  const exponent = f32x4.convert_i32x4_s(e);
  const f = f32x4.sub(m, f32x4.splat(1));
  const square = f32x4.mul(f, f);
  // As in `expSeries`; this leaves 6e-9 of the logarithm.
  const p3 = f32x4.add(f32x4.mul(f, f32x4.splat(-2.5000820e-1)), f32x4.splat(3.3333331e-1));
  const p5 = f32x4.add(f32x4.mul(f, f32x4.splat(-1.6623357e-1)), f32x4.splat(2.0001227e-1));
  const p7 = f32x4.add(f32x4.mul(f, f32x4.splat(-1.3160183e-1)), f32x4.splat(1.4201757e-1));
  const p9 = f32x4.add(f32x4.mul(f, f32x4.splat(-7.634499e-2)), f32x4.splat(1.2761578e-1));
  let p = f32x4.add(f32x4.mul(p9, square), p7);
  p = f32x4.add(f32x4.mul(p, square), p5);
  p = f32x4.add(f32x4.mul(p, square), p3);
  let rest = f32x4.mul(f32x4.sub(f32x4.mul(p, f), f32x4.splat(0.5)), square);
  rest = f32x4.add(rest, f32x4.mul(exponent, f32x4.splat(LN2_LOW)));
  return f32x4.add(f32x4.add(f, rest), f32x4.mul(exponent, f32x4.splat(LN2_HIGH)));
}

/** 2^-24, by which both sides of a sigmoid's fraction are multiplied so that its exponential has a normal number. */
const SMALL: f32 = 5.960464477539063e-8;

/** 2^-24 exp(-x), within 2 ulp where that matters beside 2^-24, for any x. */
// @ts-ignore: decorator
@inline
function smallExpOfNegated(x: v128): v128 {
  // From 71.1 on it is 0, as the exponent's bits are; up to -104 the fraction is less than half the smallest number.
  const clamped = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-104)), f32x4.splat(71.3));
  const rounder = f32x4.splat(ROUNDER + 127 - 24);
  const sum = f32x4.sub(rounder, f32x4.mul(clamped, f32x4.splat(LOG2_E)));
  // The rest with its sign turned, as is all that follows.
  const r = restOf(clamped, f32x4.sub(rounder, sum));
  const square = f32x4.mul(r, r);
  const p = f32x4.add(f32x4.sub(f32x4.mul(expSeries(r, square, -1), square), r), f32x4.splat(1));
  return f32x4.mul(p, i32x4.shl(sum, 23));
}

/** 1 / (1 + exp(-x)), within 3 ulp, also far from 0. */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  const small = f32x4.splat(SMALL);
  return f32x4.div(small, f32x4.add(small, smallExpOfNegated(x)));
}

/** gradient times the derivative of x sigmoid(x), s (1 + x (1 - s)), where 1 - s is no difference of nearly equal numbers. */
// @ts-ignore: decorator
@inline
export function siluGradient(x: v128, gradient: v128): v128 {
  const small = f32x4.splat(SMALL);
  const e = smallExpOfNegated(x);
  const inverse = f32x4.div(f32x4.splat(1), f32x4.add(small, e));
  const slope = f32x4.add(f32x4.splat(1), f32x4.mul(x, f32x4.mul(e, inverse)));
  return f32x4.mul(gradient, f32x4.mul(f32x4.mul(small, inverse), slope));
}

/** tanh(x), within 2 ulp, also near 0. Polynomial: Moshier, Cephes, tanhf. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const sign = v128.and(x, i32x4.splat(i32.MIN_VALUE));
  const magnitude = v128.xor(x, sign);
  // From 10 on the result is 1.
  const e = expOfUsual(f32x4.pmin(f32x4.add(magnitude, magnitude), f32x4.splat(20)));
  const far = f32x4.sub(f32x4.splat(1), f32x4.div(f32x4.splat(2), f32x4.add(e, f32x4.splat(1))));
  const square = f32x4.mul(x, x);
  let p = f32x4.add(f32x4.mul(square, f32x4.splat(-5.70498872745e-3)), f32x4.splat(2.06390887954e-2));
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(-5.37397155531e-2));
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(1.33314422036e-1));
  p = f32x4.add(f32x4.mul(p, square), f32x4.splat(-3.33332819422e-1));
  const near = f32x4.add(f32x4.mul(f32x4.mul(p, square), magnitude), magnitude);
  return v128.or(v128.bitselect(far, near, f32x4.ge(magnitude, f32x4.splat(0.625))), sign);
}

/**
 * x^exponent for any exponent but 0, rounded once or, rarely, to the other neighbour (within 0.51 ulp), with pow's
 * conventions of C: a negative x gives NaN unless the exponent is whole.
 */
// @ts-ignore: decorator
@inline
export function power(x: v128, exponent: f64): v128 {
  const magnitude = v128.and(x, i32x4.splat(i32.MAX_VALUE));
  const normal = numbered(magnitude);
  const e = exponentOf(normal);
  const m = i32x4.sub(normal, i32x4.shl(e, 23));
  const low = power64(f64x2.promote_low_f32x4(m), f64x2.convert_low_i32x4_s(e), exponent);
  const high = power64(f64x2.promote_low_f32x4(upper(m)), f64x2.convert_low_i32x4_s(upper(e)), exponent);
  const infinite = f32x4.eq(magnitude, f32x4.splat(Infinity));
  let result = joinLanes(low, high);
  result = v128.bitselect(f32x4.splat(exponent > 0 ? 0 : Infinity), result, f32x4.eq(x, f32x4.splat(0)));
  result = v128.bitselect(f32x4.splat(exponent > 0 ? Infinity : 0), result, infinite);
  // Of NaN there is no power either; all bits set are a NaN.
  let none = f32x4.ne(x, x);
  if (exponent != nearest(exponent)) {
    none = v128.or(none, v128.andnot(f32x4.lt(x, f32x4.splat(0)), infinite));
  } else if (exponent * 0.5 != nearest(exponent * 0.5)) {
    result = v128.or(result, v128.xor(x, magnitude));
  }
  return v128.or(result, none);
}

/** x^exponent by multiplication, within 0.51 ulp for exponents from -64 to 64. */
// @ts-ignore: decorator
@inline
export function wholePower(x: v128, exponent: i32): v128 {
  const one = f64x2.splat(1);
  return multiples(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(upper(x)), one, one, abs(exponent), exponent < 0);
}

/** x^exponent for exponents that lie half way between whole ones, from -64 to 64 but not next to 0, within 0.51 ulp. */
// @ts-ignore: decorator
@inline
export function halfPower(x: v128, exponent: f32): v128 {
  // Of minus infinity the power is that of infinity, which is as large as that of the largest number; of -0, that of 0.
  const positive = v128.xor(x, i32x4.shl(f32x4.eq(x, f32x4.splat(-Infinity)), 31));
  const finite = f32x4.add(f32x4.pmin(positive, f32x4.splat(f32.MAX_VALUE)), f32x4.splat(0));
  const root = f32x4.sqrt(finite);
  const low = f64x2.promote_low_f32x4(finite);
  const high = f64x2.promote_low_f32x4(upper(finite));
  const lowResult = timesRoot(low, f64x2.promote_low_f32x4(root));
  const highResult = timesRoot(high, f64x2.promote_low_f32x4(upper(root)));
  return multiples(low, high, lowResult, highResult, i32(abs<f32>(exponent)) - 1, exponent < 0);
}

/** x sqrt(x), given the root but for its last digits: a step of Newton's method, which needs no division here. */
// @ts-ignore: decorator
@inline
function timesRoot(x: v128, root: v128): v128 {
  const half = f64x2.splat(0.5);
  const error = f64x2.sub(x, f64x2.mul(root, root));
  return f64x2.mul(root, f64x2.add(x, f64x2.mul(error, half)));
}

/** The results times x^exponent for an exponent not below 0, or one over that. */
// @ts-ignore: decorator
@inline
function multiples(
  low: v128,
  high: v128,
  lowResult: v128,
  highResult: v128,
  exponent: i32,
  inverted: bool,
): v128 {
  for (let left = exponent; left > 0; left >>= 1) {
    if (left & 1) {
      lowResult = f64x2.mul(lowResult, low);
      highResult = f64x2.mul(highResult, high);
    }
    low = f64x2.mul(low, low);
    high = f64x2.mul(high, high);
  }
  if (!inverted) return joinLanes(lowResult, highResult);
  const one = f64x2.splat(1);
  return joinLanes(f64x2.div(one, lowResult), f64x2.div(one, highResult));
}

/** 1 / sqrt(x), within 0.51 ulp. */
// @ts-ignore: decorator
@inline
export function inverseSquareRoot(x: v128): v128 {
  const one = f64x2.splat(1);
  const low = f64x2.div(one, f64x2.sqrt(f64x2.promote_low_f32x4(x)));
  return joinLanes(low, f64x2.div(one, f64x2.sqrt(f64x2.promote_low_f32x4(upper(x)))));
}

/** The last two lanes, first. */
// @ts-ignore: decorator
@inline
function upper(x: v128): v128 {
  return v128.shuffle<i64>(x, x, 1, 1);
}

/** Four float32 lanes from two pairs of float64. */
// @ts-ignore: decorator
@inline
function joinLanes(low: v128, high: v128): v128 {
  return v128.shuffle<i32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5);
}

/** (m 2^e)^exponent, within 5e-10 of itself where that is in float32's range, and otherwise something beyond that range. */
// @ts-ignore: decorator
@inline
function power64(m: v128, e: v128, exponent: f64): v128 {
  const logarithm = f64x2.mul(binaryLogarithm(m, e), f64x2.splat(exponent));
  const clamped = f64x2.pmin(f64x2.pmax(logarithm, f64x2.splat(-200)), f64x2.splat(200));
  // As in exp: the sum's lowest bits are n + 1023.
  const rounder = f64x2.splat(6755399441055744 + 1023);
  const sum = f64x2.add(clamped, rounder);
  const r = f64x2.sub(clamped, f64x2.sub(sum, rounder));
  const square = f64x2.mul(r, r);
  // 2^r as in `expSeries`; this leaves 6e-11.
  const p0 = linear(r, 1, 0.6931471805599453);
  const p2 = linear(r, 0.2402265102092059, 0.05550410600961889);
  const p4 = linear(r, 0.009618043331998382, 0.0013333820041906783);
  const p6 = linear(r, 0.00015465372198017412, 1.5213590691783797e-5);
  const high = f64x2.add(f64x2.mul(f64x2.add(f64x2.mul(p6, square), p4), square), p2);
  return f64x2.mul(f64x2.add(f64x2.mul(high, square), p0), i64x2.shl(sum, 52));
}

// @ts-ignore: decorator
@inline
function linear(x: v128, a0: f64, a1: f64): v128 {
  return f64x2.add(f64x2.splat(a0), f64x2.mul(f64x2.splat(a1), x));
}

/**
 * log2(m 2^e) = e + 2 / log(2) artanh(z), z = (m - 1) / (m + 1), within 3e-14 of itself, for m from sqrt(1/2) to sqrt(2): z times
 * the polynomial in z^2 whose largest error is least.
 */
// @ts-ignore: decorator
@inline
function binaryLogarithm(m: v128, e: v128): v128 {
  const one = f64x2.splat(1);
  const z = f64x2.div(f64x2.sub(m, one), f64x2.add(m, one));
  const w = f64x2.mul(z, z);
  const w2 = f64x2.mul(w, w);
  const s0 = linear(w, 2.885390081777852, 0.9617966941142135);
  const s2 = linear(w, 0.577077942113936, 0.4122092765110126);
  const s4 = linear(w, 0.31990476223806924, 0.28291273146379575);
  const series = f64x2.add(f64x2.mul(f64x2.add(f64x2.mul(s4, w2), s2), w2), s0);
  return f64x2.add(f64x2.mul(z, series), e);
}

/** log(x) for finite positive normal x, within 4e-14. */
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
  return f64x2.mul(binaryLogarithm(m, f64x2.add(biased, v128.and(large, one))), f64x2.splat(0.6931471805599453));
}
