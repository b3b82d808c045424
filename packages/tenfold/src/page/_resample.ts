/**
 * Scaling with a triangle filter as wide as what falls into one pixel of the result, so that nothing is skipped when an
 * image becomes smaller: what torchvision does with antialias=True, and Pillow with BILINEAR. Along one axis, with `step`
 * pixels of the input for one of the output, which begin at `start`:
 *
 *   y[o] = sum over i of w[i] x[i] / sum over i of w[i]
 *   w[i] = max(0, 1 - |i + 0.5 - centre| / max(1, step)),  centre = start + (o + 0.5) step
 *
 * In plain arithmetic, so that the same pixels give the same numbers everywhere.
 */

/** Rows of pixels of `channels` numbers each. */
export interface Raster {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly values: Float64Array | Float32Array;
}

interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

/** The part of the raster that begins at `top`, `left` and spans `height`, `width` (fractions are fine), scaled. */
export function resample(
  { height, width, channels, values }: Raster,
  part: { readonly top: number; readonly left: number; readonly height: number; readonly width: number },
  to: { readonly height: number; readonly width: number },
): Float64Array {
  const columns = tapsOf(width, part.left, part.width / to.width, to.width);
  const rows = tapsOf(height, part.top, part.height / to.height, to.height);
  const narrow = new Float64Array(height * to.width * channels);
  for (let y = 0; y < height; y++) {
    columns.forEach(({ first, weights }, x) => {
      const target = (y * to.width + x) * channels;
      weights.forEach((weight, tap) => {
        const source = (y * width + first + tap) * channels;
        for (let c = 0; c < channels; c++) narrow[target + c]! += weight * values[source + c]!;
      });
    });
  }
  const rowLength = to.width * channels;
  const result = new Float64Array(to.height * rowLength);
  rows.forEach(({ first, weights }, y) => {
    weights.forEach((weight, tap) => {
      const source = (first + tap) * rowLength;
      for (let at = 0; at < rowLength; at++) result[y * rowLength + at]! += weight * narrow[source + at]!;
    });
  });
  return result;
}

function tapsOf(length: number, start: number, step: number, outputs: number): Taps[] {
  const reach = Math.max(1, step);
  return Array.from({ length: outputs }, (_, output) => {
    const centre = start + (output + 0.5) * step;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const end = Math.min(length, Math.floor(centre + reach + 0.5));
    const raw = Array.from({ length: end - first }, (_, tap) =>
      Math.max(0, 1 - Math.abs(first + tap + 0.5 - centre) / reach),
    );
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    return { first, weights: raw.map((weight) => weight / total) };
  });
}
