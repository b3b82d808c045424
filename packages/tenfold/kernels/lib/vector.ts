// Rows of float32 of any length: four at a time, and the rest one by one.

/** How many elements one block of an elementwise kernel handles; a multiple of 4. */
export const CHUNK: i32 = 16384;

/** How many rows of `length` elements one block of such a kernel handles. */
export function rowsPerChunk(length: i32): i32 {
  return max(1, CHUNK / max(1, length));
}

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

/** The last one to three elements of a row, in the first lanes; zero in the others. */
// @ts-ignore: decorator
@inline
export function loadTail(from: usize, count: i32): v128 {
  if (count == 1) return v128.load32_zero(from);
  const pair = v128.load64_zero(from);
  return count == 2 ? pair : v128.load_lane<f32>(from, pair, 2, 8);
}

/** Stores the first one to three lanes. */
// @ts-ignore: decorator
@inline
export function storeTail(to: usize, v: v128, count: i32): void {
  store<f32>(to, f32x4.extract_lane(v, 0));
  if (count > 1) store<f32>(to, f32x4.extract_lane(v, 1), 4);
  if (count > 2) store<f32>(to, f32x4.extract_lane(v, 2), 8);
}

/** Zeroes all lanes but the first `count`. */
// @ts-ignore: decorator
@inline
export function firstLanes(v: v128, count: i32): v128 {
  return v128.and(v, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count)));
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

/** The sum of the lanes of each of four vectors, in the order of `lanesSum`. */
// @ts-ignore: decorator
@inline
export function sumsOfLanes(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<f32>(a, b, 0, 2, 4, 6), v128.shuffle<f32>(a, b, 1, 3, 5, 7));
  const cd = f32x4.add(v128.shuffle<f32>(c, d, 0, 2, 4, 6), v128.shuffle<f32>(c, d, 1, 3, 5, 7));
  return f32x4.add(v128.shuffle<f32>(ab, cd, 0, 2, 4, 6), v128.shuffle<f32>(ab, cd, 1, 3, 5, 7));
}

/** Restores the last lanes of four at `address` but for the first `count`, 1 to 3 of them, from `lanes`. */
export function restoreBeyond(count: i32, address: usize, lanes: v128): void {
  if (count < 2) v128.store32_lane(address + 4, lanes, 1);
  if (count < 3) v128.store32_lane(address + 8, lanes, 2);
  v128.store32_lane(address + 12, lanes, 3);
}

/** From here on the engine's own copying and filling is worth a call. */
const LONG: i32 = 2048;

/** Copies a whole number of words to where they do not overlap. */
// @ts-ignore: decorator
@inline
export function copyWords(to: usize, from: usize, bytes: i32): void {
  if (bytes >= LONG) {
    memory.copy(to, from, bytes);
    return;
  }
  const end = to + bytes;
  for (; to + 32 <= end; to += 32, from += 32) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
  }
  for (; to + 16 <= end; to += 16, from += 16) v128.store(to, v128.load(from));
  for (; to < end; to += 4, from += 4) store<u32>(to, load<u32>(from));
}

/**
 * Copies `count` runs of a whole number of words to where they do not overlap. Short ones are copied a few
 * vectors of all of them at a time, so that their length costs nothing in each; there had better be no more than a cache
 * holds. The last vectors of a run may cover again what has been copied.
 */
export function copyRuns(to: usize, toStep: i32, from: usize, fromStep: i32, bytes: i32, count: i32): void {
  if (toStep == bytes && fromStep == bytes) {
    bytes *= count;
    count = 1;
  }
  if (bytes < 128) {
    let at = 0;
    for (; at + 32 <= bytes; at += 32) copyVectors(2, to + at, toStep, from + at, fromStep, count);
    if (at + 16 <= bytes) copyVectors(1, to + at, toStep, from + at, fromStep, count);
    const rest = bytes & 15;
    if (rest == 0) return;
    if (bytes > 16) copyVectors(1, to + bytes - 16, toStep, from + bytes - 16, fromStep, count);
    else for (at = 0; at < bytes; at += 4) copyVectors(0, to + at, toStep, from + at, fromStep, count);
    return;
  }
  for (; count > 0; count--, to += toStep, from += fromStep) {
    if (bytes >= LONG) {
      memory.copy(to, from, bytes);
      continue;
    }
    const last = to + bytes - 32;
    let x = from;
    for (let y = to; y < last; y += 32, x += 32) {
      v128.store(y, v128.load(x));
      v128.store(y, v128.load(x, 16), 16);
    }
    v128.store(last, v128.load(from + bytes - 32));
    v128.store(last, v128.load(from + bytes - 32, 16), 16);
  }
}

/** Of each run so many vectors, or one word. */
// @ts-ignore: decorator
@inline
function copyVectors(vectors: i32, to: usize, toStep: i32, from: usize, fromStep: i32, count: i32): void {
  for (; count > 0; count--, to += toStep, from += fromStep) {
    if (vectors == 0) store<u32>(to, load<u32>(from));
    else {
      const a = v128.load(from);
      if (vectors == 2) v128.store(to, v128.load(from, 16), 16);
      v128.store(to, a);
    }
  }
}

/** Fills a whole number of words. */
export function fillWords(to: usize, word: i32, bytes: i32): void {
  if (bytes >= LONG && word == 0) {
    memory.fill(to, 0, bytes);
    return;
  }
  const words = i32x4.splat(word);
  const end = to + bytes;
  for (; to + 16 <= end; to += 16) v128.store(to, words);
  for (; to < end; to += 4) store<i32>(to, word);
}

/**
 * Reads memory into cache, `nowhere` being 16 bytes to write to. Kernels take a little of many pixels at a time, and the
 * processor's prefetching does not follow them; it does follow this.
 */
export function fetch(from: usize, end: usize, nowhere: usize): void {
  let lines = f32x4.splat(0);
  for (; from < end; from += 64) lines = v128.or(lines, v128.load32_zero(from));
  // Only so that reading is not for nothing.
  v128.store(nowhere, lines);
}
