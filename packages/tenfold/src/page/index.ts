export type { ImageSource, Pixels } from './_pixels.js';
export { download, pickFile } from './files.js';
export { type ImageTensorOptions, imageData, imageTensor } from './images.js';
