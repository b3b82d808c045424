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

/** Restores the last lanes of four at `address` but for the first `count`, 1 to 3 of them, from `lanes`. */
export function restoreBeyond(count: i32, address: usize, lanes: v128): void {
  if (count < 2) v128.store32_lane(address + 4, lanes, 1);
  if (count < 3) v128.store32_lane(address + 8, lanes, 2);
  v128.store32_lane(address + 12, lanes, 3);
}
