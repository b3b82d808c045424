import { models } from 'tenfold';
import { parseAugmentation } from '../data/index.js';
import { asUsage, UsageError } from '../options.js';
import type { LearningOptions } from './train-options.js';

/**
 * Refuses at once what would only come to light when the images have been read.
 *
 * @throws UsageError for an unknown model or one for segmentation, an unreadable augmentation, and data without the folder that they need.
 */
export function checkOptions({
  model,
  modelOption,
  augment,
  data,
  dataDir,
  imageSize,
}: LearningOptions): void {
  if (asUsage('--model', () => models.find(model)).task === 'segmentation') {
    throw new UsageError(
      `--model ${model} gives a class for each pixel, and tenfold train knows one for each image only; ` +
        'train it in code, as studies/segmentation does.',
    );
  }
  asUsage('--model-option', () => models.optionsOf(model, modelOption));
  if (augment !== 'auto') asUsage('--augment', () => parseAugmentation(augment));
  if (dataDir === undefined && !bundled.includes(data)) {
    throw new UsageError(`--data ${data} needs --data-dir, the folder of its files.`);
  }
  if (imageSize !== undefined && data !== 'folder') {
    throw new UsageError(
      `--image-size is for --data folder; the images of ${data} have a size of their own.`,
    );
  }
}

/** Data sets that know a folder of their own. */
const bundled = ['mnist', 'fashion-mnist'];
