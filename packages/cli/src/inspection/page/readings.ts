import { type Content, html } from '../../report/markup.js';
import type { Material } from './material.js';
import { blue, nothing, pixelPicture } from './pixels.js';

/** Layers that read but one other make no picture. */
const leastReads = 3;

export function readings({ examination }: Material): Content {
  const { reads } = examination.inspection;
  const readers = reads.filter((one) => one.reads.length > 1);
  const most = readers.reduce((sum, one) => Math.max(sum, one.reads.length), 0);
  if (most < leastReads) return '';
  const order = new Map([['input', -1], ...reads.map(({ layer }, index) => [layer, index] as const)]);
  const sources = [...new Set(readers.flatMap((one) => one.reads))].sort(
    (a, b) => order.get(a)! - order.get(b)!,
  );
  const lists = readers.map((one) => new Set(one.reads));
  const widest = readers.find((one) => one.reads.length === most)!;
  const [height, width] = [readers.length, sources.length];
  return html`<section aria-labelledby="readings">
<h2 id="readings">Which layer reads which</h2>
<p>Each row is a layer that reads several others, each column a layer that is read by one of them, both in the order of the
forward pass. In a dense block a layer reads all before it; in a residual network all blocks before it, as a sum. Most are read
by <span class="code">${widest.layer}</span>: ${most}.</p>
<figure class="matrix"><figcaption>${height} layers read ${width}</figcaption>
<div class="framed" style="width:min(100%, ${Math.max(16, Math.min(44, width * 0.6))}rem)">${pixelPicture(height, width, (row, column) => (lists[row]!.has(sources[column]!) ? blue(0.75) : nothing), 'Matrix of the layers that read and the layers that are read')}</div>
<p class="note">first column <span class="code">${sources[0]}</span>, last <span class="code">${sources.at(-1)}</span>; first row
<span class="code">${readers[0]!.layer}</span>, last <span class="code">${readers.at(-1)!.layer}</span></p></figure>
</section>`;
}
