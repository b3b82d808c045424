/** The bytes of whatever a page can draw. */

import { StateError } from '../errors.js';

/** Red, green, blue and alpha of each pixel, row by row, a byte each: what an ImageData is. */
export interface Pixels {
  readonly data: Uint8ClampedArray | Uint8Array;
  readonly height: number;
  readonly width: number;
}

/** Pixels, or what can be drawn: a bitmap, an image, a canvas, a video or one of its frames. */
export type ImageSource = Pixels | Exclude<CanvasImageSource, SVGImageElement>;

/** @throws StateError if there is no picture yet, or if the page may not read it. */
export function pixelsOf(source: ImageSource): Pixels {
  if ('data' in source) return source;
  const { height, width } = sizeOf(source);
  if (height === 0 || width === 0) {
    throw new StateError(
      `this ${source.constructor.name} has no picture yet; wait for its loadeddata event (video) or decode() (image)`,
    );
  }
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.drawImage(source, 0, 0);
  try {
    return context.getImageData(0, 0, width, height);
  } catch (cause) {
    throw new StateError(
      `the pixels of this ${source.constructor.name} may not be read: ${(cause as Error).message}; they come from another origin, which must allow it (CORS), and the element needs crossorigin="anonymous"`,
    );
  }
}

function sizeOf(source: Exclude<ImageSource, Pixels>): { height: number; width: number } {
  if ('videoHeight' in source) {
    const hasFrame = source.readyState >= source.HAVE_CURRENT_DATA;
    return hasFrame ? { height: source.videoHeight, width: source.videoWidth } : { height: 0, width: 0 };
  }
  if ('displayHeight' in source) return { height: source.displayHeight, width: source.displayWidth };
  if ('naturalHeight' in source) return { height: source.naturalHeight, width: source.naturalWidth };
  return { height: source.height, width: source.width };
}
