import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { FormatError, TenfoldError } from 'tenfold';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { type DataSet, openDataSet, readImage } from '../packages/cli/dist/data/index.js';
import { concurrently } from '../packages/cli/dist/data/sets/_concurrently.js';

const root = mkdtempSync(join(tmpdir(), 'tenfold-folder-'));
afterAll(() => rmSync(root, { recursive: true }));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(root, 'set-'));
});

function place(name: string): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  return file;
}

/** Writes an image of one colour, in the format that its name ends with. */
async function paint(name: string, background: string, width = 4, height = 4): Promise<string> {
  const file = place(name);
  await sharp({ create: { width, height, channels: 3, background } }).toFile(file);
  return file;
}

/** Writes a grey PNG image, row by row. */
async function paintGrey(name: string, pixels: number[], width: number): Promise<string> {
  const file = place(name);
  const raw = { width, height: pixels.length / width, channels: 1 as const };
  await sharp(Uint8Array.from(pixels), { raw }).toColourspace('b-w').png().toFile(file);
  return file;
}

function writeText(name: string, text = 'text'): string {
  const file = place(name);
  writeFileSync(file, text);
  return file;
}

const open = (options = {}): Promise<DataSet> => openDataSet('folder', { folder, ...options });

/** The first pixel of each image. */
const firstPixels = ({ images, height, width, channels, count }: DataSet['train']) =>
  Array.from({ length: count }, (_, image) => {
    const start = image * height * width * channels;
    return [...images.subarray(start, start + channels)];
  });

