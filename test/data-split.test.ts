import { describe, expect, test } from 'vitest';
import { type DataSet, divide } from '../packages/cli/dist/data/index.js';
import { shuffled } from '../packages/cli/dist/data/split.js';

const imageSet = (count: number) => ({
  images: new Uint8Array(count),
  labels: new Int32Array(count),
  count,
  height: 1,
  width: 1,
  channels: 1,
  classNames: ['a'],
});

const dataSet = (counts: { train: number; validation?: number; test?: number }): DataSet => ({
  train: imageSet(counts.train),
  ...(counts.validation && { validation: imageSet(counts.validation) }),
  ...(counts.test && { test: imageSet(counts.test) }),
  normalisation: { mean: [0], std: [1] },
  augmentation: 'none',
  notes: [],
});

describe('a division', () => {
  test('holds back a tenth for validation, and every image is on one side', () => {
    const set = dataSet({ train: 60_000, test: 7 });
    const { training, validation, test } = divide(set, 1);
    expect([training.indices.length, validation.indices.length]).toEqual([54_000, 6_000]);
    expect(new Set([...training.indices, ...validation.indices]).size).toBe(60_000);
    expect(validation.set).toBe(set.train);
    expect(test.set).toBe(set.test);
    expect([...test.indices]).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test('holds back a tenth for the test too where there is none', () => {
    const { training, validation, test } = divide(dataSet({ train: 1000 }), 1);
    expect([training, validation, test].map(({ indices }) => indices.length)).toEqual([810, 90, 100]);
    const all = [training, validation, test].flatMap(({ indices }) => [...indices]);
    expect(new Set(all).size).toBe(1000);
  });

  test('holds nothing back from a set that has its own parts', () => {
    const set = dataSet({ train: 20, validation: 5, test: 3 });
    const { training, validation, test } = divide(set, 1);
    expect([training.indices.length, validation.indices.length, test.indices.length]).toEqual([20, 5, 3]);
    expect(validation.set).toBe(set.validation);
  });

  test('is decided by the seed', () => {
    const set = dataSet({ train: 1000 });
    expect(divide(set, 7)).toEqual(divide(set, 7));
    expect(divide(set, 7)).not.toEqual(divide(set, 8));
  });
});

test('shuffling keeps the images and depends on seed and epoch', () => {
  const images = Int32Array.from({ length: 500 }, (_, index) => 3 * index);
  const first = shuffled(images, 1, 1);
  expect(shuffled(images, 1, 1)).toEqual(first);
  expect(shuffled(images, 1, 2)).not.toEqual(first);
  expect(shuffled(images, 2, 1)).not.toEqual(first);
  expect(first.toSorted()).toEqual(images);
});
