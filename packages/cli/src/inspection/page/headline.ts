import { html, type Markup } from '../../report/markup.js';
import { whole } from '../../report/numbers.js';
import { bytes, compact, digits, plural, shape, size } from '../figures.js';
import type { Material } from './material.js';

export function headline({ name, examination, times }: Material): Markup {
  const { inspection } = examination;
  const { coverage, parameters, macs, macsBackward, memory, receptiveField, paths, input, output, advice } =
    inspection;
  const figures: [term: string, value: string, note: string][] = [
    ['Parameters', compact(parameters), `${bytes(memory.parameterBytes)} in float32`],
    ['Multiply-accumulates', compact(macs), `forward; ${compact(macsBackward)} backward`],
    [
      'Memory of activations',
      bytes(memory.inferencePeakBytes),
      `at the peak of inference${kept(memory.keptForTrainingBytes)}`,
    ],
    [
      'Paths',
      digits(paths.count),
      paths.count === '1'
        ? `of ${plural(paths.longest, 'layer')}`
        : `of ${paths.shortest} to ${paths.longest} layers`,
    ],
  ];
  if (coverage !== undefined) {
    figures.push(['Receptive field', size(receptiveField), fieldNote(receptiveField)]);
  }
  if (times !== undefined) {
    const total = times.reduce((sum, time) => sum + time, 0);
    figures.push([
      'Time',
      `${total.toFixed(1)} ms`,
      `a forward pass, ${((2 * macs) / total / 1e6).toFixed(1)} GFLOP/s`,
    ]);
  }
  return html`<header>
<p class="eyebrow">Inspection, before any training</p>
<h1>${name}</h1>
<p class="lead">It makes ${shape(output)} of ${shape(input)}, with ${whole(parameters)} parameters and
${whole(macs)} multiply-accumulates.</p>
<dl class="figures">${figures.map(
    ([term, value, note]) => html`<div><dt>${term}</dt><dd>${value}<small>${note}</small></dd></div>`,
  )}</dl>
${
  advice.length > 0 &&
  html`<h2 class="advice-title">Advice</h2>
<ul class="advice">${advice.map(({ text }) => html`<li>${text}</li>`)}</ul>`
}
</header>`;
}

function kept(bytesKept: number | undefined): string {
  return bytesKept === undefined ? '' : `; ${bytes(bytesKept)} kept for training`;
}

function fieldNote({
  kind,
  layer,
  stride,
}: {
  readonly kind: string;
  readonly layer: string;
  readonly stride: readonly number[] | undefined;
}): string {
  const how = { fixed: '', unbounded: '; and the whole image', 'data-dependent': '; moved by the data' }[
    kind
  ];
  return `pixels, of ${layer}${stride ? `, stride ${stride[0]}` : ''}${how}`;
}
