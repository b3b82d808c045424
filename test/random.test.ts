import { dropout, full, permutation, sum, uniform } from 'tenfold';
import { describe, expect, test } from 'vitest';
import { philox, philoxKey, withDraws } from '../packages/tenfold/dist/tensor/random.js';
import { devices, onDevice } from './devices.js';

type Words = readonly [number, number, number, number];

/** Philox 4x32-10 as in the paper's formulas, in whole numbers of any size and with the whole counter. */
function philoxByFormula(counter: Words, key: readonly [number, number]): number[] {
  const word = 0x100000000n;
  let [c0, c1, c2, c3] = counter.map(BigInt) as [bigint, bigint, bigint, bigint];
  let [k0, k1] = key.map(BigInt) as [bigint, bigint];
  for (let round = 0; round < 10; round++) {
    const product0 = 0xd2511f53n * c0;
    const product1 = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [
      (product1 / word) ^ c1 ^ k0,
      product1 % word,
      (product0 / word) ^ c3 ^ k1,
      product0 % word,
    ];
    k0 = (k0 + 0x9e3779b9n) % word;
    k1 = (k1 + 0xbb67ae85n) % word;
  }
  return [c0, c1, c2, c3].map(Number);
}

function block(key: { key0: number; key1: number; step: number }, index: number): number[] {
  const out = new Uint32Array(4);
  philox(key, index, out);
  return [...out];
}

describe('Philox 4x32-10', () => {
  // The known answers that come with Random123 (Salmon et al. 2011).
  test.each<{ counter: Words; key: readonly [number, number]; words: Words }>([
    { counter: [0, 0, 0, 0], key: [0, 0], words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
    {
      counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      key: [0xffffffff, 0xffffffff],
      words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    },
    {
      counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      key: [0xa4093822, 0x299f31d0],
      words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    },
  ])('the formula gives the known answer for counter $counter', ({ counter, key, words }) => {
    expect(philoxByFormula(counter, key)).toEqual(words);
  });

  test('the known answer that our counter (block low, block high, step, 0) can express', () => {
    expect(block({ key0: 0, key1: 0, step: 0 }, 0)).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
  });

  test.each([
    { key0: 0xffffffff, key1: 0xffffffff, step: 0xffffffff, index: 0xffffffff },
    { key0: 0xa4093822, key1: 0x299f31d0, step: 0x13198a2e, index: 0x243f6a88 },
    { key0: 1, key1: 2, step: 3, index: 4 },
    { key0: 0x80000000, key1: 0x7fffffff, step: 0x80000001, index: 0x1fffffffffffff },
    { key0: 12, key1: 0, step: 0, index: 0x100000000 },
  ])('agrees with the formula for key $key0 $key1, step $step, block $index', ({ index, ...key }) => {
    const counter: Words = [index % 0x100000000, Math.floor(index / 0x100000000), key.step, 0];
    expect(block(key, index)).toEqual(philoxByFormula(counter, [key.key0, key.key1]));
  });

  test('agrees with the formula for a thousand keys and blocks', () => {
    for (let i = 0; i < 1000; i++) {
      const [key0, key1, step, index] = philoxByFormula([i, 0, 0, 1], [5, 6]) as [
        number,
        number,
        number,
        number,
      ];
      expect(block({ key0, key1, step }, index)).toEqual(philoxByFormula([index, 0, step, 0], [key0, key1]));
    }
  });
});

test('seed, purpose and step each name another stream', () => {
  const keys = [
    { seed: 1, purpose: 'a' },
    { seed: 2, purpose: 'a' },
    { seed: 1, purpose: 'b' },
    { seed: 1, purpose: 'a', step: 1 },
  ];
  const streams = keys.map((key) => uniform(4, 0, 1, key).join());
  expect(new Set(streams).size).toBe(keys.length);
  expect(uniform(4, 0, 1, keys[0]!).join()).toBe(streams[0]);
});

test('uniform is in range, even, and the same number for an element however many are drawn', () => {
  const key = { seed: 3, purpose: 'uniform' };
  const length = 40_000;
  const drawn = uniform(length, -3, 5, key);
  expect(drawn).toHaveLength(length);
  expect(drawn.every((value) => value >= -3 && value < 5)).toBe(true);
  const mean = drawn.reduce((total, value) => total + value, 0) / length;
  const variance = drawn.reduce((total, value) => total + (value - mean) ** 2, 0) / length;
  // Five standard errors: the deviation is 8 / sqrt(12), that of the square 8^2 / sqrt(180).
  expect(Math.abs(mean - 1)).toBeLessThan((5 * 8) / Math.sqrt(12 * length));
  expect(Math.abs(variance - 64 / 12)).toBeLessThan((5 * 64) / Math.sqrt(180 * length));
  expect([...uniform(7, -3, 5, key)]).toEqual([...drawn.subarray(0, 7)]);
});

test.each([0, 1, 2, 5, 1000])('permutation of %i is a permutation', (length) => {
  const order = permutation(length, { seed: 1, purpose: 'shuffle' });
  expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, index) => index));
});

