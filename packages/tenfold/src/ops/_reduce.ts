/**
 * Sums and maxima over axes, on kernels that reduce the middle axis of [outer, reduce, inner]: neighbouring reduced axes
 * count as one, and what remains goes group by group.
 */

import { type Device, elements, empty, type Operand } from '../device/device.js';

/** Writes the sums of `x`, or of its product with `times` of the same shape, over `axes` and times `scale` to `y`. */
export function sumInto(
  device: Device,
  x: Operand,
  axes: readonly number[],
  scale: number,
  y: Operand,
  times?: Operand,
): void {
  const groups = adjacentGroups(axes);
  if (groups.length === 0) groups.push([0, 0]);
  let current = x;
  groups.forEach(([first, end], index) => {
    const last = index === groups.length - 1;
    const shape = current.shape.map((side, axis) => (axis >= first && axis < end ? 1 : side));
    const next = last ? { ...y, shape } : empty(device, { shape, dtype: 'float32' });
    const record = { ...middleAxis(current.shape, first, end), scale: last ? scale : 1 };
    device.run('sum', record, { x: current, times: index === 0 ? times : undefined, y: next });
    if (current !== x) current.storage.release();
    current = next;
  });
}

export interface MiddleAxis {
  readonly outer: number;
  readonly reduce: number;
  readonly inner: number;
}

/** A shape as three axes, of which the middle one stands for axes `first` up to `end`. */
export function middleAxis(shape: readonly number[], first: number, end: number): MiddleAxis {
  return {
    outer: elements(shape.slice(0, first)),
    reduce: elements(shape.slice(first, end)),
    inner: elements(shape.slice(end)),
  };
}

/** [first, end) of each run of neighbouring axes, last run first. */
export function adjacentGroups(axes: readonly number[]): [number, number][] {
  const groups: [number, number][] = [];
  for (const axis of axes.toReversed()) {
    const group = groups.at(-1);
    if (group !== undefined && group[0] === axis + 1) group[0] = axis;
    else groups.push([axis, axis + 1]);
  }
  return groups;
}

/** The sums of x [..., C] over everything but the channels: [C]. */
export function channelSums(device: Device, x: Operand, channels: number): Operand {
  const y = empty(device, { shape: [channels], dtype: 'float32' });
  const rows = channels === 0 ? 0 : x.storage.length / channels;
  device.run('sum', { outer: 1, reduce: rows, inner: channels, scale: 1 }, { x, y });
  return y;
}
