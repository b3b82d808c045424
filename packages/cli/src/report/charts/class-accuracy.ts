import type { TopLevelSpec } from 'vega-lite';
import type { Interval } from '../findings.js';
import type { Markup } from '../markup.js';
import { drawChart } from './draw.js';

export interface ClassAccuracy {
  readonly name: string;
  readonly accuracy: number;
  readonly interval: Interval;
  /** The class in words, with its numbers in full. */
  readonly text: string;
}

/**
 * Draws one dot per class, with its confidence interval. Dots may be read off an axis that does not begin at zero;
 * bars may not, and bars from zero would all look alike.
 *
 * @param domain What the axis spans at least.
 */
export function drawClassAccuracy(
  classes: readonly ClassAccuracy[],
  domain: Interval,
  description: string,
): Promise<Markup> {
  const x = (field: string) => ({ field, type: 'quantitative' as const });
  const spec: TopLevelSpec = {
    width: 440,
    height: 64 + 22 * classes.length,
    autosize: { type: 'fit', contains: 'padding' },
    params: [{ name: 'names', value: classes.map(({ name }) => name) }],
    data: {
      values: classes.map(({ accuracy, interval, text }, position) => ({
        position,
        text,
        accuracy: 100 * accuracy,
        low: 100 * interval.low,
        high: 100 * interval.high,
      })),
    },
    encoding: {
      // By position, because two classes may bear the same name.
      y: {
        field: 'position',
        type: 'ordinal',
        title: null,
        axis: { labelExpr: 'names[datum.value]', labelLimit: 150, labelColor: 'var(--ink)', grid: true },
      },
    },
    layer: [
      {
        mark: { type: 'rule', strokeWidth: 2, color: 'var(--right)', opacity: 0.45, aria: false },
        encoding: {
          x: {
            ...x('low'),
            title: 'accuracy (%)',
            scale: { domain: [100 * domain.low, 100 * domain.high], zero: false, nice: true },
            axis: { tickCount: 5 },
          },
          x2: { field: 'high' },
        },
      },
      {
        mark: { type: 'point', filled: true, size: 64, opacity: 1, color: 'var(--right)' },
        encoding: { x: x('accuracy'), description: { field: 'text' } },
      },
    ],
  };
  return drawChart(spec, description);
}
