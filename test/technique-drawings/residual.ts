/** A block of two layers, and the way around it. */

import { arrow, picture, text } from './_drawing.js';

export function draw(): string {
  const y = 120;
  const box = (x: number, content: string) => [
    `<rect class="panel" x="${x}" y="${y - 18}" width="110" height="36" rx="5"/>`,
    text(x + 55, y + 5, content),
  ];
  return picture(660, 190, 'A residual connection', [
    text(60, y + 5, 'x', { kind: 'title' }),
    arrow(76, y, 150, y),
    ...box(150, '3x3, ReLU'),
    arrow(260, y, 310, y),
    ...box(310, '3x3'),
    arrow(420, y, 487, y),
    `<path class="line thick" stroke="var(--orange)" d="M 100 ${y} V 50 H 500 V ${y - 14}"/>`,
    `<circle class="panel" cx="500" cy="${y}" r="13"/>`,
    text(500, y + 5, '+'),
    arrow(513, y, 570, y),
    text(610, y + 5, 'x + F(x)', { kind: 'title' }),
    text(300, 38, 'the way around: nothing to compute, nothing to learn', { kind: 'muted' }),
    text(285, y + 48, 'F', { kind: 'muted' }),
  ]);
}
