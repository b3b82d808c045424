import type { TopLevelSpec } from 'vega-lite';
import type { Markup } from '../markup.js';
import { drawChart } from './draw.js';

export interface LearningCurve {
  /** What is measured, with its unit: the title of the axis. */
  readonly quantity: string;
  /** How the axis writes numbers, as d3-format has it. */
  readonly format: string;
  readonly points: readonly CurvePoint[];
  /** Whether the axis shows zero. */
  readonly fromZero: boolean;
  /** Whether the axis may be logarithmic, which it is if the numbers span more than a factor of 20. */
  readonly mayBeLogarithmic?: boolean;
  /** The epoch to mark. */
  readonly bestEpoch?: number | undefined;
  /** The chart in words. */
  readonly description: string;
}

export interface CurvePoint {
  readonly epoch: number;
  readonly series: Series;
  readonly value: number;
  /** The point in words, with its number in full. */
  readonly text: string;
}

/** `run` belongs to neither kind of images. */
export type Series = 'training' | 'validation' | 'run';

const colours: Readonly<Record<Series, string>> = {
  training: 'var(--training)',
  validation: 'var(--validation)',
  run: 'var(--ink)',
};

// Not by colour alone, and of two lines upon each other both stay visible.
const dashes: Readonly<Record<Series, number[]>> = { training: [5, 3], validation: [1, 0], run: [1, 0] };

// More would touch each other.
const mostPoints = 40;

/** Draws a quantity over the epochs, one line for each series. */
export function drawLearningCurve(curve: LearningCurve): Promise<Markup> {
  const epochs = [...new Set(curve.points.map(({ epoch }) => epoch))];
  const series = [...new Set(curve.points.map(({ series }) => series))];
  const legend = series.length > 1 ? { symbolType: 'stroke' as const } : null;
  const scale = (range: Readonly<Record<Series, string | number[]>>) => ({
    domain: series,
    range: series.map((name) => range[name]) as string[],
  });
  const spec: TopLevelSpec = {
    width: 440,
    height: 270,
    autosize: { type: 'fit', contains: 'padding' },
    data: { values: [...curve.points] },
    encoding: {
      x: { field: 'epoch', type: 'quantitative', ...epochAxis(epochs) },
      y: { field: 'value', type: 'quantitative', title: curve.quantity, ...verticalAxis(curve) },
      color: { field: 'series', type: 'nominal', scale: scale(colours), legend },
    },
    layer: [
      ...bestEpochMark(curve),
      {
        mark: { type: 'line', strokeWidth: 2, aria: false },
        encoding: { strokeDash: { field: 'series', type: 'nominal', scale: scale(dashes), legend } },
      },
      ...(epochs.length > mostPoints ? [] : [dots]),
    ],
  };
  return drawChart(spec, curve.description);
}

const dots = {
  mark: { type: 'point', filled: true, size: 36, opacity: 1 },
  encoding: { description: { field: 'text' } },
} as const;

function epochAxis(epochs: readonly number[]) {
  const [first, last] = [Math.min(...epochs), Math.max(...epochs)];
  return {
    title: 'epoch',
    scale: { domain: [first, last], nice: false },
    axis: {
      format: 'd',
      labelFlush: false,
      // With a whole step Vega would leave out the middle one of three values.
      ...(epochs.length <= 12 ? { values: [...epochs], tickMinStep: 0.5 } : { tickMinStep: 1 }),
    },
  };
}

function verticalAxis({ points, fromZero, mayBeLogarithmic, format }: LearningCurve) {
  const values = points.map(({ value }) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (mayBeLogarithmic && least > 0 && most / least > 20) {
    const axis = { format, values: logarithmicTicks(least, most) };
    return { scale: { type: 'log' as const, nice: false }, axis };
  }
  return { scale: { zero: fromZero, nice: true }, axis: { format, tickCount: 5 } };
}

/** 1, 2, 5, 10, 20, ... between two numbers, and only the powers of ten where those would crowd. */
function logarithmicTicks(least: number, most: number): number[] {
  const steps = most / least > 1000 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(least)); power <= Math.ceil(Math.log10(most)); power++) {
    for (const step of steps) ticks.push(Number(`${step}e${power}`));
  }
  return ticks.filter((tick) => tick >= least && tick <= most);
}

function bestEpochMark({ bestEpoch }: LearningCurve) {
  if (bestEpoch === undefined) return [];
  return [
    {
      data: { values: [{ epoch: bestEpoch }] },
      mark: { type: 'rule' as const, strokeDash: [2, 3], aria: false },
      encoding: { y: { value: 0 }, y2: { value: 'height' as const }, color: { value: 'var(--muted)' } },
    },
  ];
}
