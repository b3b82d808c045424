// Rows of float32 of any length: four at a time, and the rest one by one.

/** How many elements one block of an elementwise kernel handles; a multiple of 4. */
export const CHUNK: i32 = 16384;

// @ts-ignore: decorator
@inline
export function ceilDivide(a: i32, b: i32): i32 {
  return (a + b - 1) / b;
}

/** Rounds up to a multiple of 16 bytes. */
// @ts-ignore: decorator
@inline
export function align16(bytes: i32): i32 {
  return (bytes + 15) & ~15;
}

/** Adds up the four lanes, always in the same order. */
// @ts-ignore: decorator
@inline
export function lanesSum(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) +
    f32x4.extract_lane(v, 1) +
    (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}
