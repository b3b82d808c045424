import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FormatError } from 'tenfold';
import { afterAll, describe, expect, test } from 'vitest';
import { batches } from '../packages/cli/dist/data/batches.js';
import { parseIdxImages, parseIdxLabels } from '../packages/cli/dist/data/idx.js';
import {
  checkSha256,
  type ImageSet,
  loadMnist,
  mnistNormalisation,
} from '../packages/cli/dist/data/mnist.js';
import { shuffled, splitForValidation } from '../packages/cli/dist/data/split.js';

const folder = mkdtempSync(join(tmpdir(), 'tenfold-data-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** An IDX file of unsigned bytes. */
function idx(dimensions: number[], data: ArrayLike<number>): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * dimensions.length));
  header.setUint32(0, 0x0800 + dimensions.length);
  for (const [axis, size] of dimensions.entries()) header.setUint32(4 + 4 * axis, size);
  return Uint8Array.of(...new Uint8Array(header.buffer), ...Array.from(data));
}

describe('IDX', () => {
  const images = idx([2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);

  test('images and labels are read', () => {
    const parsed = parseIdxImages(images, 'images');
    expect(parsed).toMatchObject({ count: 2, height: 2, width: 3 });
    expect([...parsed.pixels]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect([...parseIdxLabels(idx([3], [7, 0, 9]), 'labels')]).toEqual([7, 0, 9]);
  });

  test('bytes inside a larger buffer are read from where they start', () => {
    const shifted = Uint8Array.of(9, 9, 9, ...images).subarray(3);
    expect(parseIdxImages(shifted, 'images').pixels[0]).toBe(1);
  });

  test.each([
    [
      'an empty file',
      new Uint8Array(),
      'a.idx has 0 bytes, but the header of an IDX file alone takes 16 bytes.',
    ],
    ['a cut header', images.subarray(0, 15), 'a.idx has 15 bytes'],
    [
      'a cut file',
      images.subarray(0, 27),
      'a.idx has 27 bytes, but its header (2 x 2 x 3) announces 28 bytes.',
    ],
    ['trailing bytes', Uint8Array.of(...images, 0), 'a.idx has 29 bytes'],
    [
      'labels',
      idx([20], new Array(20).fill(0)),
      'a.idx starts with the bytes 00000801, but an IDX file of images',
    ],
    ['huge dimensions', idx([0xffffffff, 0xffffffff, 0xffffffff], []), 'a.idx has 16 bytes, but its header'],
  ])('%s is refused', (_, bytes, message) => {
    expect(() => parseIdxImages(bytes, 'a.idx')).toThrow(FormatError);
    expect(() => parseIdxImages(bytes, 'a.idx')).toThrow(message);
  });

  test('the error carries the file and both lengths', () => {
    const read = () => parseIdxImages(images.subarray(0, 20), 'a.idx');
    expect(read).toThrow(expect.objectContaining({ details: { file: 'a.idx', got: 20, expected: 28 } }));
  });
});

describe('MNIST', () => {
  test('the bundled files hold 60,000 and 10,000 images', () => {
    const { train, test } = loadMnist();
    expect(train).toMatchObject({ count: 60_000, height: 28, width: 28, classes: 10 });
    expect(test).toMatchObject({ count: 10_000, height: 28, width: 28, classes: 10 });
    expect([...train.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
    expect(train.images.length).toBe(60_000 * 784);
  });

  test('bytes with another hash are refused', () => {
    expect(() => checkSha256(Uint8Array.of(1), 'a.idx', 'ba891046e6505d7a')).toThrow(
      'a.idx is damaged: its SHA-256 starts with 4bf5122f3445, not with ba891046e650; reinstall with npm ci.',
    );
  });

  test.each([
    [
      'images of another size',
      idx([1, 2, 2], [0, 0, 0, 0]),
      idx([1], [0]),
      'images of 2 x 2, expected 28 x 28',
    ],
    [
      'a label too many',
      idx([1, 28, 28], new Uint8Array(784)),
      idx([2], [0, 0]),
      'has 2 labels for the 1 images',
    ],
    ['no images', idx([0, 28, 28], []), idx([0], []), 'at least one image'],
    [
      'an unknown label',
      idx([1, 28, 28], new Uint8Array(784)),
      idx([1], [10]),
      'has the label 10, expected 0 to 9',
    ],
  ])('a folder with %s is refused', (_, images, labels, message) => {
    writeFileSync(join(folder, 'train-images-idx3-ubyte'), images);
    writeFileSync(join(folder, 'train-labels-idx1-ubyte'), labels);
    expect(() => loadMnist(folder)).toThrow(message);
  });
});

describe('the split', () => {
  test('holds back a tenth, and every image is on one side', () => {
    const { training, validation } = splitForValidation(60_000, 1);
    expect([training.length, validation.length]).toEqual([54_000, 6_000]);
    expect(new Set([...training, ...validation]).size).toBe(60_000);
  });

  test('is decided by the seed', () => {
    expect(splitForValidation(1000, 7)).toEqual(splitForValidation(1000, 7));
    expect(splitForValidation(1000, 7)).not.toEqual(splitForValidation(1000, 8));
  });

  test('shuffling keeps the images and depends on seed and epoch', () => {
    const images = Int32Array.from({ length: 500 }, (_, index) => 3 * index);
    const first = shuffled(images, 1, 1);
    expect(shuffled(images, 1, 1)).toEqual(first);
    expect(shuffled(images, 1, 2)).not.toEqual(first);
    expect(shuffled(images, 2, 1)).not.toEqual(first);
    expect(first.toSorted()).toEqual(images);
  });
});

test('batches hold the chosen images, normalised, and the last one what remains', () => {
  const set: ImageSet = {
    images: Uint8Array.of(0, 255, 10, 20, 30, 40),
    labels: Uint8Array.of(4, 5, 6),
    count: 3,
    height: 1,
    width: 2,
    classes: 10,
  };
  const [first, second, ...more] = batches(set, Int32Array.of(2, 0, 1), 2, mnistNormalisation);
  expect(first?.shape).toEqual([2, 1, 2, 1]);
  expect([...first!.labels]).toEqual([6, 4]);
  expect(first?.images).toEqual(
    Float32Array.from([30, 40, 0, 255], (byte) => (byte / 255 - 0.1307) / 0.3081),
  );
  expect(second?.shape).toEqual([1, 1, 2, 1]);
  expect([...second!.labels]).toEqual([5]);
  expect(more).toEqual([]);
});
