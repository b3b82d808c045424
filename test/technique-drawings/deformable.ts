/** The nine taps in their grid, and moved. */

import { arrow, picture, round, text } from './_drawing.js';

const step = 52;
const top = 78;
/** Where each tap goes, right and down in steps: along a bent stroke. */
const moves = [
  [0.35, 0.2],
  [0.2, -0.25],
  [-0.1, 0.1],
  [0.5, 0.1],
  [0.1, -0.2],
  [-0.35, -0.3],
  [0.75, -0.2],
  [0.35, 0.05],
  [-0.3, -0.35],
] as const;

export function draw(): string {
  const places = moves.map((_, tap) => [(tap % 3) * step, Math.floor(tap / 3) * step] as const);
  const ring = (x: number, y: number) => `<circle class="panel" cx="${x}" cy="${y}" r="7"/>`;
  const dot = (x: number, y: number) =>
    `<circle cx="${round(x)}" cy="${round(y)}" r="7" fill="var(--orange)"/>`;
  const [left, right] = [130, 420];
  return picture(660, 236, 'The taps of a 3x3, and of a deformable one', [
    text(left + step, 34, 'a 3x3', { kind: 'title' }),
    text(right + step, 34, 'deformable', { kind: 'title' }),
    ...places.map(([x, y]) => `<circle cx="${left + x}" cy="${top + y}" r="7" fill="var(--blue)"/>`),
    ...places.flatMap(([x, y], tap) => {
      const [toX, toY] = [right + x + moves[tap]![0] * step, top + y + moves[tap]![1] * step];
      return [ring(right + x, top + y), arrow(right + x, top + y, round(toX), round(toY)), dot(toX, toY)];
    }),
    text(330, 222, 'the offsets are read from the image, at each pixel anew', { kind: 'muted' }),
  ]);
}
