import { FormatError, TenfoldError } from 'tenfold';
import { isGrey } from '../image-file.js';
import type { DataSet } from '../image-set.js';
import { statisticsOf } from '../normalisation.js';
import { type ClassFolders, findClassFolders } from './_class-folders.js';
import { decodeImages, type Example } from './_decode-images.js';
import type { DataOptions } from './_options.js';

/** Image files in one folder per class, with or without folders `train`, `test` and `val` above them. */
export async function openFolder(options: DataOptions): Promise<DataSet> {
  const { folder, imageSize: size, resize, skipUnreadable = false, onProgress } = options;
  if (folder === undefined) {
    throw new TenfoldError('the data set folder needs the folder of its images; name it with --data-dir.');
  }
  const layout = await findClassFolders(folder);
  const parts = Object.values(layout) as ClassFolders[];
  const classNames = layout.train.classes.map(({ name }) => name);
  for (const part of parts) checkClasses(part, layout.train.path, classNames);
  const channels = options.channels ?? (await channelsOf(layout.train));

  const notes = strangerNotes(parts);
  const total = parts.flatMap(({ classes }) => classes).reduce((sum, { files }) => sum + files.length, 0);
  let finished = 0;
  const onImage = () => onProgress?.(++finished, total);
  let example: Example | undefined;
  const decode = async (part: ClassFolders) => {
    const decoded = await decodeImages(part, {
      classNames,
      size,
      resize,
      channels,
      example,
      skipUnreadable,
      onImage,
    });
    example = decoded.example;
    const { skipped } = decoded;
    if (skipped.length > 0) notes.push(`${images(skipped.length)} in ${part.path} left out: ${skipped[0]}`);
    return decoded.set;
  };
  const train = await decode(layout.train);
  const validation = layout.validation && (await decode(layout.validation));
  const test = layout.test && (await decode(layout.test));
  return {
    train,
    ...(validation && { validation }),
    ...(test && { test }),
    normalisation: statisticsOf(train),
    augmentation: 'none',
    notes,
  };
}

function checkClasses(part: ClassFolders, trainPath: string, classNames: readonly string[]): void {
  const unknown = part.classes.find(({ name }) => !classNames.includes(name));
  if (unknown === undefined) return;
  throw new FormatError(
    `${part.path} has the class ${unknown.name}, which ${trainPath} lacks; expected ${classNames.join(', ')}.`,
    { file: unknown.path, got: unknown.name, expected: classNames },
  );
}

/** A set is grey if every image is; a grey image among coloured ones gets three equal channels. */
async function channelsOf({ classes }: ClassFolders): Promise<1 | 3> {
  for (const file of classes.flatMap(({ files }) => files)) {
    // An unreadable file has its say when it is decoded.
    if (!(await isGrey(file).catch(() => true))) return 3;
  }
  return 1;
}

function strangerNotes(parts: readonly ClassFolders[]): string[] {
  const strangers = parts.flatMap((part) => part.strangers);
  if (strangers.length === 0) return [];
  const files = strangers.length === 1 ? 'one file was' : `${strangers.length} files were`;
  return [`${files} left out, being no PNG, JPEG or WebP image in a class folder: ${strangers[0]}`];
}

function images(count: number): string {
  return count === 1 ? 'one image' : `${count} images`;
}
