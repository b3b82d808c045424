import { TenfoldError } from 'tenfold';
import type { DataSet } from '../image-set.js';
import { statisticsOf } from '../normalisation.js';
import { readIdxFolder } from './_idx-folder.js';
import type { DataOptions } from './_options.js';

/** Greyscale pictures in four IDX files named as MNIST's are; the classes are numbers. */
export async function openIdx({ folder }: DataOptions): Promise<DataSet> {
  if (folder === undefined)
    throw new TenfoldError('the data set idx needs the folder of its four files; name it with --data-dir.');
  const { train, test } = await readIdxFolder(folder);
  return { train, test, normalisation: statisticsOf(train), augmentation: 'none', notes: [] };
}
