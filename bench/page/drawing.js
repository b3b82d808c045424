// The speed of convolutions forward as a drawing: a dot for each implementation, and a tick where the roofline is.

import { drawChart } from '../../packages/cli/dist/report/charts/draw.js';
import { ourRows } from './judge.js';

const style = `
  svg { --page: #ffffff; --ink: #1b1f24; --muted: #57606a; --rule: #d5dae0;
    --first: #0072b2; --second: #c2540a; --third: #00805e; --fourth: #9b4d86; --fifth: #8a6d00;
    font: 12px system-ui, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; }
  @media (prefers-color-scheme: dark) {
    svg { --page: #14171a; --ink: #e4e7ea; --muted: #a0a8b1; --rule: #363c43;
      --first: #56b4e9; --second: #f0883e; --third: #3fc79a; --fourth: #dc9cc8; --fifth: #e3c44f; }
  }`;

const colours = ['first', 'second', 'third', 'fourth', 'fifth'].map((name) => `var(--${name})`);
const shapes = ['circle', 'square', 'diamond', 'triangle-up', 'cross'];

export async function drawing(report) {
  const names = report.implementations.map(({ name }) => name);
  const own = ourRows(report);
  const isDrawn = ({ group, direction, gflops }) =>
    group === 'convolutions' && direction === 'forward' && gflops !== undefined;
  const rows = report.rows.filter(
    (row) => isDrawn(row) && (row.implementation !== 'tenfold' || own.includes(row)),
  );
  const cases = [...new Set(rows.map((row) => row.case))];
  const x = (field) => ({
    field,
    type: 'quantitative',
    scale: { type: 'log', nice: false, domainMin: 0.1 },
    title: 'GFLOP/s, counted as direct convolution',
    axis: { values: [0.1, 1, 10, 100, 1000], grid: true },
  });
  const legend = { columns: 3, symbolSize: 90 };
  const byImplementation = (range) => ({ field: 'implementation', scale: { domain: names, range }, legend });
  const chart = await drawChart(
    {
      width: 900,
      height: 60 + 20 * cases.length,
      autosize: { type: 'fit', contains: 'padding' },
      data: {
        values: rows.map(({ case: name, implementation, gflops, percentOfRoofline }) => ({
          case: name,
          implementation,
          gflops,
          roofline: percentOfRoofline === undefined ? null : (100 * gflops) / percentOfRoofline,
        })),
      },
      encoding: {
        y: {
          field: 'case',
          type: 'nominal',
          sort: cases,
          title: null,
          axis: { labelLimit: 600, labelColor: 'var(--ink)', grid: true },
        },
      },
      layer: [
        {
          transform: [{ filter: 'datum.roofline !== null' }],
          mark: { type: 'tick', thickness: 2, size: 14, color: 'var(--ink)', aria: false },
          encoding: { x: x('roofline') },
        },
        {
          mark: { type: 'point', filled: true, size: 60, opacity: 1, aria: false },
          encoding: {
            x: x('gflops'),
            color: byImplementation(colours),
            shape: byImplementation(shapes),
          },
        },
      ],
    },
    'Convolutions forward: the speed of tenfold and of each peer, case by case; ticks are the roofline.',
  );
  const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(chart.text);
  return `${chart.text
    .replace('<svg class="chart"', '<svg xmlns="http://www.w3.org/2000/svg"')
    .replace(
      '>',
      `>\n<style>${style}\n</style>\n<rect width="${width}" height="${height}" fill="var(--page)"/>\n`,
    )}\n`;
}
