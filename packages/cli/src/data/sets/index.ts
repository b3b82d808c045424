import { TenfoldError } from 'tenfold';
import type { DataSet } from '../image-set.js';
import type { DataOptions } from './_options.js';
import { openCifar10 } from './cifar10.js';
import { openFashionMnist } from './fashion-mnist.js';
import { openFolder } from './folder.js';
import { openIdx } from './idx.js';
import { openMnist } from './mnist.js';

export type { DataOptions } from './_options.js';

const openers: Readonly<Record<string, (options: DataOptions) => Promise<DataSet>>> = {
  mnist: openMnist,
  'fashion-mnist': openFashionMnist,
  cifar10: openCifar10,
  idx: openIdx,
  folder: openFolder,
};

/** The data sets that `openDataSet` knows. */
export const dataSetNames: readonly string[] = Object.keys(openers);

/** Reads a data set by its name; a damaged, missing or odd file is one clear error. */
export async function openDataSet(name: string, options: DataOptions = {}): Promise<DataSet> {
  const open = Object.hasOwn(openers, name) ? openers[name] : undefined;
  if (open === undefined) {
    throw new TenfoldError(`there is no data set '${name}'; expected one of ${dataSetNames.join(', ')}.`, {
      got: name,
      expected: dataSetNames,
    });
  }
  if (name !== 'folder') refuseFolderOptions(name, options);
  return open(options);
}

function refuseFolderOptions(name: string, { imageSize, skipUnreadable = false }: DataOptions): void {
  const option = imageSize !== undefined ? '--image-size' : skipUnreadable ? '--skip-unreadable' : undefined;
  if (option === undefined) return;
  throw new TenfoldError(`${option} is for the data set folder, not for ${name}, which has no image files.`, {
    got: option,
  });
}
