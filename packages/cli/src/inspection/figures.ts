import type { Inspection } from 'tenfold';
import { whole } from '../report/numbers.js';

/** Three digits that count: `4.09 G`, `25.6 M`, `9,408`. */
export function compact(value: number): string {
  for (const [unit, size] of [
    ['T', 1e12],
    ['G', 1e9],
    ['M', 1e6],
  ] as const) {
    if (value >= 0.9995 * size) return `${(value / size).toPrecision(3)} ${unit}`;
  }
  return whole(value);
}

/** `102.2 MB` */
export function bytes(value: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const) {
    if (value >= size) return `${(value / size).toFixed(1)} ${unit}`;
  }
  return `${value} bytes`;
}

/** `1x224x224x3` */
export function shape(sides: readonly number[]): string {
  return sides.join('x');
}

/** `32`, or `32 and 16` where the axes differ. */
export function both(values: readonly [number, number]): string {
  return values[0] === values[1] ? `${values[0]}` : `${values[0]} and ${values[1]}`;
}

/** `427x427` */
export function size(field: NonNullable<Inspection['layers'][number]['receptiveField']>): string {
  if (field.height === undefined) return 'whole image';
  return `${field.height}x${field.width}`;
}

/** A number of paths by its logarithm to base 2: `3.1e+14`, `2^310`. */
export function manyPaths(log2: number): string {
  if (log2 < 40) return whole(Math.round(2 ** log2));
  return `2^${log2.toFixed(1)}`;
}

/** A number that may have more digits than anyone reads. */
export function digits(count: string): string {
  return count.length <= 15 ? whole(Number(count)) : `${count[0]}.${count.slice(1, 3)}e${count.length - 1}`;
}

/** `1 layer`, `4 layers` */
export function plural(count: number, noun: string): string {
  return `${whole(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** `one path`, `4 to 625 paths`, by their logarithms to base 2. */
export function rangeOfPaths(fewest: number, most: number): string {
  if (fewest !== most) return `${manyPaths(fewest)} to ${manyPaths(most)} paths`;
  return most === 0 ? 'one path' : `${manyPaths(most)} paths`;
}

/** `[1, 2, 5]`; a rate that differs between the axes is `2x1`. */
export function rateList(rates: readonly (number | readonly [number, number])[]): string {
  const one = (rate: number | readonly [number, number]) =>
    typeof rate === 'number' ? `${rate}` : rate[0] === rate[1] ? `${rate[0]}` : rate.join('x');
  return `[${rates.map(one).join(', ')}]`;
}
