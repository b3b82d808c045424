/** One row of an image: which pixels an output sees by way of one kernel, and of two. */

import { picture, round, text } from './_drawing.js';

const step = 46;
const side = 26;

/** Pixels in a row around the middle. */
function row(middle: number, y: number, count: number, fill: string): string[] {
  return places(middle, count).map(
    (x) =>
      `<rect class="panel" x="${round(x - side / 2)}" y="${y - side / 2}" width="${side}" height="${side}" rx="3" style="fill: var(--${fill})"/>`,
  );
}

function places(middle: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => middle + (index - (count - 1) / 2) * step);
}

/** Lines from each pixel of the upper row to the `kernel` pixels below it. */
function kernels(
  middle: number,
  [low, below]: readonly [number, number],
  [high, above]: readonly [number, number],
  kernel: number,
) {
  const [from, to] = [places(middle, below), places(middle, above)];
  return to.flatMap((x, output) =>
    from
      .slice(output, output + kernel)
      .map(
        (x2) =>
          `<path class="line thick" stroke="var(--rule)" d="M ${round(x)} ${high + side / 2} L ${round(x2)} ${low - side / 2}"/>`,
      ),
  );
}

export function draw(): string {
  const [left, right] = [160, 500];
  const [top, between, bottom] = [76, 156, 236];
  return picture(660, 290, 'One kernel of width 5, and two of width 3', [
    text(left, 30, 'one 5x5: 25 weights', { kind: 'title' }),
    text(right, 30, 'two 3x3: 9 + 9 weights', { kind: 'title' }),
    ...kernels(left, [bottom, 5], [top, 1], 5),
    ...row(left, top, 1, 'orange'),
    ...row(left, bottom, 5, 'blue'),
    ...kernels(right, [between, 3], [top, 1], 3),
    ...kernels(right, [bottom, 5], [between, 3], 3),
    ...row(right, top, 1, 'orange'),
    ...row(right, between, 3, 'green'),
    ...row(right, bottom, 5, 'blue'),
    text(330, top + 5, 'an output', { kind: 'muted' }),
    text(330, bottom + 5, 'the image', { kind: 'muted' }),
  ]);
}
