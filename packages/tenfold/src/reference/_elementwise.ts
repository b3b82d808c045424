import type { ElementwiseRecord } from '../ops/_elementwise.js';
import type { View } from './device.js';

export type Elementwise<Options, Name extends string> = (
  record: ElementwiseRecord & Options,
  operands: Readonly<Record<Name, View>>,
) => void;

/** The kernel that writes y = `f(x)` for each element. */
export function elementwise<Options = object>(
  f: (x: number, options: Options) => number,
): Elementwise<Options, 'x' | 'y'> {
  return (record, { x, y }) => {
    for (let i = 0; i < record.length; i++) y.values[i] = f(x.values[i]!, record);
  };
}

/** The kernel that writes gradient(x) = `pull(x or y, gradient(y))` for each element. */
export function elementwiseGradient<Kept extends 'x' | 'y', Options = object>(
  kept: Kept,
  pull: (kept: number, gradient: number, options: Options) => number,
): Elementwise<Options, Kept | 'gradient' | 'xGradient'> {
  return (record, operands) => {
    const { [kept]: source, gradient, xGradient } = operands;
    for (let i = 0; i < record.length; i++) {
      xGradient.values[i] = pull(source.values[i]!, gradient.values[i]!, record);
    }
  };
}
