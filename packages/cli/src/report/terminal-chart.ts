import { stripVTControlCharacters } from 'node:util';
import { plot } from 'simple-ascii-chart';
import type { EpochRecord } from './run-record.js';
import { glyphs, isUtf8 } from './terminal-glyphs.js';

/** What a chart asks of the stream that it is printed on, `process.stdout`. */
export interface Terminal {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly hasColors?: (environment: NodeJS.ProcessEnv) => boolean;
}

type Pick = (epoch: EpochRecord) => number | undefined;

interface Panel {
  readonly name: string;
  readonly training: Pick;
  readonly validation: Pick;
  readonly decimals: number;
}

const panels: readonly Panel[] = [
  {
    name: 'loss (nats)',
    training: ({ trainLoss }) => trainLoss,
    validation: ({ validationLoss }) => validationLoss,
    decimals: 3,
  },
  {
    name: 'accuracy (%)',
    training: ({ trainAccuracy }) => 100 * trainAccuracy,
    validation: ({ validationAccuracy }) => validationAccuracy && 100 * validationAccuracy,
    decimals: 1,
  },
];

const rows = 8;
const widest = 48;
const narrowest = 16;
// The axis on the left, its labels, and the gap to the next chart.
const margin = 12;

/**
 * Draws loss and accuracy over the epochs for a terminal, at most 12 lines high. Training is the line, validation the
 * dots, so that they differ without colours, too. Empty when there is no terminal, no room or no curve.
 */
export function terminalChart(
  history: readonly EpochRecord[],
  terminal: Terminal,
  environment: NodeJS.ProcessEnv = process.env,
): string {
  const columns = terminal.columns ?? 80;
  const width = Math.min(widest, Math.floor(columns / panels.length) - margin);
  if (!terminal.isTTY || history.length < 2 || width < narrowest) return '';
  const epochs = thinned(history, width);
  const unicode = isUtf8(environment);
  const colours = terminal.hasColors?.(environment) ?? false;
  const [left, right] = panels.map((panel) => draw(panel, epochs, { width, unicode, colours }));
  const lines = left!.map((line, row) => `${line}  ${right![row]}`.trimEnd());
  const { line, point } = glyphs(unicode);
  const validated = epochs.some(({ validationLoss }) => validationLoss !== undefined);
  return [...lines, `   ${line} training${validated ? `   ${point} validation` : ''}`].join('\n') + '\n';
}

interface Looks {
  readonly width: number;
  readonly unicode: boolean;
  readonly colours: boolean;
}

function draw(
  { name, training, validation, decimals }: Panel,
  epochs: readonly EpochRecord[],
  looks: Looks,
): string[] {
  const series = (pick: Pick) =>
    epochs.flatMap((record): [number, number][] => {
      const value = pick(record);
      return value === undefined || value === null ? [] : [[record.epoch, value]];
    });
  const [line, points] = [series(training), series(validation)];
  const values = [...line, ...points].map(([, value]) => value);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  // A flat curve still needs an axis with two ends.
  const [bottom, top] = least < most ? [least, most] : [least - 1, most + 1];
  const chart = plot([line], {
    width: looks.width,
    height: rows,
    yRange: [bottom, top],
    customYAxisTicks: [bottom, top],
    customXAxisTicks: [epochs[0]!.epoch, epochs.at(-1)!.epoch],
    formatter: (value, { axis }) => (axis === 'y' ? value.toFixed(decimals) : value),
    points: points.map(([x, y]) => ({ x, y, ...(looks.colours && { color: 'ansiYellow' as const }) })),
    symbols: glyphs(looks.unicode).symbols,
    ...(looks.colours && { color: 'ansiBlue' as const }),
  });
  const lines = chart.split('\n').filter((line) => line.trim() !== '');
  // The first line is where the library puts its arrow.
  return [name.padEnd(stripVTControlCharacters(lines[0]!).length), ...lines.slice(1)];
}

/** A column can show one epoch; of more, evenly many are left out, and neither the first nor the last. */
function thinned(history: readonly EpochRecord[], width: number): readonly EpochRecord[] {
  if (history.length <= width) return history;
  return Array.from(
    { length: width },
    (_, column) => history[Math.round((column * (history.length - 1)) / (width - 1))]!,
  );
}
