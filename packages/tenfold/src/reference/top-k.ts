import type { TopKRecord } from '../ops/top-k.js';
import type { View } from './device.js';

export function topK(
  { rows, length, k }: TopKRecord,
  { x, values, indices }: Readonly<Record<'x' | 'values' | 'indices', View>>,
): void {
  for (let row = 0; row < rows; row++) {
    const at = (index: number) => x.values[row * length + index]!;
    // Array.sort keeps the order of equal elements.
    const order = Array.from({ length }, (_, index) => index).sort((a, b) => {
      if (Number.isNaN(at(a)) || Number.isNaN(at(b)))
        return Number(Number.isNaN(at(b))) - Number(Number.isNaN(at(a)));
      return at(a) < at(b) ? 1 : at(a) > at(b) ? -1 : 0;
    });
    for (let place = 0; place < k; place++) {
      values.values[row * k + place] = at(order[place]!);
      indices.values[row * k + place] = order[place]!;
    }
  }
}

export function topKGradient(
  { rows, length, k }: TopKRecord,
  { indices, gradient, xGradient }: Readonly<Record<'indices' | 'gradient' | 'xGradient', View>>,
): void {
  xGradient.values.fill(0);
  for (let row = 0; row < rows; row++) {
    for (let place = row * k; place < (row + 1) * k; place++) {
      xGradient.values[row * length + indices.values[place]!] = gradient.values[place]!;
    }
  }
}
