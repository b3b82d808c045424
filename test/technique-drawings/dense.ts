/** Features as bars that grow: each layer reads the whole bar and adds its own channels at the lower end. */

import { arrow, colours, picture, text } from './_drawing.js';

const [initial, growth, layers] = [90, 30, 3];
const [left, top, step] = [60, 70, 190];

/** The features behind so many layers, from top to bottom in the order of their layers. */
function bar(x: number, made: number): string[] {
  return Array.from({ length: made + 1 }, (_, layer) => {
    const y = layer === 0 ? top : top + initial + (layer - 1) * growth;
    const height = layer === 0 ? initial : growth;
    const fill = layer === 0 ? 'rule' : colours[layer - 1];
    return `<rect x="${x - 9}" y="${y}" width="18" height="${height - 2}" fill="var(--${fill})"/>`;
  });
}

export function draw(): string {
  const parts: string[] = [];
  for (let layer = 0; layer <= layers; layer++) {
    const x = left + layer * step;
    const high = initial + layer * growth;
    parts.push(...bar(x, layer));
    parts.push(text(x, top - 14, layer === 0 ? 'C' : `C + ${layer === 1 ? '' : layer}k`, { kind: 'title' }));
    if (layer === layers) continue;
    const [box, y] = [x + step / 2, top + high + growth / 2 - 1];
    parts.push(
      `<path class="panel" d="M ${x + 12} ${top} L ${box - 30} ${y - 13} V ${y + 13} L ${x + 12} ${top + high - 2} Z"/>`,
      `<rect class="panel" x="${box - 30}" y="${y - 13}" width="60" height="26" rx="4"/>`,
      text(box, y + 5, `layer ${layer + 1}`),
      arrow(box + 30, y, x + step - 12, y),
    );
  }
  const height = top + initial + layers * growth + 46;
  parts.push(
    text(left + (layers * step) / 2, height - 14, 'each layer reads all, and adds k channels', {
      kind: 'muted',
    }),
  );
  return picture(left + layers * step + 60, height, 'A dense block of three layers', parts);
}
