import { analysis } from 'tenfold';
import { type Content, html, type Markup } from '../../report/markup.js';
import { whole } from '../../report/numbers.js';
import type { Material } from './material.js';
import { blue, nothing, pixelPicture } from './pixels.js';

const mostModules = 4;

export function channels({ examination }: Material): Content {
  const { connectivity } = examination.inspection;
  const [network, ...modules] = connectivity;
  const intro = network!.complete
    ? `Each of the ${whole(network!.inChannels)} input channels reaches each of the ${whole(network!.outChannels)} output channels.`
    : `${whole(network!.connected)} of ${whole(network!.inChannels * network!.outChannels)} pairs of input and output channels are connected, in ${whole(network!.parts)} parts.`;
  const grouped =
    modules.length === 0
      ? 'No convolution inside is grouped.'
      : `There are grouped convolutions in ${modules.length === 1 ? 'one module' : `${modules.length} modules`}. Each connects channels within its groups only; whether the module as a whole connects them all depends on what mixes them besides: 1x1 convolutions, or a shuffle.`;
  return html`<section aria-labelledby="channels">
<h2 id="channels">Which channels it connects</h2>
<p>${intro} ${grouped}</p>
<div class="pictures pairs">${distinct(modules)
    .slice(0, mostModules)
    .map((place) => [alone(examination, place), asWhole(examination, place)])}</div>
</section>`;
}

/** The places, in all connections, of modules that differ in what they connect; those that connect least first. */
function distinct(modules: Material['examination']['inspection']['connectivity']): number[] {
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

/** The first grouped convolution of a module. */
function alone({ trace, inspection }: Material['examination'], place: number): Content {
  const module = inspection.modules.find(({ name }) => name === inspection.connectivity[place]!.module)!;
  const step = trace.steps.slice(module.first, module.end).find(({ operator, record }) => {
    const channels = operator.channels(record, 0);
    return channels.kind === 'groups' && channels.groups > 1;
  });
  if (step === undefined) return '';
  const { name } = inspection.layers[step.index]!;
  return matrix(name, analysis.connectivity(trace, step.inputs[0], step.output));
}

function asWhole({ connections, inspection }: Material['examination'], place: number): Markup {
  return matrix(inspection.connectivity[place]!.module, connections[place]!);
}

function matrix(name: string, connection: analysis.Connectivity): Markup {
  const { inChannels, outChannels, connected, parts, reaches } = connection;
  const share = (100 * connected) / (inChannels * outChannels);
  const width = 17 * Math.min(1, inChannels / outChannels);
  return html`<figure><figcaption><strong class="code">${name}</strong> ${outChannels} outputs (rows) by ${inChannels} inputs
(columns): ${share.toFixed(share < 10 ? 1 : 0)} % connected${parts > 1 && `, in ${parts} parts`}</figcaption>
<div class="framed" style="width:min(100%, ${width.toFixed(1)}rem)">${pixelPicture(outChannels, inChannels, (row, column) => (reaches(column, row) ? blue(0.75) : nothing), `Which of ${inChannels} channels reach which of ${outChannels}`)}</div></figure>`;
}
