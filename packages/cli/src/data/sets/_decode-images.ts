import { availableParallelism, totalmem } from 'node:os';
import { FileError, FormatError, TenfoldError } from 'tenfold';
import { type ImageFileOptions, type Picture, readImage } from '../image-file.js';
import { type ImageSet, sharedBytes } from '../image-set.js';
import type { ClassFolders } from './_class-folders.js';
import { concurrently } from './_concurrently.js';

/** The most bytes that an array has in Node 20. */
const longestArray = 0x100000000;

export interface DecodeOptions extends ImageFileOptions {
  readonly classNames: readonly string[];
  /** Where no size is given, an image of the size that all must have. @default the first one */
  readonly example?: Example | undefined;
  readonly skipUnreadable: boolean;
  readonly onImage: () => void;
}

export interface Example {
  readonly file: string;
  readonly height: number;
  readonly width: number;
}

export interface Decoded {
  readonly set: ImageSet;
  readonly example: Example;
  /** Why images were left out, one sentence each. */
  readonly skipped: readonly string[];
}

interface LabelledFile {
  readonly file: string;
  readonly label: number;
}

/** Reads all images of all classes into memory. */
export async function decodeImages(part: ClassFolders, options: DecodeOptions): Promise<Decoded> {
  const { classNames, channels, skipUnreadable, onImage } = options;
  const files = part.classes.flatMap(({ name, files }) => {
    const label = classNames.indexOf(name);
    return files.map((file) => ({ file, label }));
  });
  const example = options.example ?? sizedExample(options) ?? (await findExample(part, files, options));
  const bytes = example.height * example.width * channels;
  checkMemory(part, files.length, bytes, example);
  const images = sharedBytes(files.length * bytes);
  const reasons = new Map<number, string>();
  await concurrently(files, 2 * availableParallelism(), async ({ file }, index) => {
    const picture = await readOrSkip(file, options, (reason) => reasons.set(index, reason));
    if (picture !== undefined) {
      checkSize(file, picture, example);
      images.set(picture.pixels, index * bytes);
    }
    onImage();
  });
  const kept = files.map((_, index) => index).filter((index) => !reasons.has(index));
  kept.forEach((index, slot) => {
    if (index !== slot) images.copyWithin(slot * bytes, index * bytes, (index + 1) * bytes);
  });
  const labels = Int32Array.from(kept, (index) => files[index]!.label);
  if (skipUnreadable) checkNoClassIsEmpty(part, classNames, labels);
  const { height, width } = example;
  return {
    set: {
      images: images.subarray(0, kept.length * bytes),
      labels,
      count: kept.length,
      height,
      width,
      channels,
      classNames,
    },
    example,
    skipped: files.flatMap((_, index) => reasons.get(index) ?? []),
  };
}

function sizedExample({ size }: DecodeOptions): Example | undefined {
  if (size === undefined) return undefined;
  const { height, width } = typeof size === 'number' ? { height: size, width: size } : size;
  return { file: '--image-size', height, width };
}

/** The first image that can be read says what size the others must have. */
async function findExample(
  part: ClassFolders,
  files: readonly LabelledFile[],
  options: DecodeOptions,
): Promise<Example> {
  for (const { file } of files) {
    const picture = await readOrSkip(file, options, () => {});
    if (picture !== undefined) return { file, height: picture.height, width: picture.width };
  }
  throw new FormatError(`none of the ${files.length} images in ${part.path} can be read.`, {
    file: part.path,
    got: 0,
    expected: files.length,
  });
}

async function readOrSkip(
  file: string,
  options: DecodeOptions,
  onSkip: (reason: string) => void,
): Promise<Picture | undefined> {
  try {
    return await readImage(file, options);
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof FileError)) throw error;
    if (!options.skipUnreadable) {
      throw new FormatError(
        `${error.message.replace(/\.?$/, '.')} Mend or remove it, or leave such images out with --skip-unreadable.`,
        { ...error.details, file },
      );
    }
    onSkip(error.message);
    return undefined;
  }
}

function checkSize(file: string, { height, width }: Picture, example: Example): void {
  if (height === example.height && width === example.width) return;
  throw new FormatError(
    `${file} is ${height} x ${width} pixels high and wide, but ${example.file} is ${example.height} x ` +
      `${example.width}; give all images one size with --image-size.`,
    { file, got: [height, width], expected: [example.height, example.width] },
  );
}

function checkMemory(part: ClassFolders, count: number, bytes: number, { height, width }: Example): void {
  const needed = count * bytes;
  const most = Math.min(totalmem(), longestArray);
  if (needed <= most) return;
  const gigabytes = (amount: number) => (amount / 1e9).toFixed(1);
  throw new TenfoldError(
    `the ${count} images in ${part.path} take ${gigabytes(needed)} GB at ${height} x ${width} pixels, ` +
      `more than the ${gigabytes(most)} GB that there is room for; make them smaller with --image-size.`,
    { file: part.path, got: needed, expected: most },
  );
}

function checkNoClassIsEmpty(part: ClassFolders, classNames: readonly string[], labels: Int32Array): void {
  const empty = part.classes.find(({ name }) => !labels.includes(classNames.indexOf(name)));
  if (empty === undefined) return;
  throw new FormatError(`none of the ${empty.files.length} images in ${empty.path} can be read.`, {
    file: empty.path,
    got: 0,
    expected: empty.files.length,
  });
}
