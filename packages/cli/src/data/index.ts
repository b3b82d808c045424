/** What the commands use of the data part. */
export {
  augmentationPresets,
  describeAugmentation,
  parseAugmentation,
} from './augmentation/index.js';
export { type ImageFileOptions, isImageFile, type Picture, readImage } from './image-file.js';
export type { DataSet, ImageSet, Normalisation } from './image-set.js';
export { type Batch, batches, Loader, type LoaderOptions } from './loader/index.js';
export { type DataOptions, dataSetNames, openDataSet } from './sets/index.js';
export { divide, type Part, type Parts } from './split.js';
