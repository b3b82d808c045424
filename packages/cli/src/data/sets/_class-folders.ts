import { FormatError } from 'tenfold';
import { isImageFile } from '../image-file.js';
import { type Entry, entriesOf } from './_entries.js';

export interface ClassFolder {
  readonly name: string;
  readonly path: string;
  /** The image files in it and below it, in order. */
  readonly files: readonly string[];
}

/** The class folders of one part of a data set. */
export interface ClassFolders {
  readonly path: string;
  readonly classes: readonly ClassFolder[];
  /** Files that are no images, and so were left out. */
  readonly strangers: readonly string[];
}

/** The parts that a folder is divided into. */
export interface Layout {
  readonly train: ClassFolders;
  readonly validation?: ClassFolders;
  readonly test?: ClassFolders;
}

const validationNames = ['val', 'valid', 'validation'];
const partNames = ['train', 'test', ...validationNames];

/**
 * Finds the class folders of `folder`: its own subfolders, or those of `train`, `test` and `val` in it. With `val`
 * and no `test`, as in ImageNet, `val` is what the network is tested with.
 */
export async function findClassFolders(folder: string): Promise<Layout> {
  const entries = await entriesOf(folder);
  const named = (...names: string[]) =>
    entries.find(({ name, isFolder }) => isFolder && names.includes(name));
  const train = named('train');
  if (train === undefined || !(await isDivided(entries, train)))
    return { train: await classFoldersOf(folder) };
  const test = named('test') ?? named(...validationNames);
  const validation = named('test') && named(...validationNames);
  return {
    train: await classFoldersOf(train.path),
    ...(validation && { validation: await classFoldersOf(validation.path) }),
    ...(test && { test: await classFoldersOf(test.path) }),
  };
}

/** A folder `train` beside other classes, or with images and no folders in it, is a class of its own. */
async function isDivided(entries: readonly Entry[], train: Entry): Promise<boolean> {
  const onlyParts = entries.every(({ name, isFolder }) => !isFolder || partNames.includes(name));
  return onlyParts && (await entriesOf(train.path)).some(({ isFolder }) => isFolder);
}

async function classFoldersOf(folder: string): Promise<ClassFolders> {
  const entries = await entriesOf(folder);
  const folders = entries.filter(({ isFolder }) => isFolder);
  if (folders.length < 2) {
    const found = folders.length === 1 ? 'one class folder' : 'no class folders';
    throw new FormatError(
      `${folder} has ${found}, expected two or more, each with the images of one class ` +
        '(or folders train and test with such class folders).',
      { file: folder, got: folders.length, expected: 2 },
    );
  }
  const strangers = entries.filter(({ isFolder }) => !isFolder).map(({ path }) => path);
  const classes: ClassFolder[] = [];
  for (const { name, path } of folders) {
    const found = await filesBelow(path);
    const files = found.filter(isImageFile);
    if (files.length === 0) {
      throw new FormatError(`${path} has no images, expected at least one PNG, JPEG or WebP file.`, {
        file: path,
        got: 0,
        expected: 1,
      });
    }
    strangers.push(...found.filter((file) => !isImageFile(file)));
    classes.push({ name, path, files });
  }
  return { path: folder, classes, strangers };
}

async function filesBelow(folder: string): Promise<string[]> {
  const files: string[] = [];
  for (const { path, isFolder, isLink } of await entriesOf(folder)) {
    if (!isFolder) files.push(path);
    // A link could lead back to where it lies.
    else if (!isLink) files.push(...(await filesBelow(path)));
  }
  return files;
}
