import { Graph, layout } from '@dagrejs/dagre';
import type { Inspection } from 'tenfold';
import { html, type Markup } from '../../report/markup.js';
import { scrollBox } from '../../report/sections/scroll-box.js';
import { compact, shape } from '../figures.js';
import { type Row, rowsOf } from '../rows.js';
import type { Material } from './material.js';

/** A drawing of more boxes than this is no longer read. */
const mostBoxes = 48;
/** And of fewer, not needed. */
const leastBoxes = 4;
const deepest = 8;

export function graph({ examination }: Material): Markup {
  const { inspection } = examination;
  const depth = fittingDepth(inspection);
  const rows = rowsOf(inspection, depth);
  const inner = innerGraphs(examination, rows, depth);
  return html`<section aria-labelledby="graph">
<h2 id="graph">The network</h2>
<p class="note">Boxes are modules and operators; the bar in a box is its share of the multiply-accumulates. Lines are
tensors: one that passes boxes by is a skip connection.</p>
${scrollBox('Graph of the network', drawGraph(examination, rows))}
${inner.map(
  ({
    row,
    rows: inside,
    times,
  }) => html`<details><summary><span class="code">${row.name}</span>: ${row.kind}${times > 1 && `, one of ${times} alike`}</summary>
${scrollBox(`Graph of ${row.name}`, drawGraph(examination, inside, row.name))}</details>`,
)}
</section>`;
}

/** The deepest level that fits, but at least the first. */
function fittingDepth(inspection: Inspection): number {
  let depth = 1;
  while (depth < deepest && rowsOf(inspection, depth + 1).length <= mostBoxes) depth++;
  return depth;
}

/** What is inside the modules of the graph, one of each kind that looks alike. */
function innerGraphs(examination: Material['examination'], rows: readonly Row[], depth: number) {
  const found = new Map<string, { row: Row; rows: readonly Row[]; times: number }>();
  for (const row of rows) {
    if (row.layers.length < 2) continue;
    const indices = new Set(row.layers.map(({ index }) => index));
    const inside = [1, 2, 3, 4]
      .map((more) =>
        rowsOf(examination.inspection, depth + more).filter(({ layers }) => indices.has(layers[0]!.index)),
      )
      .filter((list) => list.length <= mostBoxes)
      .at(-1);
    if (inside === undefined || inside.length < leastBoxes) continue;
    const looks = inside.map(({ kind }) => kind).join(' ');
    const alike = found.get(`${row.kind} ${looks}`);
    if (alike === undefined) found.set(`${row.kind} ${looks}`, { row, rows: inside, times: 1 });
    else alike.times++;
  }
  return [...found.values()];
}

const box = { width: 190, height: 46 } as const;
const lettersInBox = 24;

/** @param around The module that the boxes are inside of; their names begin behind it. */
function drawGraph(
  { trace, inspection }: Material['examination'],
  rows: readonly Row[],
  around = '',
): Markup {
  const drawn = new Graph().setGraph({
    rankdir: 'TB',
    nodesep: 18,
    ranksep: 26,
    marginx: 6,
    marginy: 6,
  });
  drawn.setDefaultEdgeLabel(() => ({}));
  /** The box that each step is in. */
  const boxOf = new Map<number, string>();
  rows.forEach((row, place) => {
    for (const { index } of row.layers) boxOf.set(index, `${place}`);
    drawn.setNode(`${place}`, { ...box });
  });
  for (const { index, inputs } of trace.steps) {
    const to = boxOf.get(index);
    if (to === undefined) continue;
    for (const input of inputs) {
      if (!input?.fromInput) continue;
      const from = input.step === undefined ? undefined : boxOf.get(input.step);
      if (from !== undefined) {
        if (from !== to) drawn.setEdge(from, to);
      } else {
        if (!drawn.hasNode('from')) drawn.setNode('from', { ...box });
        drawn.setEdge('from', to);
      }
    }
  }
  layout(drawn);
  const { width = 0, height = 0 } = drawn.graph() as { width?: number; height?: number };
  const first = rows[0]!.layers[0]!;
  const entrance = trace.steps[first.index]!.inputs.find((one) => one?.fromInput);
  const edges = drawn.edges().map((edge: { readonly v: string; readonly w: string }) => {
    const { points } = drawn.edge(edge) as { points: readonly { x: number; y: number }[] };
    return html`<path class="edge" d="${curve(points)}"/>`;
  });
  const boxes = drawn.nodes().map((name: string) => {
    const { x, y } = drawn.node(name) as { x: number; y: number };
    const left = x - box.width / 2;
    const top = y - box.height / 2;
    if (name === 'from') {
      return html`<g transform="translate(${left} ${top})"><rect class="box outer" width="${box.width}" height="${box.height}" rx="6"/>
<text x="10" y="19">${rows.length > 0 && first.index === 0 ? 'input' : 'from before'}</text><text class="small" x="10" y="35">${shape(entrance?.shape.slice(1) ?? [])}</text></g>`;
    }
    const row = rows[Number(name)]!;
    const share = inspection.macs === 0 ? 0 : row.macs / inspection.macs;
    const text = `${row.name}: ${row.kind}, ${shape(row.outputShape)}, ${compact(row.macs)} multiply-accumulates, ${compact(row.parameters)} parameters`;
    return html`<g transform="translate(${left} ${top})" aria-label="${text}"><rect class="box" width="${box.width}" height="${box.height}" rx="6"/>
${share > 0 && html`<rect class="share" x="0" y="${box.height - 4}" width="${(share * box.width).toFixed(1)}" height="4"/>`}
<text x="10" y="18">${cut(within(row.name, around))}</text><text class="small" x="10" y="34">${cut(`${row.kind}  ${shape(row.outputShape.slice(1))}`, 30)}</text></g>`;
  });
  return html`<svg class="chart graph" role="img" aria-label="Graph of ${rows.length} boxes" viewBox="0 0 ${width.toFixed(0)} ${height.toFixed(0)}" width="${width.toFixed(0)}" height="${height.toFixed(0)}">
${edges}${boxes}</svg>`;
}

function within(name: string, around: string): string {
  return around !== '' && name.startsWith(around) && name !== around ? name.slice(around.length + 1) : name;
}

function cut(text: string, letters = lettersInBox): string {
  return text.length <= letters ? text : `\u2026${text.slice(text.length - letters + 1)}`;
}

/** A smooth line through the points that the layout gives. */
function curve(points: readonly { readonly x: number; readonly y: number }[]): string {
  const at = ({ x, y }: { readonly x: number; readonly y: number }) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  const [first, ...others] = points;
  const middles = others.slice(0, -1).map((point, index) => {
    const next = others[index + 1]!;
    return { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
  });
  const bends = others.slice(0, -1).map((point, index) => `Q${at(point)} ${at(middles[index]!)}`);
  return `M${at(first!)} ${bends.join(' ')} L${at(others.at(-1)!)}`;
}
