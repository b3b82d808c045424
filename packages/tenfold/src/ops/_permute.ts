/**
 * Moving the elements of a tensor to another order of its axes.
 *
 * Neighbouring axes that stay neighbours count as one. Of those that are left, the last one of x and the last one of the
 * result span matrices [rows, columns] that are transposed, one for each index along the others; where both are the same
 * axis, a matrix is one row.
 */

import { type Device, elements, type Operand } from '../device/device.js';

/** Of a tensor; but for the two of the matrices the kernel loops over all. */
export const mostAxes = 6;

export interface PermuteKernelRecord {
  readonly rows: number;
  readonly columns: number;
  /** From one row to the next in x, and from one column to the next in y; the others lie side by side. */
  readonly xRowStride: number;
  readonly yColumnStride: number;
  /** Of the outer axes: how long they are, and how far their matrices lie apart. */
  readonly size: readonly number[];
  readonly xStride: readonly number[];
  readonly yStride: readonly number[];
}

/** An axis of the result: its length, and how far apart its elements are in x and in y. */
interface Axis {
  readonly size: number;
  readonly xStride: number;
  readonly yStride: number;
}

/** The axes of the result, outermost first; axes of length 1 are left out, and those that step alike are one. */
function mergedAxes(shape: readonly number[], order: readonly number[]): Axis[] {
  const merged: Axis[] = [];
  order.forEach((axis, index) => {
    const size = shape[axis]!;
    const xStride = elements(shape.slice(axis + 1));
    const yStride = elements(order.slice(index + 1).map((inner) => shape[inner]!));
    const outer = merged.at(-1);
    if (size === 1) return;
    if (outer?.xStride === size * xStride) merged.pop();
    merged.push({ size: outer?.xStride === size * xStride ? outer.size * size : size, xStride, yStride });
  });
  return merged;
}

function kernelRecord(shape: readonly number[], order: readonly number[]): PermuteKernelRecord {
  const one: Axis = { size: 1, xStride: 1, yStride: 1 };
  const merged = mergedAxes(shape, order);
  const columns = merged.find(({ xStride }) => xStride === 1) ?? one;
  const rows = merged.find((axis) => axis.yStride === 1 && axis !== columns) ?? one;
  // Innermost the one whose matrices lie closest together, in x or in y: lines that they share are then still in cache.
  const nearness = ({ xStride, yStride }: Axis) => Math.min(xStride, yStride);
  const outer = merged
    .filter((axis) => axis !== columns && axis !== rows)
    .sort((a, b) => nearness(b) - nearness(a));
  while (outer.length < mostAxes - 1) outer.unshift(one);
  return {
    rows: rows.size,
    columns: columns.size,
    xRowStride: rows.xStride,
    yColumnStride: columns.yStride,
    size: outer.map(({ size }) => size),
    xStride: outer.map(({ xStride }) => xStride),
    yStride: outer.map(({ yStride }) => yStride),
  };
}

/** Writes x, whose sides are `shape`, to y with its axes in that order. */
export function permuteInto(
  device: Device,
  shape: readonly number[],
  order: readonly number[],
  x: Operand,
  y: Operand,
): void {
  if (elements(shape) > 0) device.run('permute', kernelRecord(shape, order), { x, y });
}
