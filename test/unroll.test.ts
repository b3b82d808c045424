// Kernels whose loops are unrolled compute what they say without it.

import { main as compile } from 'assemblyscript/asc';
import { expect, test } from 'vitest';
import { unroll } from '../scripts/unroll.js';

const plain = `
export function sum(x: usize, y: usize, count: i32): i32 {
  let total: i32 = 0;
  const end = x + (count << 2);
  // unroll 4
  do {
    const a = load<i32>(x);
    const b = load<i32>(y, 4);
    total += a * b;
    x += 4;
    y += 8;
  } while (x < end);
  // What is left of the pointers must be right, however the loop ended.
  return total * 1000 + i32(y);
}
`;

async function sumOf(source: string): Promise<(count: number) => number> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await compile(['sum.ts', '--outFile', 'sum.wasm', '--runtime', 'stub'], {
    readFile: (name) => (name === 'sum.ts' ? source : null),
    writeFile: (_, contents) => {
      binary = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error) throw new Error(stderr.toString());
  const { instance } = await WebAssembly.instantiate(binary as BufferSource, { env: { abort: () => {} } });
  const { memory, sum } = instance.exports as {
    memory: WebAssembly.Memory;
    sum: (x: number, y: number, count: number) => number;
  };
  if (memory.buffer.byteLength === 0) memory.grow(1);
  new Int32Array(memory.buffer, 0, 256).forEach((_, i, all) => {
    all[i] = (i * 7) % 11;
  });
  return (count) => sum(0, 256, count);
}

test('a loop gives the same in one copy and in four, whichever copy ends it', async () => {
  const unrolled = unroll(plain);
  expect(unrolled.match(/load<i32>\(x/g)).toHaveLength(4);
  const [one, four] = await Promise.all([sumOf(plain), sumOf(unrolled)]);
  for (let count = 1; count <= 13; count++) expect(four(count)).toBe(one(count));
});

test('lines keep their numbers', () => {
  expect(unroll(plain).split('\n')).toHaveLength(plain.split('\n').length);
});

test('a loop that does more with a pointer than load from it is refused', () => {
  expect(() => unroll(plain.replace('total += a * b', 'total += a * b + i32(x)'))).toThrow(
    'a loop that is unrolled may only load from x',
  );
});

test('what cannot be unrolled is not left as it is without a word', () => {
  expect(() => unroll(plain.replace('do {', 'while (x < end) {'))).toThrow(
    'only a do { ... } while (x < end);',
  );
});
