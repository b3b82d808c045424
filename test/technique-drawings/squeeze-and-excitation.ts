/** From an image to one number for each channel, through two layers, and back as weights. */

import { arrow, column, dots, lines, picture, round, text } from './_drawing.js';

const [channels, squeezed] = [6, 2];
/** What the gate might say: the opacity of the channels behind it. */
const weights = [0.9, 0.25, 0.6, 1, 0.15, 0.75];
const [top, step] = [80, 22];
const middle = top + ((channels - 1) * step) / 2;

/** The channels as planes one behind the other, seen from the front. */
function planes(x: number, opacities: readonly number[]): string[] {
  return opacities.map((opacity, channel) => {
    const [left, y] = [round(x + 9 * channel), round(middle - 58 + 9 * channel)];
    const plane = `x="${left}" y="${y}" width="66" height="66" rx="2"`;
    return `<rect class="panel" ${plane}/><rect ${plane} fill="var(--blue)" fill-opacity="${opacity}"/>`;
  });
}

export function draw(): string {
  const [mean, gate] = [column(270, top, channels, step), column(530, top, channels, step)];
  const few = column(400, middle - step / 2, squeezed, step);
  const below = top + channels * step + 14;
  return picture(790, below + 50, 'Squeeze-and-excitation', [
    text(92, 30, 'x, H x W x C', { kind: 'title' }),
    text(270, 30, 'squeeze', { kind: 'title' }),
    text(400, 30, 'C / r', { kind: 'title' }),
    text(530, 30, 'excitation', { kind: 'title' }),
    text(700, 30, 'y, H x W x C', { kind: 'title' }),
    text(270, 50, 'mean of each channel', { kind: 'muted' }),
    text(400, 50, 'relu', { kind: 'muted' }),
    text(530, 50, 'sigmoid: 0 to 1', { kind: 'muted' }),
    ...planes(
      34,
      weights.map(() => 0.55),
    ),
    arrow(158, middle, 252, middle),
    ...lines(
      mean,
      few,
      () => true,
      () => 'rule',
    ),
    ...lines(
      few,
      gate,
      () => true,
      () => 'rule',
    ),
    ...dots(mean, () => ['rule']),
    ...dots(few, () => ['orange']),
    ...gate.ys.map(
      (y, channel) =>
        `<circle class="panel" cx="${gate.x}" cy="${y}" r="7"/><circle cx="${gate.x}" cy="${y}" r="7" fill="var(--blue)" fill-opacity="${weights[channel]}"/>`,
    ),
    arrow(548, middle, 628, middle),
    text(588, middle - 10, 'times', { kind: 'muted' }),
    ...planes(642, weights),
    `<path class="arrow" d="M 92 ${middle + 62} V ${below + 20} H 588 V ${middle + 8}"/>`,
    text(340, below + 38, 'x itself', { kind: 'muted' }),
  ]);
}
