import type { Frame } from './_transform.js';

/** For each pixel the place in the source that it is taken from, in pixels from the middle of the first one. */
export interface Grid {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

export function emptyGrid({ height, width }: Frame): Grid {
  return { x: new Float64Array(height * width), y: new Float64Array(height * width) };
}

/** Each pixel is taken from its own place. */
export function resetGrid({ x, y }: Grid, { height, width }: Frame): void {
  for (let row = 0, pixel = 0; row < height; row++) {
    for (let column = 0; column < width; column++, pixel++) {
      x[pixel] = column;
      y[pixel] = row;
    }
  }
}

/**
 * Fills `target` with the picture's values at the places of the grid, between pixels in proportion (bilinear). Beyond
 * its edges the picture is black. Plain arithmetic in float64, so the bytes are the same on every machine.
 */
export function resample(source: Uint8Array, target: Uint8Array, frame: Frame, { x, y }: Grid): Uint8Array {
  const { height, width, channels } = frame;
  const row = width * channels;
  for (let pixel = 0, at = 0; pixel < x.length; pixel++, at += channels) {
    const left = Math.floor(x[pixel]!);
    const top = Math.floor(y[pixel]!);
    const toRight = x[pixel]! - left;
    const toBottom = y[pixel]! - top;
    const from = top * row + left * channels;
    if (left >= 0 && top >= 0 && left < width - 1 && top < height - 1) {
      for (let corner = from; corner < from + channels; corner++) {
        const next = corner + row;
        const above = source[corner]! + toRight * (source[corner + channels]! - source[corner]!);
        const below = source[next]! + toRight * (source[next + channels]! - source[next]!);
        target[at + corner - from] = above + toBottom * (below - above) + 0.5;
      }
    } else {
      const leftIn = left >= 0 && left < width;
      const rightIn = left >= -1 && left < width - 1;
      const topIn = top >= 0 && top < height;
      const bottomIn = top >= -1 && top < height - 1;
      for (let corner = from; corner < from + channels; corner++) {
        const next = corner + row;
        const topLeft = topIn && leftIn ? source[corner]! : 0;
        const topRight = topIn && rightIn ? source[corner + channels]! : 0;
        const bottomLeft = bottomIn && leftIn ? source[next]! : 0;
        const bottomRight = bottomIn && rightIn ? source[next + channels]! : 0;
        const above = topLeft + toRight * (topRight - topLeft);
        const below = bottomLeft + toRight * (bottomRight - bottomLeft);
        target[at + corner - from] = above + toBottom * (below - above) + 0.5;
      }
    }
  }
  return target;
}
