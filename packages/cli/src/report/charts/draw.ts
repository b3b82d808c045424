import type { TopLevelSpec } from 'vega-lite';
import { html, Markup } from '../markup.js';

/** Draws a Vega-Lite chart as an SVG that takes its colours from the page and scales to the width it is given. */
export async function drawChart(spec: TopLevelSpec, description: string): Promise<Markup> {
  // Loaded late: only reports need them, and a command should start fast.
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  const compiled = vegaLite.compile(spec, { config: theme });
  const view = new vega.View(vega.parse(compiled.spec), { renderer: 'none', logLevel: vega.Error });
  try {
    return inline(await view.toSVG(), description);
  } finally {
    view.finalize();
  }
}

/** Inside a page the element needs no namespaces and no size, but a text for those who cannot see it. */
function inline(svg: string, description: string): Markup {
  const [opening, viewBox] = /^<svg[^>]*\sviewBox="([^"]*)"[^>]*>/.exec(svg)!;
  const start = html`<svg class="chart" role="img" aria-label="${description}" viewBox="${viewBox}">`;
  return new Markup(start.text + svg.slice(opening.length));
}

const axis = {
  aria: false,
  labelFontSize: 12,
  titleFontSize: 12,
  titleFontWeight: 'normal',
  titlePadding: 8,
  labelColor: 'var(--muted)',
  titleColor: 'var(--muted)',
  domainColor: 'var(--rule)',
  tickColor: 'var(--rule)',
  gridColor: 'var(--rule)',
} as const;

const theme = {
  font: 'inherit',
  background: 'transparent',
  padding: 2,
  view: { stroke: null },
  axis,
  axisX: { grid: false },
  axisY: { domain: false, ticks: false, labelPadding: 6 },
  legend: {
    aria: false,
    labelFontSize: 12,
    labelColor: 'var(--ink)',
    symbolStrokeWidth: 2.5,
    symbolSize: 300,
    orient: 'top',
    title: null,
  },
} as const;
