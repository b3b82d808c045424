import type { ImageFileOptions } from '../image-file.js';

/** Where a data set lies, and how its pictures are to be read. */
export interface DataOptions {
  /** The folder with the files; `mnist` and `fashion-mnist` know one of their own. */
  readonly folder?: string | undefined;
  /** For image files: the size, or the side of the square, that each is scaled and cropped to. */
  readonly imageSize?: ImageFileOptions['size'];
  /** For image files: what their shorter side is scaled to before they are cropped. */
  readonly resize?: ImageFileOptions['resize'];
  /** For image files: 1 turns all grey, 3 gives all colours. @default grey if every image is */
  readonly channels?: 1 | 3 | undefined;
  /** For image files: leave out those that cannot be read, and count them. @default false */
  readonly skipUnreadable?: boolean | undefined;
  /** For image files: called after each one. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}
