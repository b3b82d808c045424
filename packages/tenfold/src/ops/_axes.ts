/** Axes by number: counted from the front, or from the back if negative. */

import { elements } from '../device/device.js';
import { OptionError } from '../errors.js';

/** The axes, ascending and without signs; all of them if none are given. */
export function axesOf(
  operator: string,
  shape: readonly number[],
  axes?: readonly number[],
): readonly number[] {
  if (axes === undefined) return shape.map((_, axis) => axis);
  const positive = axes.map((axis) => axisOf(operator, shape, axis)).sort((a, b) => a - b);
  const repeated = positive.find((axis, index) => axis === positive[index + 1]);
  if (repeated !== undefined) {
    throw new OptionError(`axis ${repeated} is given twice in [${axes.join(', ')}]`, {
      operator,
      rule: 'axes',
      got: axes,
      expected: 'each axis once',
    });
  }
  return positive;
}

export function axisOf(operator: string, shape: readonly number[], axis: number): number {
  const rank = shape.length;
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new OptionError(
      `axis ${axis} does not exist in shape [${shape.join(', ')}], which has ${rank} axes`,
      {
        operator,
        rule: 'axis',
        got: axis,
        expected: `an integer from ${-rank} to ${rank - 1}`,
      },
    );
  }
  return axis < 0 ? axis + rank : axis;
}

export function reducedShape(
  shape: readonly number[],
  axes: readonly number[],
  keepDims: boolean,
): readonly number[] {
  return keepDims
    ? shape.map((side, axis) => (axes.includes(axis) ? 1 : side))
    : shape.filter((_, axis) => !axes.includes(axis));
}

/** How many channels a pixel has: the last side, or, with more than four axes, what lies behind height and width. */
export function channelCount(shape: readonly number[]): number {
  return shape.length > 4 ? elements(shape.slice(3)) : (shape.at(-1) ?? 1);
}
