/** Which pixels of a row an output reads through stacks of dilated kernels of width 3. */

import { picture, text } from './_drawing.js';

const [step, side] = [17, 13];

/** The positions, around 0, that are read through the last layers of the stack. */
function read(rates: readonly number[]): Set<number> {
  let seen = [0];
  for (const rate of rates) seen = seen.flatMap((at) => [at - rate, at, at + rate]);
  return new Set(seen);
}

function stack(middle: number, rates: readonly number[], title: string): string[] {
  const rows = rates.map((_, layer) => rates.slice(rates.length - layer));
  const drawn = [...rows, rates].flatMap((through, row) => {
    const seen = read(through);
    const reach = through.reduce((sum, rate) => sum + rate, 0);
    const y = 62 + row * 42;
    return Array.from({ length: 2 * reach + 1 }, (_, index) => {
      const at = index - reach;
      const fill = row === 0 ? 'orange' : row === rates.length ? 'blue' : 'green';
      const paint = seen.has(at) ? `style="fill: var(--${fill})"` : '';
      return `<rect class="panel" x="${middle + at * step - side / 2}" y="${y}" width="${side}" height="${side}" rx="2" ${paint}/>`;
    });
  });
  const labels = rates
    .toReversed()
    .map((rate, row) => text(middle, 62 + row * 42 + 31, `rate ${rate}`, { kind: 'muted' }));
  return [text(middle, 32, title, { kind: 'title' }), ...drawn, ...labels];
}

export function draw(): string {
  return picture(660, 236, 'Rows of pixels read through dilated kernels', [
    ...stack(150, [2, 2, 2], 'rates 2, 2, 2: 7 of 13 pixels'),
    ...stack(480, [1, 2, 5], 'rates 1, 2, 5: 17 of 17 pixels'),
    text(330, 72, 'an output', { kind: 'muted' }),
    text(318, 222, 'the image', { kind: 'muted' }),
  ]);
}
