/** Four branches beside each other, and what they find in one bar. */

import { arrow, type Colour, picture, text } from './_drawing.js';

const branches: readonly { readonly layers: readonly string[]; readonly colour: Colour }[] = [
  { layers: ['1x1'], colour: 'blue' },
  { layers: ['1x1', '3x3'], colour: 'orange' },
  { layers: ['1x1', '5x5'], colour: 'green' },
  { layers: ['max pool', '1x1'], colour: 'rule' },
];
const [top, step, height] = [50, 58, 34];

export function draw(): string {
  const middle = top + (step * (branches.length - 1)) / 2;
  const parts = branches.flatMap(({ layers, colour }, branch) => {
    const y = top + step * branch;
    const boxes = layers.flatMap((layer, index) => {
      const x = 190 + index * 130;
      return [
        `<rect class="panel" x="${x}" y="${y - height / 2}" width="96" height="${height}" rx="5"/>`,
        text(x + 48, y + 5, layer),
        ...(index > 0 ? [arrow(x - 34, y, x, y)] : []),
      ];
    });
    return [
      arrow(96, middle, 190, y),
      ...boxes,
      arrow(190 + 130 * layers.length - 34, y, 538, y),
      `<rect x="540" y="${y - step / 2 + 1}" width="22" height="${step - 2}" fill="var(--${colour})"/>`,
    ];
  });
  const bottom = top + step * branches.length;
  return picture(660, bottom + 10, 'An Inception module', [
    `<rect x="70" y="${middle - 60}" width="22" height="120" fill="var(--rule)"/>`,
    text(81, middle - 72, 'input', { kind: 'title' }),
    ...parts,
    text(575, middle + 5, 'side by side', { kind: 'muted', anchor: 'start' }),
  ]);
}
