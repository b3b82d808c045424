/**
 * Numbers of paths to the pixels of a rectangle. They outgrow every number format (a DenseNet-201 has some 2^400 to one
 * pixel), so each is a float64 below 2^512 and a number of times 2^512 that it is multiplied by: exact up to 2^53, to 1 part
 * in 10^15 beyond, and never 0 unless there is no path.
 */

import { positionsAt, type Taps } from './_taps.js';
import type { Box } from './receptive-field.js';

// 2^512 and 2^-512.
const limit = 1.3407807929942597e154;
const inverse = 7.458340731200207e-155;

export class PathCounts {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
  readonly #mantissa: Float64Array;
  readonly #scale: Int32Array;

  constructor(top: number, left: number, height: number, width: number) {
    this.top = top;
    this.left = left;
    this.height = height;
    this.width = width;
    this.#mantissa = new Float64Array(height * width);
    this.#scale = new Int32Array(height * width);
  }

  /** The pixel itself, and no other. */
  static one(y: number, x: number): PathCounts {
    const counts = new PathCounts(y, x, 1, 1);
    counts.#mantissa[0] = 1;
    return counts;
  }

  has(y: number, x: number): boolean {
    const [row, column] = [y - this.top, x - this.left];
    if (row < 0 || column < 0 || row >= this.height || column >= this.width) return false;
    return this.#mantissa[row * this.width + column]! > 0;
  }

  /** The number of paths: mantissa * 2^(512 scale). */
  at(y: number, x: number): { readonly mantissa: number; readonly scale: number } {
    if (!this.has(y, x)) return { mantissa: 0, scale: 0 };
    const index = (y - this.top) * this.width + x - this.left;
    return { mantissa: this.#mantissa[index]!, scale: this.#scale[index]! };
  }

  /** The logarithm to base 2 of the number of paths; -Infinity if there is none. */
  log2(y: number, x: number): number {
    const { mantissa, scale } = this.at(y, x);
    // biome-ignore lint/plugin: it is shown, and reaches no tensor.
    return Math.log2(mantissa) + 512 * scale;
  }

  /** The smallest box around the pixels that there are paths to; if there are none, its bottom lies above its top. */
  hull(): Box {
    let [top, bottom, left, right] = [this.height, -1, this.width, -1];
    for (let index = 0; index < this.#mantissa.length; index++) {
      if (this.#mantissa[index] === 0) continue;
      const [row, column] = [Math.floor(index / this.width), index % this.width];
      [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
      [left, right] = [Math.min(left, column), Math.max(right, column)];
    }
    if (bottom < 0) return { top: 0, bottom: -1, left: 0, right: -1 };
    return {
      top: this.top + top,
      bottom: this.top + bottom,
      left: this.left + left,
      right: this.left + right,
    };
  }

  /** Which pixels there are paths to, as a text, to compare it by. */
  support(): string {
    return `${this.top} ${this.left} ${this.height} ${this.width} ${this.#mantissa.map((count) => (count > 0 ? 1 : 0)).join('')}`;
  }

  plus(other: PathCounts): PathCounts {
    const top = Math.min(this.top, other.top);
    const left = Math.min(this.left, other.left);
    const bottom = Math.max(this.top + this.height, other.top + other.height);
    const right = Math.max(this.left + this.width, other.left + other.width);
    const sum = new PathCounts(top, left, bottom - top, right - left);
    for (const part of [this, other]) {
      for (let row = 0; row < part.height; row++) {
        const from = row * part.width;
        const to = (row + part.top - top) * sum.width + part.left - left;
        for (let column = 0; column < part.width; column++) sum.#add(to + column, part, from + column);
      }
    }
    return sum;
  }

  /** What the pixels of this rectangle read of an input of height by width: the paths go on through every tap. */
  through(vertical: Taps, horizontal: Taps, height: number, width: number): PathCounts | undefined {
    const rows = this.#along(vertical, height, true);
    return rows === undefined ? undefined : rows.#along(horizontal, width, false);
  }

  #along(taps: Taps, side: number, isVertical: boolean): PathCounts | undefined {
    const start = isVertical ? this.top : this.left;
    const length = isVertical ? this.height : this.width;
    const read = Array.from({ length }, (_, index) =>
      positionsAt(taps, start + index).filter((position) => position >= 0 && position < side),
    );
    const positions = read.flat();
    if (positions.length === 0) return undefined;
    const first = positions.reduce((a, b) => Math.min(a, b));
    const span = positions.reduce((a, b) => Math.max(a, b)) - first + 1;
    const next = isVertical
      ? new PathCounts(first, this.left, span, this.width)
      : new PathCounts(this.top, first, this.height, span);
    for (const [index, list] of read.entries()) {
      for (const position of list) {
        if (isVertical) next.#addRow(position - first, this, index);
        else next.#addColumn(position - first, this, index);
      }
    }
    return next;
  }

  #addRow(row: number, from: PathCounts, fromRow: number): void {
    for (let column = 0; column < this.width; column++) {
      this.#add(row * this.width + column, from, fromRow * this.width + column);
    }
  }

  #addColumn(column: number, from: PathCounts, fromColumn: number): void {
    for (let row = 0; row < this.height; row++) {
      this.#add(row * this.width + column, from, row * from.width + fromColumn);
    }
  }

  #add(index: number, from: PathCounts, fromIndex: number): void {
    const count = from.#mantissa[fromIndex]!;
    if (count === 0) return;
    const scale = from.#scale[fromIndex]!;
    const here = this.#mantissa[index]! === 0 ? scale : this.#scale[index]!;
    const most = Math.max(here, scale);
    let sum = reduced(this.#mantissa[index]!, most - here) + reduced(count, most - scale);
    this.#scale[index] = most;
    if (sum >= limit) {
      sum *= inverse;
      this.#scale[index]!++;
    }
    this.#mantissa[index] = sum;
  }
}

function reduced(mantissa: number, scales: number): number {
  if (scales === 0) return mantissa;
  return scales === 1 ? mantissa * inverse : 0;
}
