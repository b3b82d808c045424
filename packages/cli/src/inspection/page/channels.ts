import { type Content, html } from '../../report/markup.js';
import { whole } from '../figures.js';
import type { Subject } from './page.js';
import { blue, nothing, pixelPicture } from './pixels.js';

const mostMatrices = 6;

export function channels({ examination }: Subject): Content {
  const { connectivity } = examination.inspection;
  const [network, ...modules] = connectivity;
  const places = distinct(modules).slice(0, mostMatrices);
  const intro = network!.complete
    ? `Every one of the ${network!.inChannels} input channels reaches every one of the ${whole(network!.outChannels)} output channels.`
    : `${whole(network!.connected)} of ${whole(network!.inChannels * network!.outChannels)} pairs of input and output channels are connected, in ${network!.parts} parts.`;
  return html`<section aria-labelledby="channels">
<h2 id="channels">Which channels it connects</h2>
<p>${intro} ${
    modules.length === 0
      ? 'No convolution inside is grouped.'
      : `${modules.length} modules have grouped convolutions; a grouped convolution connects channels of a group only, and what does not mix them afterwards leaves blocks.`
  }</p>
<div class="pictures">${places.map((place) => {
    const { module, inChannels, outChannels, connected, parts } = connectivity[place]!;
    const { reaches } = examination.connections[place]!;
    const share = (100 * connected) / (inChannels * outChannels);
    return html`<figure><figcaption><strong><span class="code">${module}</span></strong> ${outChannels} outputs (rows) by ${inChannels} inputs:
${share.toFixed(share < 10 ? 1 : 0)} % connected${parts > 1 && `, in ${parts} parts`}</figcaption>
<div class="framed">${pixelPicture(outChannels, inChannels, (row, column) => (reaches(column, row) ? blue(0.75) : nothing), `Which of ${inChannels} channels reach which of ${outChannels}`)}</div></figure>`;
  })}</div>
</section>`;
}

/** The places, in all connections, of modules that differ in what they connect; those that connect least first. */
function distinct(modules: Subject['examination']['inspection']['connectivity']): number[] {
  const seen = new Map<string, number>();
  modules.forEach(({ inChannels, outChannels, connected, parts }, index) => {
    const looks = `${inChannels} ${outChannels} ${connected} ${parts}`;
    if (!seen.has(looks)) seen.set(looks, index + 1);
  });
  const share = (place: number) => {
    const { connected, inChannels, outChannels } = modules[place - 1]!;
    return connected / (inChannels * outChannels);
  };
  return [...seen.values()].sort((a, b) => share(a) - share(b));
}
