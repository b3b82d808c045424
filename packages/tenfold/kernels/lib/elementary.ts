// Exponential and logarithm in plain arithmetic, so that every engine computes the same bits.

const LOG2_E: f32 = 1.44269504088896341;
// The logarithm of 2 in two parts, so that subtracting a multiple of it loses nothing.
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;

/** exp(x) for x up to 88.7, within two units in the last place; 0 below -87.3, NaN for NaN. Polynomial: Moshier, Cephes, expf. */
export function exp(x: v128): v128 {
  const clamped = f32x4.min(f32x4.max(x, f32x4.splat(-87.3)), f32x4.splat(88.7));
  const n = f32x4.nearest(f32x4.mul(clamped, f32x4.splat(LOG2_E)));
  let r = f32x4.sub(clamped, f32x4.mul(n, f32x4.splat(LN2_HIGH)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(LN2_LOW)));
  let p = f32x4.splat(1.9875691500e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  p = f32x4.add(f32x4.mul(f32x4.mul(p, r), r), f32x4.add(r, f32x4.splat(1)));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  const result = f32x4.mul(p, power);
  return v128.andnot(result, f32x4.lt(x, f32x4.splat(-87.3)));
}

/** log(x) for finite positive normal x, within 1e-15: log(m * 2^e) = e log 2 + 2 artanh((m - 1) / (m + 1)). */
export function log(x: f64): f64 {
  const bits = reinterpret<u64>(x);
  let exponent = i32((bits >> 52) & 0x7ff) - 1023;
  let m = reinterpret<f64>((bits & 0x000fffffffffffff) | 0x3ff0000000000000);
  if (m > 1.4142135623730951) {
    m *= 0.5;
    exponent++;
  }
  const z = (m - 1) / (m + 1);
  const w = z * z;
  let series: f64 = 0;
  for (let odd = 21; odd >= 1; odd -= 2) series = series * w + 1 / f64(odd);
  return f64(exponent) * 0.6931471805599453 + 2 * z * series;
}
