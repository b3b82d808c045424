import { existsSync } from 'node:fs';
import { TenfoldError } from 'tenfold';
import type { DataSet } from '../image-set.js';
import { readIdxFolder } from './_idx-folder.js';
import type { DataOptions } from './_options.js';

/** Where Debian's package dataset-fashion-mnist puts the files. */
const packaged = '/usr/share/datasets/fashion-mnist';

const classNames = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];

/** Pictures of clothes in MNIST's format (Xiao et al. 2017, Fashion-MNIST). */
export async function openFashionMnist({ folder = packaged }: DataOptions): Promise<DataSet> {
  if (folder === packaged && !existsSync(packaged)) {
    throw new TenfoldError(
      `${packaged} does not exist; install Debian's package dataset-fashion-mnist, ` +
        'or name the folder with the four IDX files of Fashion-MNIST with --data-dir.',
      { file: packaged },
    );
  }
  const { train, test } = await readIdxFolder(folder, { classNames });
  return {
    train,
    test,
    normalisation: { mean: [0.286], std: [0.353] },
    augmentation: 'crop:4,flip,erase:0.5',
    notes: [],
  };
}
