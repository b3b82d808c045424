import { FormatError, readFile, TenfoldError } from 'tenfold';
import { type ImageSet, shared } from '../image-set.js';
import { entriesOf } from './_entries.js';
import { parseIdxImages, parseIdxLabels, unzipped } from './_idx-file.js';

/** What is known of the files beforehand. */
export interface IdxExpectations {
  /** @default numbers, as many as the largest training label asks for */
  readonly classNames?: readonly string[];
  /** Looks at the bytes of a file, whose plain name is `name`, as they are on disk. */
  readonly verify?: (bytes: Uint8Array, file: string, name: string) => void;
}

/** Reads the four IDX files of MNIST's naming from a folder; each may be compressed with gzip. */
export async function readIdxFolder(folder: string, expectations: IdxExpectations = {}) {
  const files = (await entriesOf(folder)).filter(({ isFolder }) => !isFolder);
  const read = async (name: string) => {
    const spellings = [name, name.replace('-idx', '.idx')].flatMap((plain) => [plain, plain + '.gz']);
    const entry = spellings.flatMap((spelling) => files.filter((file) => file.name === spelling))[0];
    if (entry === undefined) {
      throw new TenfoldError(
        `${folder} has no ${name} (with or without .gz); expected the four files train-images-idx3-ubyte, ` +
          'train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte.',
        { file: folder, expected: name },
      );
    }
    const bytes = await readFile(entry.path);
    expectations.verify?.(bytes, entry.path, name);
    return { bytes: unzipped(bytes, entry.path), file: entry.path };
  };
  const train = await readSet(read, 'train', expectations.classNames);
  const test = await readSet(read, 't10k', train.classNames);
  if (test.height !== train.height || test.width !== train.width) {
    throw new FormatError(
      `${folder} has test images of ${test.height} x ${test.width}, ` +
        `but its training images are ${train.height} x ${train.width}.`,
      { file: folder, got: [test.height, test.width], expected: [train.height, train.width] },
    );
  }
  return { train, test };
}

async function readSet(
  read: (name: string) => Promise<{ bytes: Uint8Array; file: string }>,
  prefix: string,
  expected: readonly string[] | undefined,
): Promise<ImageSet> {
  const imageFile = await read(`${prefix}-images-idx3-ubyte`);
  const labelFile = await read(`${prefix}-labels-idx1-ubyte`);
  const { pixels, count, height, width } = parseIdxImages(imageFile.bytes, imageFile.file);
  const labels = Int32Array.from(parseIdxLabels(labelFile.bytes, labelFile.file));
  if (count === 0 || labels.length !== count) {
    throw new FormatError(
      `${labelFile.file} has ${labels.length} labels for the ${count} images of ${imageFile.file}; ` +
        'expected one label per image, and at least one image.',
      { file: labelFile.file, got: labels.length, expected: count },
    );
  }
  if (height === 0 || width === 0) {
    throw new FormatError(`${imageFile.file} has images of ${height} x ${width}, expected 1 x 1 or more.`, {
      file: imageFile.file,
      got: [height, width],
      expected: [1, 1],
    });
  }
  const classNames =
    expected ?? Array.from({ length: labels.reduce((a, b) => Math.max(a, b)) + 1 }, (_, label) => `${label}`);
  const stray = labels.find((label) => label >= classNames.length);
  if (stray !== undefined) {
    throw new FormatError(
      `${labelFile.file} has the label ${stray}, expected 0 to ${classNames.length - 1}.`,
      {
        file: labelFile.file,
        got: stray,
        expected: classNames.length - 1,
      },
    );
  }
  return { images: shared(pixels), labels, count, height, width, channels: 1, classNames };
}
