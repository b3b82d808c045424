import { type Content, html, type Markup } from '../markup.js';
import { count, whole } from '../numbers.js';
import type { LayerSummary, ModelSummary, RunRecord } from '../run-record.js';
import { scrollBox } from './scroll-box.js';

// Longer tables are folded away.
const mostRows = 40;

export function network({ model, data }: RunRecord): Markup {
  const { height, width, channels } = data.image;
  return html`<section aria-labelledby="network">
<h2 id="network">The network</h2>
<p>${model.name} reads images of ${height} x ${width} pixels in ${count(channels, 'channel')}. It has
${count(model.parameters, 'parameter')} and costs ${whole(model.multiplyAccumulates)} multiply-accumulates for one
image.</p>
${tables(model)}
</section>`;
}

function tables(model: ModelSummary): Content {
  const { layers } = model;
  if (layers.length === 0) return '';
  if (layers.length <= mostRows) return everyOperator(model);
  return html`${byKind(layers)}
<details><summary>All ${count(layers.length, 'operator')} in order</summary>${everyOperator(model)}</details>`;
}

function everyOperator({ layers, parameters, multiplyAccumulates }: ModelSummary): Markup {
  const named = layers.some(({ name }) => name);
  const detailed = layers.some(({ detail }) => detail);
  const rows = layers.map(
    (layer) => html`<tr>${named && html`<td class="text code">${layer.name}</td>`}
<th scope="row" class="text code">${layer.operator}</th>${detailed && html`<td class="name">${layer.detail}</td>`}
<td class="text">${layer.outputShape.join(' x ')}</td><td>${orBlank(layer.parameters)}</td>
<td>${orBlank(layer.multiplyAccumulates)}</td></tr>
`,
  );
  return scrollBox(
    'Table of operators',
    html`<table class="numbers"><thead><tr>${named && html`<th scope="col" class="text">name</th>`}
<th scope="col" class="text">operator</th>${detailed && html`<th scope="col" class="text">options</th>`}
<th scope="col" class="text">output</th><th scope="col">parameters</th>
<th scope="col">multiply-accumulates</th></tr></thead>
<tbody>${rows}</tbody>
<tfoot><tr><th scope="row" class="text" colspan="${2 + Number(named) + Number(detailed)}">total</th>
<td>${whole(parameters)}</td><td>${whole(multiplyAccumulates)}</td></tr></tfoot></table>`,
  );
}

function byKind(layers: readonly LayerSummary[]): Markup {
  const kinds = new Map<string, { uses: number; parameters: number; multiplyAccumulates: number }>();
  for (const { operator, parameters, multiplyAccumulates } of layers) {
    const kind = kinds.get(operator) ?? { uses: 0, parameters: 0, multiplyAccumulates: 0 };
    kind.uses++;
    kind.parameters += parameters;
    kind.multiplyAccumulates += multiplyAccumulates;
    kinds.set(operator, kind);
  }
  const costliest = [...kinds].sort(
    ([, first], [, second]) =>
      second.multiplyAccumulates - first.multiplyAccumulates || second.uses - first.uses,
  );
  const rows = costliest.map(
    ([operator, { uses, parameters, multiplyAccumulates }]) => html`<tr>
<th scope="row" class="text code">${operator}</th><td>${whole(uses)}</td><td>${orBlank(parameters)}</td>
<td>${orBlank(multiplyAccumulates)}</td></tr>
`,
  );
  return scrollBox(
    'Table of kinds of operators',
    html`<table class="numbers"><thead><tr><th scope="col" class="text">operator</th><th scope="col">uses</th>
<th scope="col">parameters</th><th scope="col">multiply-accumulates</th></tr></thead>
<tbody>${rows}</tbody></table>`,
  );
}

/** Most operators have no parameters and no products; a column of zeros would hide those that do. */
function orBlank(value: number): string {
  return value === 0 ? '' : whole(value);
}
