import { type Content, html, type Markup } from '../../report/markup.js';
import { whole } from '../../report/numbers.js';
import { scrollBox } from '../../report/sections/scroll-box.js';
import { bytes, compact, shape, size } from '../figures.js';
import { type Row, rowsOf } from '../rows.js';
import type { Material } from './material.js';

/** Layers of each folded module are listed under it. */
const depth = 2;
const mostRowsInside = 400;

export function costs(material: Material): Markup {
  const { inspection } = material.examination;
  const rows = rowsOf(inspection, depth);
  const others = Object.entries(inspection.otherByOperator).sort(([, a], [, b]) => b - a);
  return html`<section aria-labelledby="costs">
<h2 id="costs">What it costs</h2>
<p class="note">${inspection.convention}</p>
${scrollBox('Costs by module', table(material, rows))}
${
  rows.length < inspection.layers.length &&
  inspection.layers.length <= 2 * mostRowsInside &&
  html`<details><summary>All ${whole(inspection.layers.length)} layers</summary>
${scrollBox('Costs by layer', table(material, rowsOf(inspection, 99)))}</details>`
}
<p class="note">Other operations: ${others.map(([operator, count], index) => html`${index > 0 && ', '}${operator} ${compact(count)}`)}.
${whole(inspection.bytesMoved)} bytes are moved, ${inspection.arithmeticIntensity.toFixed(1)} floating-point operations for each.</p>
</section>`;
}

/** The bars are shares of the largest. */
function table({ times }: Material, rows: readonly Row[]): Markup {
  const most = rows.reduce((largest, { macs }) => Math.max(largest, macs), 0);
  const total = (row: Row, part: 'macsBackward' | 'bytesMoved' | 'activationBytes') =>
    row.layers.reduce((sum, layer) => sum + layer[part], 0);
  const orBlank = (value: number, text: (value: number) => string): Content =>
    value === 0 ? '' : text(value);
  const body = rows.map((row) => {
    const share = most === 0 ? 0 : row.macs / most;
    const spent = times && row.layers.reduce((sum, { index }) => sum + times[index]!, 0);
    return html`<tr><th scope="row" class="text code">${row.name}</th><td class="text">${row.kind}</td>
<td class="text">${shape(row.outputShape.slice(1))}</td><td>${orBlank(row.parameters, whole)}</td>
<td>${orBlank(row.macs, whole)}</td><td class="bar">${share > 0 && html`<span style="width:${(100 * share).toFixed(1)}%"></span>`}</td>
<td>${row.receptiveField && size(row.receptiveField)}</td>${spent !== undefined && html`<td>${spent.toFixed(2)}</td>`}
<td>${orBlank(total(row, 'macsBackward'), compact)}</td><td>${orBlank(total(row, 'activationBytes'), bytes)}</td>
<td>${orBlank(total(row, 'bytesMoved'), bytes)}</td></tr>
`;
  });
  return html`<table class="numbers"><thead><tr><th scope="col" class="text">layer</th><th scope="col" class="text">kind</th>
<th scope="col" class="text">output</th><th scope="col">parameters</th><th scope="col" colspan="2">multiply-accumulates</th>
<th scope="col">sees</th>${times && html`<th scope="col">ms</th>`}<th scope="col">backward</th>
<th scope="col">activations</th><th scope="col">moved</th></tr></thead><tbody>${body}</tbody></table>`;
}
