import type { AvgPool2dRecord } from '../ops/avg-pool2d.js';
import type { View } from './device.js';

interface Span {
  /** The positions in the image that a window covers along one axis. */
  readonly inside: readonly number[];
  /** How many count in the divisor. */
  readonly counted: number;
}

function span(first: number, end: number, size: number, margin: number): Span {
  const positions = Array.from({ length: end - first }, (_, index) => first + index);
  return {
    inside: positions.filter((position) => position >= 0 && position < size),
    counted: positions.filter((position) => position >= -margin && position < size + margin).length,
  };
}

/** Visits every window: the element index of its output, those of its pixels, and its divisor. */
function forEachWindow(
  record: AvgPool2dRecord,
  visit: (y: number, pixels: readonly number[], divisor: number) => void,
): void {
  const { batch, inHeight, inWidth, outHeight, outWidth, channels } = record;
  const { strideHeight, strideWidth, kernelHeight, kernelWidth, unitsHeight, unitsWidth } = record;
  for (let i = 0; i < outHeight; i++) {
    const top = Math.floor((i * strideHeight) / unitsHeight) - record.paddingTop;
    const bottom = Math.ceil((i * strideHeight + kernelHeight) / unitsHeight) - record.paddingTop;
    const rows = span(top, bottom, inHeight, record.marginHeight);
    for (let j = 0; j < outWidth; j++) {
      const left = Math.floor((j * strideWidth) / unitsWidth) - record.paddingLeft;
      const right = Math.ceil((j * strideWidth + kernelWidth) / unitsWidth) - record.paddingLeft;
      const columns = span(left, right, inWidth, record.marginWidth);
      for (let n = 0; n < batch; n++) {
        for (let c = 0; c < channels; c++) {
          const pixels = rows.inside.flatMap((row) =>
            columns.inside.map((column) => ((n * inHeight + row) * inWidth + column) * channels + c),
          );
          const y = ((n * outHeight + i) * outWidth + j) * channels + c;
          visit(y, pixels, rows.counted * columns.counted);
        }
      }
    }
  }
}

export function avgPool2d(record: AvgPool2dRecord, { x, y }: Readonly<Record<'x' | 'y', View>>): void {
  forEachWindow(record, (yIndex, pixels, divisor) => {
    y.values[yIndex] = pixels.reduce((total, pixel) => total + x.values[pixel]!, 0) / divisor;
  });
}

export function avgPool2dGradient(
  record: AvgPool2dRecord,
  { gradient, xGradient }: Readonly<Record<'gradient' | 'xGradient', View>>,
): void {
  xGradient.values.fill(0);
  forEachWindow(record, (yIndex, pixels, divisor) => {
    for (const pixel of pixels) xGradient.values[pixel]! += gradient.values[yIndex]! / divisor;
  });
}