test('every permutation of three is as frequent as any other', () => {
  const count = 6000;
  const frequency = new Map<string, number>();
  for (let step = 0; step < count; step++) {
    const order = permutation(3, { seed: 1, purpose: 'shuffle', step }).join();
    frequency.set(order, (frequency.get(order) ?? 0) + 1);
  }
  expect(frequency.size).toBe(6);
  const fiveDeviations = 5 * Math.sqrt((count * 5) / 36);
  for (const times of frequency.values()) expect(Math.abs(times - count / 6)).toBeLessThan(fiveDeviations);
});

describe.each(devices)('dropout on $name', (device) => {
  const length = 30_001;
  const key = { seed: 0xdeadbeef, purpose: 'dropout', step: 0x9abcdef0 };

  async function dropped(p: number): Promise<Float32Array> {
    const ones = onDevice(device, () => full([length], 1));
    const y = dropout(ones, { p, training: true, key });
    const data = (await y.data()) as Float32Array;
    ones.dispose();
    y.dispose();
    return data;
  }

  test.each([0.1, 0.5, 0.75])('drops its share %d and scales the rest', async (p) => {
    const data = await dropped(p);
    const kept = data.filter((value) => value !== 0);
    expect(new Set(kept)).toEqual(new Set([Math.fround(1 / (1 - p))]));
    const fiveDeviations = 5 * Math.sqrt(length * p * (1 - p));
    expect(Math.abs(length - kept.length - length * p)).toBeLessThan(fiveDeviations);
  });

  test('drops element i exactly if word i % 4 of block i / 4 is below the threshold', async () => {
    const data = await dropped(0.3);
    const threshold = Math.round(0.3 * 0x100000000);
    const words = Array.from({ length: Math.ceil(length / 4) }, (_, i) => block(philoxKey(key), i)).flat();
    expect([...data].map((value) => value === 0)).toEqual(
      words.slice(0, length).map((word) => word < threshold),
    );
  });

  test('its gradient has the same mask and scale', async () => {
    const x = onDevice(device, () => full([length], 1, { requiresGrad: true }));
    const y = dropout(x, { p: 0.4, training: true, key });
    sum(y).backward();
    expect(await x.grad!.data()).toEqual(await y.data());
    x.dispose();
    y.dispose();
  });

  test('does nothing in evaluation', () => {
    const x = onDevice(device, () => full([5], 1));
    expect(dropout(x, { p: 0.9, training: false })).toBe(x);
    x.dispose();
  });

  test('draws anew for every call and step, and the same again for the same step', async () => {
    const draw = async (seed: number, step: number) => {
      const x = onDevice(device, () => full([64], 1));
      const two = withDraws(seed, step, () => [
        dropout(x, { training: true }),
        dropout(x, { training: true }),
      ]);
      return Promise.all(two.map(async (each) => (await each.data()).join()));
    };
    const [first, second] = await draw(1, 0);
    const others = [...(await draw(1, 1)), ...(await draw(2, 0))];
    expect(new Set([first, second, ...others]).size).toBe(6);
    expect(await draw(1, 0)).toEqual([first, second]);
  });
});
