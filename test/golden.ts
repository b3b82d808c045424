/** Access to test/golden: results of PyTorch, and the fill that makes the inputs which they were computed from. */

import { readFileSync } from 'node:fs';
import { parseSafetensors, type StoredTensor } from 'tenfold';

const folder = new URL('./golden/', import.meta.url);

export function goldenJson(path: string): unknown {
  return JSON.parse(readFileSync(new URL(path, folder), 'utf8'));
}

export function goldenTensors(path: string): Map<string, StoredTensor> {
  return parseSafetensors(readFileSync(new URL(path, folder)), path).tensors;
}

/** FNV-1a over the UTF-8 bytes of a tensor's name. */
export function seedOf(name: string): number {
  let seed = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) seed = Math.imul(seed ^ byte, 0x01000193);
  return seed >>> 0;
}

/** Murmur3's finalizer over the seed and the element's number. */
export function hashOf(seed: number, index: number): number {
  let hash = (seed + Math.imul(index, 0x9e3779b9)) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export interface Fill {
  /** The tensor's name in the fill. */
  readonly fill: string;
  /** In PyTorch's order. */
  readonly shape: readonly number[];
  readonly scale?: number;
  readonly shift?: number;
}

export function fillElement(seed: number, index: number, scale = 1, shift = 0): number {
  const even = (hashOf(seed, index) >>> 8) / 0x800000 - 1;
  return Math.fround(Math.fround(scale * even) + shift);
}

/** The elements of a filled tensor in PyTorch's row-major order. */
export function fill({ fill: name, shape, scale, shift }: Fill): Float32Array {
  const length = shape.reduce((product, side) => product * side, 1);
  return fillInto(new Float32Array(length), seedOf(name), scale, shift);
}

/** As `fill`, into an array that is there already: a plain loop, because a network may have 138 million elements. */
export function fillInto(values: Float32Array, seed: number, scale = 1, shift = 0): Float32Array {
  for (let i = 0; i < values.length; i++) values[i] = fillElement(seed, i, scale, shift);
  return values;
}

export function fillLabels(name: string, length: number, classes: number): Int32Array {
  const seed = seedOf(name);
  return Int32Array.from({ length }, (_, index) =>
    Math.floor(((hashOf(seed, index) >>> 8) * classes) / 0x1000000),
  );
}

/** [N, C, H, W] as [N, H, W, C]. */
export function channelsLast(shape: readonly number[]): readonly number[] {
  const [batch, channels, ...sides] = shape;
  return [batch!, ...sides, channels!];
}

/** The elements of PyTorch's activation [N, C, ...] in the order of ours, [N, ..., C]. */
export function toChannelsLast(data: ArrayLike<number>, shape: readonly number[]): Float32Array {
  const [batch, channels, ...sides] = shape;
  const pixels = sides.reduce((product, side) => product * side, 1);
  const result = new Float32Array(data.length);
  for (let n = 0; n < batch!; n++) {
    for (let c = 0; c < channels!; c++) {
      for (let pixel = 0; pixel < pixels; pixel++) {
        result[(n * pixels + pixel) * channels! + c] = data[(n * channels! + c) * pixels + pixel]!;
      }
    }
  }
  return result;
}
