/** How many boxes stand for one Gaussian. */
const passes = 3;

/**
 * Widths of box filters that, one after the other, smooth as a Gaussian of deviation sigma does (Kovesi 2010, Fast
 * almost-Gaussian filtering, equations 3 to 5). They cost the same for any sigma and take no exponentials, whose
 * last bit depends on the engine.
 */
export function boxWidths(sigma: number): number[] {
  const ideal = Math.sqrt((12 * sigma * sigma) / passes + 1);
  const narrow = 2 * Math.floor((ideal - 1) / 2) + 1;
  const variance = 12 * sigma * sigma - passes * (narrow * narrow + 4 * narrow + 3);
  const narrowOnes = Math.round(variance / (-4 * narrow - 4));
  return Array.from({ length: passes }, (_, pass) => (pass < narrowOnes ? narrow : narrow + 2));
}

/** Numbers over an image, inside a border of zeros that is as wide as the widest box reaches. */
export interface Field {
  readonly values: Float64Array;
  readonly height: number;
  readonly width: number;
  /** From one row to the next. */
  readonly stride: number;
  /** Where the first number of the first row lies. */
  readonly first: number;
}

export function emptyField(height: number, width: number, boxes: readonly number[]): Field {
  const border = (Math.max(...boxes) + 1) / 2;
  const stride = width + 2 * border;
  const values = new Float64Array((height + 2 * border) * stride);
  return { values, height, width, stride, first: border * stride + border };
}

/** Replaces each number by the sum over a square around it. Whole numbers add up exactly, so windows can slide. */
export function sumBoxes(field: Field, spare: Field, box: number): void {
  const reach = (box - 1) / 2;
  slide(field, spare, reach, 1, field.width, field.stride, field.height);
  slide(spare, field, reach, field.stride, field.height, 1, field.width);
}

/** Sums windows along lines of `length` numbers `step` apart; `lines` of them lie `lineStep` apart. */
function slide(
  { values: source, first }: Field,
  { values: target }: Field,
  reach: number,
  step: number,
  length: number,
  lineStep: number,
  lines: number,
): void {
  const front = reach * step;
  const back = front + step;
  for (let line = 0; line < lines; line++) {
    const start = first + line * lineStep;
    let sum = 0;
    for (let at = start; at < start + Math.min(front, length * step); at += step) sum += source[at]!;
    for (let at = start; at < start + length * step; at += step) {
      sum += source[at + front]! - source[at - back]!;
      target[at] = sum;
    }
  }
}

/** The field between its numbers (bilinear); 0 beyond its border. */
export function valueAt({ values, height, width, stride, first }: Field, x: number, y: number): number {
  if (!(x > -1 && y > -1 && x < width && y < height)) return 0;
  const left = Math.floor(x);
  const top = Math.floor(y);
  const at = first + top * stride + left;
  if (left === x && top === y) return values[at]!;
  const above = values[at]! + (x - left) * (values[at + 1]! - values[at]!);
  const below = values[at + stride]! + (x - left) * (values[at + stride + 1]! - values[at + stride]!);
  return above + (y - top) * (below - above);
}
