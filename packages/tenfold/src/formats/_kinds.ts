/** The kinds of values that files of weights hold, by their names in safetensors, and how they are read. */

import type { Refuse } from './_refusal.js';

/** A tensor as it lies in a file: its kind, its shape and its values in row-major order. */
export interface StoredTensor {
  readonly dtype: 'float32' | 'int32' | 'uint8';
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
  /** Of int32: whether a file holds it as I64, as PyTorch's counters are held. @default false */
  readonly long?: boolean;
}

const hostIsLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

type Decode = (buffer: ArrayBufferLike, at: number, count: number, refuse: Refuse) => StoredTensor['data'];

/** How one kind of the format is read: `decode` is given the place of `count` aligned values in host order. */
export interface Kind {
  readonly dtype: StoredTensor['dtype'];
  readonly itemBytes: number;
  readonly decode: Decode;
  readonly long?: boolean;
}

const uint8: Kind = {
  dtype: 'uint8',
  itemBytes: 1,
  decode: (buffer, at, count) => new Uint8Array(buffer, at, count),
};

const float32 = (itemBytes: number, decode: Decode): Kind => ({ dtype: 'float32', itemBytes, decode });
const int32 = (itemBytes: number, decode: Decode): Kind => ({ dtype: 'int32', itemBytes, decode });

export const kinds: ReadonlyMap<unknown, Kind> = new Map<unknown, Kind>([
  ['F32', float32(4, (buffer, at, count) => new Float32Array(buffer, at, count))],
  ['F16', float32(2, decodeHalf)],
  ['BF16', float32(2, decodeBrain)],
  ['I64', { ...int32(8, decodeLong), long: true }],
  ['I32', int32(4, (buffer, at, count) => new Int32Array(buffer, at, count))],
  ['I16', int32(2, (buffer, at, count) => new Int32Array(new Int16Array(buffer, at, count)))],
  ['U16', int32(2, (buffer, at, count) => new Int32Array(new Uint16Array(buffer, at, count)))],
  ['I8', int32(1, (buffer, at, count) => new Int32Array(new Int8Array(buffer, at, count)))],
  ['U8', uint8],
  ['BOOL', uint8],
]);

/** The bytes turned from file order to host order or back, aligned to the items; a copy only where it must be. */
export function inHostOrder(raw: Uint8Array, itemBytes: number): Uint8Array {
  const mayStay = hostIsLittleEndian || itemBytes === 1;
  if (mayStay && raw.byteOffset % itemBytes === 0) return raw;
  const copy = new Uint8Array(raw);
  if (mayStay) return copy;
  for (let at = 0; at < copy.length; at += itemBytes) copy.subarray(at, at + itemBytes).reverse();
  return copy;
}

/** Writes bits, so that a NaN keeps its payload; only subnormals, which need shifting, are written as numbers. */
function decodeHalf(buffer: ArrayBufferLike, at: number, count: number): Float32Array {
  const halves = new Uint16Array(buffer, at, count);
  const values = new Float32Array(count);
  const bits = new Uint32Array(values.buffer);
  for (let index = 0; index < count; index++) {
    const half = halves[index]!;
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0) values[index] = (sign === 0 ? fraction : -fraction) / 16777216;
    else bits[index] = sign | ((exponent === 0x1f ? 0xff : exponent + 112) << 23) | (fraction << 13);
  }
  return values;
}

function decodeBrain(buffer: ArrayBufferLike, at: number, count: number): Float32Array {
  const bits = new Uint32Array(new Uint16Array(buffer, at, count));
  for (let index = 0; index < count; index++) bits[index]! <<= 16;
  return new Float32Array(bits.buffer);
}

function decodeLong(buffer: ArrayBufferLike, at: number, count: number, refuse: Refuse): Int32Array {
  const longs = new BigInt64Array(buffer, at, count);
  const outside = longs.findIndex((long) => BigInt.asIntN(32, long) !== long);
  if (outside >= 0) {
    const message = `its value ${longs[outside]} at index ${outside} does not fit into 32 bits`;
    refuse('range', longs[outside], 'a 32-bit integer', message);
  }
  return Int32Array.from(longs, Number);
}
