/**
 * Counter-based random numbers: Philox 4x32 with 10 rounds (Salmon et al. 2011, Parallel random numbers: as easy as
 * 1, 2, 3, section 3.3 and table 2). Number i of a stream is a pure function of the stream's key and i, so there is no
 * state to save: shuffling, dropout and initialisation can be computed in any order, on any thread, and resumed anywhere.
 */

/** Names a stream. Streams that differ in any part are independent. */
export interface RandomKey {
  readonly seed: number;
  /** What the numbers are for: `dropout`, `shuffle`, a parameter's name. */
  readonly purpose: string;
  /** The training step, epoch, or whatever counts uses. @default 0 */
  readonly step?: number;
}

/** A key as the four words that the generator takes beside the element counter. */
export interface PhiloxKey {
  readonly key0: number;
  readonly key1: number;
  readonly step: number;
}

/** FNV-1a over the UTF-8 bytes of the purpose. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) state = Math.imul(state ^ byte, 0x01000193);
  return state >>> 0;
}

export function philoxKey({ seed, purpose, step = 0 }: RandomKey): PhiloxKey {
  return { key0: seed >>> 0, key1: hash(purpose), step: step >>> 0 };
}

const multiplier0 = 0xd2511f53;
const multiplier1 = 0xcd9e8d57;
const weyl0 = 0x9e3779b9;
const weyl1 = 0xbb67ae85;

/** The high 32 bits of the 64-bit product of two unsigned 32-bit numbers; no sum in between exceeds 32 bits. */
function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) >>> 0;
  const carried = (Math.imul(aLow, bHigh) + (middle & 0xffff)) >>> 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carried >>> 16)) >>> 0;
}

/** Writes four unsigned 32-bit numbers, those of elements 4 * block to 4 * block + 3 of the stream, to `out` from `at` on. */
export function philox({ key0, key1, step }: PhiloxKey, block: number, out: Uint32Array, at = 0): void {
  let counter0 = block >>> 0;
  let counter1 = Math.floor(block / 0x100000000) >>> 0;
  let counter2 = step;
  let counter3 = 0;
  let k0 = key0;
  let k1 = key1;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(multiplier0, counter0);
    const low0 = Math.imul(multiplier0, counter0) >>> 0;
    const high1 = multiplyHigh(multiplier1, counter2);
    const low1 = Math.imul(multiplier1, counter2) >>> 0;
    counter0 = (high1 ^ counter1 ^ k0) >>> 0;
    counter1 = low1;
    counter2 = (high0 ^ counter3 ^ k1) >>> 0;
    counter3 = low0;
    k0 = (k0 + weyl0) >>> 0;
    k1 = (k1 + weyl1) >>> 0;
  }
  out[at] = counter0;
  out[at + 1] = counter1;
  out[at + 2] = counter2;
  out[at + 3] = counter3;
}

/** The first `length` numbers of a stream. */
function words(key: RandomKey, length: number): Uint32Array {
  const stream = philoxKey(key);
  const result = new Uint32Array(Math.ceil(length / 4) * 4);
  for (let block = 0; block < result.length / 4; block++) philox(stream, block, result, 4 * block);
  return result;
}

/** `length` float32 numbers, evenly distributed between `low` and `high`. */
export function uniform(length: number, low: number, high: number, key: RandomKey): Float32Array {
  const random = words(key, length);
  const result = new Float32Array(length);
  // A plain loop: networks have up to hundreds of millions of parameters.
  for (let i = 0; i < length; i++) result[i] = low + (high - low) * ((random[i]! >>> 8) / 0x1000000);
  return result;
}

/** The numbers from 0 to `length` - 1 in random order (Fisher and Yates). */
export function permutation(length: number, key: RandomKey): Int32Array {
  const random = words(key, length);
  const order = Int32Array.from({ length }, (_, index) => index);
  for (let last = length - 1; last > 0; last--) {
    const chosen = Math.floor((random[last]! / 0x100000000) * (last + 1));
    [order[last], order[chosen]] = [order[chosen]!, order[last]!];
  }
  return order;
}

/** The stream that layers which draw numbers (dropout) take: one key for each call, in order, within a step. */
interface Draws {
  readonly seed: number;
  readonly step: number;
  calls: number;
}

let draws: Draws = { seed: 0, step: 0, calls: 0 };

/** Runs one training step: what layers draw in it depends on `seed`, `step` and the order of the draws only. */
export function withDraws<Result>(seed: number, step: number, body: () => Result): Result {
  const outer = draws;
  draws = { seed, step, calls: 0 };
  try {
    return body();
  } finally {
    draws = outer;
  }
}

/** The key of the next draw for this purpose. Outside `withDraws` the draws count on from the program's start. */
export function nextDraw(purpose: string): RandomKey {
  return { seed: draws.seed, purpose: `${purpose} ${draws.calls++}`, step: draws.step };
}
