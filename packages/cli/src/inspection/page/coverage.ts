import { type Content, html, type Markup } from '../../report/markup.js';
import { whole } from '../../report/numbers.js';
import { rangeOfPaths, rateList } from '../figures.js';
import type { Material } from './material.js';
import { blue, type Colour, nothing, pixelPicture, striking } from './pixels.js';

export function coverage({ examination, effectiveField }: Material): Content {
  const { coverage: found, inspection } = examination;
  const report = inspection.coverage;
  if (found === undefined || report === undefined || inspection.input.length !== 4) return '';
  const { worst } = found;
  const [, imageHeight, imageWidth] = inspection.input as [number, number, number, number];
  const { log2FewestPaths: fewest, log2MostPaths: most, box, pixels, holes, layer, pixel } = report;
  const colourAt = (row: number, column: number): Colour => {
    if (row < box.top || row > box.bottom || column < box.left || column > box.right) return nothing;
    if (!worst.counts.has(row, column)) return striking;
    return blue(most === fewest ? 1 : (worst.counts.log2(row, column) - fewest) / (most - fewest));
  };
  const isSmall = (box.bottom - box.top + 1) * (box.right - box.left + 1) < (imageHeight * imageWidth) / 9;
  const boxHeight = box.bottom - box.top + 1;
  const boxWidth = box.right - box.left + 1;
  const verdict =
    holes === 0
      ? pixels === 1
        ? 'It reads that pixel alone'
        : `All ${whole(pixels)} pixels of its field in the image are read`
      : `${whole(holes)} of the ${whole(pixels)} pixels of its field in the image are never read: it is gridded`;
  return html`<section aria-labelledby="coverage">
<h2 id="coverage">Which pixels it reads, and how often</h2>
<p>Pixel [${pixel.join(', ')}] of <span class="code">${layer}</span>, followed back through every tap and branch. ${verdict}.
The number of paths to a pixel is what its weight would be if all weights were 1.</p>
<div class="pictures">
<figure><figcaption><strong>The image</strong> ${imageHeight} x ${imageWidth} pixels</figcaption>
<div class="framed">${pixelPicture(imageHeight, imageWidth, colourAt, 'Number of paths to each pixel of the image')}</div></figure>
${
  isSmall &&
  html`<figure><figcaption><strong>The field</strong> ${boxHeight} x ${boxWidth} pixels, enlarged</figcaption>
<div class="framed">${pixelPicture(boxHeight, boxWidth, (row, column) => colourAt(row + box.top, column + box.left), 'Number of paths to each pixel of the field')}</div></figure>`
}
${effectiveField && effective(effectiveField)}
</div>
<p class="key"><span class="ramp"></span> ${rangeOfPaths(fewest, most)} (logarithmic)
${holes > 0 && html`<span class="hole"></span> no path: a hole`}</p>
${examination.chains.map((_, index) => chain(examination, index))}
</section>`;
}

/** What the pixel really depends on. */
function effective({ height, width, share, side }: NonNullable<Material['effectiveField']>): Markup {
  return html`<figure><figcaption><strong>What it depends on</strong> the mean gradient over images of noise, with random
weights: the effective receptive field, about ${side.toFixed(0)} x ${side.toFixed(0)} pixels (square root, so that little is seen, too)</figcaption>
<div class="framed">${pixelPicture(height, width, (row, column) => blue(Math.sqrt(share[row * width + column]!)), 'Size of the gradient at each pixel of the image')}</div></figure>`;
}

const cell = 10;
const mostCells = 96;

/** A row of dilated convolutions alone, along one axis: what the output reads through the last, the last two, ... */
function chain({ chains, inspection }: Material['examination'], index: number): Markup {
  const { check, rates } = chains[index]!;
  const { layers, recursion, commonFactor, proposal, ok } = inspection.gridding.chains[index]!;
  const { vertical } = check;
  return html`<h3>Dilated convolutions in a row: rates ${rateList(rates)}</h3>
<p>From <span class="code">${layers[0]}</span> to <span class="code">${layers.at(-1)}</span>, alone and without borders: ${vertical.coverage.reason}.
${!ok && proposal !== undefined && html`Rates ${rateList(proposal)} would leave no hole.`}</p>
${vertical.coverage.receptiveField <= mostCells && rowsOfCells(vertical)}
<ul class="rules">${[...recursion, ...commonFactor].map((rule) => html`<li>${rule}</li>`)}</ul>`;
}

function rowsOfCells({
  rates,
  kernelSize,
  coverage: { receptiveField },
}: Material['examination']['chains'][number]['check']['vertical']): Markup {
  let positions = [0];
  const rows = rates.toReversed().map((rate, fromLast) => {
    positions = [
      ...new Set(positions.flatMap((at) => Array.from({ length: kernelSize }, (_, tap) => at + tap * rate))),
    ];
    const span = Math.max(...positions) + 1;
    const left = (receptiveField - span) / 2;
    const last = rates.slice(rates.length - 1 - fromLast);
    const read = new Set(positions);
    return { last, cells: Array.from({ length: span }, (_, at) => ({ x: left + at, isRead: read.has(at) })) };
  });
  const label = 190;
  const height = rows.length * (cell + 8);
  return html`<svg class="chart cells" role="img" aria-label="What the output reads through its last layers" viewBox="0 0 ${label + receptiveField * cell} ${height}" width="${label + receptiveField * cell}">
${rows.map(({ last, cells }, line) => {
  const y = line * (cell + 8);
  const name = last.length === 1 ? `through the last, rate ${last[0]}` : `through the last ${last.length}`;
  return html`<text x="0" y="${y + 9}">${name}</text>${cells.map(({ x, isRead }) => html`<rect class="${isRead ? 'read' : 'unread'}" x="${label + x * cell}" y="${y}" width="${cell - 1}" height="${cell - 1}"/>`)}`;
})}</svg>`;
}
