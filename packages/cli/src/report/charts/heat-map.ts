import type { TopLevelSpec } from 'vega-lite';
import type { Markup } from '../markup.js';
import { drawChart } from './draw.js';

export interface HeatMap {
  readonly names: readonly string[];
  /** Those that are not empty. */
  readonly cells: readonly HeatCell[];
  readonly description: string;
}

export interface HeatCell {
  readonly row: number;
  readonly column: number;
  /** From 0 to 1. */
  readonly strength: number;
  /** The cell in words, with its numbers. */
  readonly text: string;
}

/** Draws a confusion matrix of many classes without numbers. */
export function drawHeatMap({ names, cells, description }: HeatMap): Promise<Markup> {
  const domain = names.map((_, index) => index);
  const axis = {
    labelExpr: 'names[datum.value]',
    labelLimit: 150,
    labelOverlap: 'greedy' as const,
    labelFontSize: 11,
    domain: true,
    grid: false,
  };
  const spec: TopLevelSpec = {
    width: 760,
    height: 760,
    autosize: { type: 'fit', contains: 'padding' },
    params: [{ name: 'names', value: [...names] }],
    data: {
      values: cells.map(({ row, column, strength, text }) => ({
        row,
        column,
        text,
        strength,
        kind: row === column ? 'right' : 'wrong',
      })),
    },
    mark: { type: 'rect' },
    encoding: {
      x: { field: 'column', type: 'ordinal', title: 'predicted class', scale: { domain }, axis },
      y: { field: 'row', type: 'ordinal', title: 'true class', scale: { domain }, axis },
      color: {
        field: 'kind',
        scale: { domain: ['right', 'wrong'], range: ['var(--right)', 'var(--wrong)'] },
        legend: null,
      },
      opacity: {
        field: 'strength',
        type: 'quantitative',
        scale: { domain: [0, 1], range: [0.12, 1] },
        legend: null,
      },
      description: { field: 'text' },
    },
  };
  return drawChart(spec, description);
}
