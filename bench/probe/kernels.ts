/** What the machine does at best with 128-bit vectors: multiply and add without a break, and copy. AssemblyScript. */

/**
 * Six chains of multiplications and six of additions, which do not wait for one another: 48 floating-point operations for
 * each iteration. 1.0 stays 1.0, and the sums stay finite.
 */
export function multiplyAdd(iterations: i32): f32 {
  const one = f32x4.splat(1);
  let a = one;
  let b = one;
  let c = one;
  let d = one;
  let e = one;
  let f = one;
  let g = one;
  let h = one;
  let i = one;
  let j = one;
  let k = one;
  let l = one;
  for (let count = 0; count < iterations; count++) {
    a = f32x4.mul(a, one);
    g = f32x4.add(g, one);
    b = f32x4.mul(b, one);
    h = f32x4.add(h, one);
    c = f32x4.mul(c, one);
    i = f32x4.add(i, one);
    d = f32x4.mul(d, one);
    j = f32x4.add(j, one);
    e = f32x4.mul(e, one);
    k = f32x4.add(k, one);
    f = f32x4.mul(f, one);
    l = f32x4.add(l, one);
  }
  const products = f32x4.mul(f32x4.mul(f32x4.mul(a, b), f32x4.mul(c, d)), f32x4.mul(e, f));
  const sums = f32x4.add(f32x4.add(f32x4.add(g, h), f32x4.add(i, j)), f32x4.add(k, l));
  return f32x4.extract_lane(f32x4.add(products, sums), 0);
}

export function copy(from: usize, to: usize, bytes: usize, repetitions: i32): void {
  for (let count = 0; count < repetitions; count++) memory.copy(to, from, bytes);
}