describe('a folder of class folders', () => {
  test('gives sorted classes and files, whatever the format', async () => {
    await paint('dog/b.png', '#010000');
    await paint('dog/a.webp', '#ff0000');
    await paint('dog/deeper/c.PNG', '#030000');
    await paint('Zebra/1.png', '#040000');
    await paint('cat/10.png', '#050000');
    await paint('cat/9.jpg', '#ffffff');
    writeText('.DS_Store');
    writeText('cat/.hidden.png');
    const { train, validation, test, augmentation, notes } = await open();
    expect(train).toMatchObject({ count: 6, height: 4, width: 4, channels: 3 });
    expect(train.classNames).toEqual(['Zebra', 'cat', 'dog']);
    expect([...train.labels]).toEqual([0, 1, 1, 2, 2, 2]);
    expect(firstPixels(train).map(([red]) => red)).toEqual([4, 5, 255, expect.closeTo(255, -1), 1, 3]);
    expect({ validation, test, augmentation, notes }).toEqual({ augmentation: 'none', notes: [] });
    expect(train.images.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  test('has the same order whether names come composed or decomposed', async () => {
    await paint('e\u0301te\u0301/1.png', '#010000');
    await paint('f/1.png', '#020000');
    await paint('e/1.png', '#030000');
    const { train } = await open();
    expect(train.classNames).toEqual(['e', 'f', '\u00e9t\u00e9']);
  });

  test('follows a link to a class, and no link below it', async () => {
    await paint('a/1.png', '#010000');
    await paint('b/1.png', '#020000');
    symlinkSync(join(folder, 'a'), join(folder, 'c'));
    symlinkSync(folder, join(folder, 'b', 'loop'));
    const { train } = await open();
    expect(train.classNames).toEqual(['a', 'b', 'c']);
    expect(train.count).toBe(3);
  });

  test('says which files were left out', async () => {
    await paint('a/1.png', '#010000');
    await paint('b/1.png', '#020000');
    const readme = writeText('a/readme.txt');
    writeText('list.csv');
    const { notes } = await open();
    expect(notes).toEqual([
      `2 files were left out, being no PNG, JPEG or WebP image in a class folder: ${join(folder, 'list.csv')}`,
    ]);
    rmSync(join(folder, 'list.csv'));
    expect((await open()).notes).toEqual([
      `one file was left out, being no PNG, JPEG or WebP image in a class folder: ${readme}`,
    ]);
  });

  test('counts its images as they are read', async () => {
    for (const name of ['a/1.png', 'a/2.png', 'b/1.png']) await paint(name, '#010203');
    const counts: [number, number][] = [];
    await open({ onProgress: (done: number, total: number) => counts.push([done, total]) });
    expect(counts).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
  });
});

describe('a divided folder', () => {
  test('has training and test images, and val is the test where there is none', async () => {
    for (const part of ['train', 'val']) {
      await paint(`${part}/a/1.png`, '#010000');
      await paint(`${part}/b/1.png`, '#020000');
    }
    const withoutTest = await open();
    expect(withoutTest.test?.count).toBe(2);
    expect(withoutTest.validation).toBeUndefined();

    await paint('test/b/1.png', '#030000');
    await paint('test/a/1.png', '#050000');
    await paint('test/b/2.png', '#040000');
    const { train, validation, test } = await open();
    expect(train.count).toBe(2);
    expect(validation?.count).toBe(2);
    expect([...test!.labels]).toEqual([0, 1, 1]);
    expect(firstPixels(test!).map(([red]) => red)).toEqual([5, 3, 4]);
  });

  test('may call a class train', async () => {
    await paint('train/1.png', '#010000');
    await paint('bus/1.png', '#020000');
    expect((await open()).train.classNames).toEqual(['bus', 'train']);
  });

  test('must not test with classes that training lacks', async () => {
    for (const name of ['train/a/1.png', 'train/b/1.png', 'test/a/1.png', 'test/c/1.png']) {
      await paint(name, '#010000');
    }
    await expect(open()).rejects.toThrow(
      `${join(folder, 'test')} has the class c, which ${join(folder, 'train')} lacks; expected a, b.`,
    );
  });
});

describe('pixels are what a person sees', () => {
  test('an image lies as its EXIF orientation says', async () => {
    // Left half white, right half black; orientation 6 asks for a quarter turn clockwise.
    const file = place('turned.jpg');
    const raw = { width: 32, height: 16, channels: 1 as const };
    const pixels = Uint8Array.from({ length: 512 }, (_, at) => (at % 32 < 16 ? 255 : 0));
    await sharp(pixels, { raw }).jpeg({ quality: 100 }).withMetadata({ orientation: 6 }).toFile(file);
    const picture = await readImage(file, { channels: 1 });
    expect([picture.height, picture.width]).toEqual([32, 16]);
    expect(picture.pixels[8]).toBeGreaterThan(250);
    expect(picture.pixels[31 * 16 + 8]).toBeLessThan(5);
  });

  test('what is transparent is white', async () => {
    const file = place('alpha.png');
    await sharp({
      create: { width: 2, height: 2, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0 } },
    }).toFile(file);
    expect([...(await readImage(file, { channels: 3 })).pixels.subarray(0, 3)]).toEqual([255, 255, 255]);
    expect([...(await readImage(file, { channels: 1, size: 3 })).pixels]).toEqual(new Array(9).fill(255));
  });

  test('sixteen bits become eight, and half transparent is half way to white', async () => {
    const grey = place('grey16.png');
    const raw = { width: 2, height: 2 };
    await sharp(Uint16Array.of(0, 0x4000, 0x8000, 0xffff), { raw: { ...raw, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toFile(grey);
    expect([...(await readImage(grey, { channels: 1 })).pixels]).toEqual([0, 64, 128, 255]);

    const colour = place('rgba16.png');
    const pixel = [0x4000, 0x8000, 0, 0x8000];
    await sharp(Uint16Array.of(...pixel, ...pixel, ...pixel, ...pixel), { raw: { ...raw, channels: 4 } })
      .toColourspace('rgb16')
      .png()
      .toFile(colour);
    const [red, green, blue] = (await readImage(colour, { channels: 3 })).pixels;
    expect([red, green, blue]).toEqual([(64 + 255) / 2, (128 + 255) / 2, 255 / 2].map(Math.floor));
  });

  test('grey among colours gets three equal channels; a set of grey images has one', async () => {
    await paintGrey('a/1.png', [7, 7, 7, 7], 2);
    await paintGrey('b/1.png', [9, 9, 9, 9], 2);
    const grey = await open();
    expect(grey.train.channels).toBe(1);
    expect(firstPixels(grey.train)).toEqual([[7], [9]]);
    await paint('b/2.png', '#010203', 2, 2);
    const coloured = await open();
    expect(coloured.train.channels).toBe(3);
    expect(coloured.normalisation.mean).toHaveLength(3);
    expect(firstPixels(coloured.train)).toEqual([
      [7, 7, 7],
      [9, 9, 9],
      [1, 2, 3],
    ]);
  });

  test('with a size, the middle of the image is kept, whole over its shorter side', async () => {
    // Columns: black, 8 white, black; a square of 8 from the middle is all white.
    const row = [...new Array(8).fill(0), ...new Array(8).fill(255), ...new Array(8).fill(0)];
    const file = await paintGrey('wide.png', new Array(8).fill(row).flat(), 24);
    const { pixels, height, width } = await readImage(file, { channels: 1, size: 8 });
    expect([height, width]).toEqual([8, 8]);
    expect([...pixels]).toEqual(new Array(64).fill(255));
    const smaller = await readImage(file, { channels: 1, size: 4 });
    expect([smaller.height, smaller.width]).toEqual([4, 4]);
    expect(smaller.pixels[5]).toBeGreaterThan(250);
  });

  test('sizes must agree, or be given', async () => {
    const first = await paint('a/1.png', '#010203', 5, 3);
    const second = await paint('b/1.png', '#010203', 3, 5);
    await expect(open()).rejects.toThrow(
      `${second} is 5 x 3 pixels high and wide, but ${first} is 3 x 5; ` +
        'give all images one size with --image-size.',
    );
    const { train } = await open({ imageSize: 2 });
    expect(train).toMatchObject({ count: 2, height: 2, width: 2 });
  });

  test('more images than fit in memory are refused before room is made for them', async () => {
    await paint('a/1.png', '#010203');
    await paint('b/1.png', '#010203');
    await expect(open({ imageSize: 10_000_000 })).rejects.toThrow(
      /^the 2 images in .+ take 600000\.0 GB at 10000000 x 10000000 pixels, more than the [\d.]+ GB that there is room for; make them smaller with --image-size\.$/,
    );
  });
});

describe('an unreadable image', () => {
  let good: string;
  beforeEach(async () => {
    good = await paint('a/1.png', '#0a0000');
    await paint('b/1.png', '#0b0000');
    await paint('b/3.png', '#0c0000');
  });

  const noisy = (format: 'jpeg' | 'png' | 'webp') => {
    const pixels = Uint8Array.from({ length: 64 * 64 * 3 }, (_, at) => (at * 2654435761) >>> 24);
    return sharp(pixels, { raw: { width: 64, height: 64, channels: 3 } })
      .toFormat(format)
      .toBuffer();
  };

  test.each(['jpeg', 'png', 'webp'] as const)('%s that is cut short is one clear error', async (format) => {
    const bytes = await noisy(format);
    const file = place(`b/2.${format}`);
    writeFileSync(file, bytes.subarray(0, bytes.length >> 1));
    const error = await open({ imageSize: 4 }).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).message).toMatch(/^[^\n]+$/);
    expect((error as FormatError).message).toContain(`${file} cannot be read as an image (`);
    expect((error as FormatError).message).toContain(
      '); expected a whole PNG, JPEG or WebP file. Mend or remove it, or leave such images out with ' +
        '--skip-unreadable.',
    );
    expect((error as FormatError).details).toMatchObject({ file });
  });

  test('of text is refused, or left out and counted', async () => {
    const text = writeText('b/2.png');
    await expect(open()).rejects.toThrow(`${text} cannot be read as an image (`);
    const { train, notes } = await open({ skipUnreadable: true });
    expect([...train.labels]).toEqual([0, 1, 1]);
    expect(firstPixels(train).map(([red]) => red)).toEqual([10, 11, 12]);
    expect(train.images.length).toBe(3 * 4 * 4 * 3);
    expect(notes).toEqual([
      expect.stringContaining(`one image in ${folder} left out: ${text} cannot be read as an image`),
    ]);
  });

  test('at the very front is left out too', async () => {
    writeText('a/0.png');
    writeText('a/00.png');
    const { train, notes } = await open({ skipUnreadable: true });
    expect(firstPixels(train).map(([red]) => red)).toEqual([10, 11, 12]);
    expect(notes).toEqual([
      expect.stringContaining(`2 images in ${folder} left out: ${join(folder, 'a', '0.png')}`),
    ]);
  });

  test('may be what a class consists of: then the class is empty', async () => {
    rmSync(good);
    writeText('a/1.png');
    await expect(open({ skipUnreadable: true })).rejects.toThrow(
      `none of the 1 images in ${join(folder, 'a')} can be read.`,
    );
    rmSync(join(folder, 'b'), { recursive: true });
    writeText('b/1.png');
    await expect(open({ skipUnreadable: true })).rejects.toThrow(
      `none of the 2 images in ${folder} can be read.`,
    );
  });

  test('is not a missing file', async () => {
    const missing = join(folder, 'missing.png');
    await expect(readImage(missing, { channels: 3 })).rejects.toThrow(
      `cannot read ${missing}: there is no such file`,
    );
  });

  test('that is a link to nowhere is reported by name', async () => {
    symlinkSync(join(folder, 'nowhere'), join(folder, 'a', '2.png'));
    await expect(open()).rejects.toThrow(
      `cannot read ${join(folder, 'a', '2.png')}: there is no such file (looked in ${join(folder, 'a')}). ` +
        'Mend or remove it',
    );
  });
});

describe('a folder that is no data set', () => {
  test('has no class folders', async () => {
    await paint('1.png', '#010203');
    await expect(open()).rejects.toThrow(
      `${folder} has no class folders, expected two or more, each with the images of one class ` +
        '(or folders train and test with such class folders).',
    );
  });

  test('has one class', async () => {
    await paint('a/1.png', '#010203');
    await expect(open()).rejects.toThrow(`${folder} has one class folder, expected two or more`);
  });

  test('has an empty class', async () => {
    await paint('a/1.png', '#010203');
    writeText('b/notes.txt');
    await expect(open()).rejects.toThrow(
      `${join(folder, 'b')} has no images, expected at least one PNG, JPEG or WebP file.`,
    );
  });

  test('does not exist, or is a file', async () => {
    const file = writeText('file');
    await expect(open({ folder: join(folder, 'missing') })).rejects.toThrow('there is no such folder');
    await expect(open({ folder: file })).rejects.toThrow(
      `cannot read the folder ${file}: it is a file, not a folder.`,
    );
  });
});

describe('work at the same time', () => {
  test('is limited, and begun in order', async () => {
    const begun: number[] = [];
    let running = 0;
    let most = 0;
    await concurrently([5, 1, 4, 2, 3], 2, async (milliseconds, index) => {
      begun.push(index);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      running--;
    });
    expect(begun).toEqual([0, 1, 2, 3, 4]);
    expect(most).toBe(2);
  });

  test('fails with the first error in order, not in time', async () => {
    const work = concurrently([20, 1], 2, async (milliseconds, index) => {
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      throw new TenfoldError(`item ${index}`);
    });
    await expect(work).rejects.toThrow('item 0');
  });
});

test('image bytes are the same however often a folder is read', async () => {
  for (const [index, name] of ['a/1.jpg', 'a/2.jpg', 'b/1.jpg'].entries()) {
    await paint(name, ['red', 'green', 'blue'][index]!, 30 + index, 20);
  }
  const [first, second] = [await open({ imageSize: 16 }), await open({ imageSize: 16 })];
  expect(second).toEqual(first);
});
