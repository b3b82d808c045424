import { join } from 'node:path';
import { FormatError, readFile, TenfoldError } from 'tenfold';
import { type DataSet, type ImageSet, sharedBytes } from '../image-set.js';
import { entriesOf } from './_entries.js';
import type { DataOptions } from './_options.js';

const side = 32;
const plane = side * side;
const channels = 3;
// A label, then the red, the green and the blue plane.
const recordLength = 1 + channels * plane;

const classNames = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

const trainFiles = [1, 2, 3, 4, 5].map((number) => `data_batch_${number}.bin`);
const testFiles = ['test_batch.bin'];

/** Small photos (Krizhevsky 2009), from the files of the binary version or from the folder that its archive unpacks to. */
export async function openCifar10({ folder }: DataOptions): Promise<DataSet> {
  if (folder === undefined) {
    throw new TenfoldError(
      'the data set cifar10 needs the folder of its binary version (data_batch_1.bin to test_batch.bin); ' +
        'name it with --data-dir.',
    );
  }
  const entries = await entriesOf(folder);
  const unpacked = entries.find(({ name, isFolder }) => isFolder && name === 'cifar-10-batches-bin');
  const source = unpacked?.path ?? folder;
  return {
    train: await readSet(source, trainFiles),
    test: await readSet(source, testFiles),
    normalisation: { mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
    augmentation: 'cifar',
    notes: [],
  };
}

async function readSet(folder: string, names: readonly string[]): Promise<ImageSet> {
  const files = await Promise.all(
    names.map(async (name) => {
      const file = join(folder, name);
      const bytes = await readFile(file);
      checkLength(bytes.length, file);
      return { file, bytes };
    }),
  );
  const count = files.reduce((total, { bytes }) => total + bytes.length / recordLength, 0);
  const images = sharedBytes(count * plane * channels);
  const labels = new Int32Array(count);
  let image = 0;
  for (const { file, bytes } of files) {
    for (let at = 0; at < bytes.length; at += recordLength) {
      labels[image] = checkedLabel(bytes[at]!, file);
      interleave(bytes.subarray(at + 1, at + recordLength), images, image * plane * channels);
      image++;
    }
  }
  return { images, labels, count, height: side, width: side, channels, classNames };
}

/** From one plane per channel to the channels of each pixel side by side. */
function interleave(planes: Uint8Array, images: Uint8Array, at: number): void {
  for (let pixel = 0; pixel < plane; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      images[at + pixel * channels + channel] = planes[channel * plane + pixel]!;
    }
  }
}

function checkLength(length: number, file: string): void {
  if (length > 0 && length % recordLength === 0) return;
  throw new FormatError(
    `${file} has ${length} bytes, expected whole images of ${recordLength} bytes each ` +
      `(${10_000 * recordLength} in an original file of the binary version).`,
    { file, got: length, expected: recordLength },
  );
}

function checkedLabel(label: number, file: string): number {
  if (label < classNames.length) return label;
  throw new FormatError(`${file} has the label ${label}, expected 0 to ${classNames.length - 1}.`, {
    file,
    got: label,
    expected: classNames.length - 1,
  });
}
