import type { Inspection } from 'tenfold';
import { whole } from '../report/numbers.js';
import { both, bytes, compact, digits, plural, rangeOfPaths, rateList, shape, size } from './figures.js';
import type { Measurements } from './measurements.js';
import { type Row, rowsOf } from './rows.js';

export interface TerminalReportOptions extends Measurements {
  /** How many modules deep the table goes. */
  readonly depth: number;
  /** Of the terminal. */
  readonly columns: number;
}

/** The inspection as lines for a terminal. */
export function terminalReport(name: string, found: Inspection, options: TerminalReportOptions): string[] {
  return [
    `${name}: ${shape(found.input)} to ${shape(found.output)}`,
    '',
    ...table(found, options),
    '',
    ...summary(found, options).flatMap(([term, text]) => wrapped(term, text, options.columns)),
    ...adviceLines(found, options.columns),
    '',
    ...wrapped('', found.convention, options.columns, 0),
  ];
}

interface Column {
  readonly title: string;
  readonly isText: boolean;
  readonly cell: (row: Row) => string;
}

function table(found: Inspection, { depth, columns, times }: TerminalReportOptions): string[] {
  const rows = rowsOf(found, depth);
  const share = (row: Row) => (100 * row.macs) / Math.max(1, found.macs);
  const orBlank = (value: number, text: string) => (value === 0 ? '' : text);
  const list: Column[] = [
    { title: 'layer', isText: true, cell: ({ name }) => name },
    { title: 'kind', isText: true, cell: ({ kind }) => kind },
    { title: 'output', isText: true, cell: ({ outputShape }) => shape(outputShape.slice(1)) },
    {
      title: 'parameters',
      isText: false,
      cell: ({ parameters }) => orBlank(parameters, compact(parameters)),
    },
    { title: 'MACs', isText: false, cell: ({ macs }) => orBlank(macs, compact(macs)) },
    { title: '%', isText: false, cell: (row) => orBlank(row.macs, share(row).toFixed(1)) },
    {
      title: 'sees',
      isText: false,
      cell: ({ receptiveField }) => (receptiveField ? size(receptiveField) : ''),
    },
  ];
  if (times !== undefined) {
    const spent = (row: Row) => row.layers.reduce((sum, { index }) => sum + times[index]!, 0);
    list.push({ title: 'ms', isText: false, cell: (row) => spent(row).toFixed(2) });
  }
  const cells = [list.map(({ title }) => title), ...rows.map((row) => list.map(({ cell }) => cell(row)))];
  return laidOut(cells, list, columns);
}

const gap = 2;
const narrowestName = 10;

/** Pads the columns; where the terminal is too narrow, names lose their middle, and then kinds. */
function laidOut(cells: readonly (readonly string[])[], list: readonly Column[], columns: number): string[] {
  const widths = list.map((_, index) => cells.reduce((most, row) => Math.max(most, row[index]!.length), 0));
  for (const index of [0, 1]) {
    const total = widths.reduce((sum, width) => sum + width + gap, -gap);
    widths[index] = Math.max(
      Math.min(widths[index]!, narrowestName),
      widths[index]! - Math.max(0, total - columns),
    );
  }
  return cells.map((row) =>
    row
      .map((cell, index) => {
        const text = shortened(cell, widths[index]!);
        return list[index]!.isText ? text.padEnd(widths[index]!) : text.padStart(widths[index]!);
      })
      .join(' '.repeat(gap))
      .trimEnd(),
  );
}

function shortened(text: string, width: number): string {
  if (text.length <= width) return text;
  const kept = width - 2;
  const front = Math.floor(kept / 2);
  return `${text.slice(0, front)}..${text.slice(text.length - (kept - front))}`;
}

function summary(
  found: Inspection,
  { times, effectiveField }: TerminalReportOptions,
): [term: string, text: string][] {
  const { memory } = found;
  const { parameterBytes, inferencePeakBytes, inferencePeakLayer, keptForTrainingBytes, trainingProblem } =
    memory;
  const kept =
    keptForTrainingBytes === undefined
      ? `training is impossible on this input (${trainingProblem})`
      : `${bytes(keptForTrainingBytes)} kept for training`;
  const lines: [string, string][] = [
    ['parameters', `${whole(found.parameters)} (${bytes(parameterBytes)})`],
    ['MACs', `${whole(found.macs)} forward, ${whole(found.macsBackward)} backward`],
    ['other operations', otherOperations(found)],
    [
      'memory',
      `activations take ${bytes(inferencePeakBytes)} at the peak of inference (${inferencePeakLayer}); ${kept}`,
    ],
    [
      'traffic',
      `${bytes(found.bytesMoved)} moved, ${found.arithmeticIntensity.toFixed(1)} floating-point operations for each byte`,
    ],
    ['sees', sight(found)],
    ...coverageLines(found),
    ...griddingLines(found),
    ['channels', channelsText(found)],
    ['paths', pathsText(found)],
  ];
  if (effectiveField !== undefined) {
    lines.push(['depends on', effectiveText(effectiveField)]);
  }
  if (times !== undefined) {
    const total = times.reduce((sum, time) => sum + time, 0);
    lines.push([
      'time',
      `${total.toFixed(1)} ms a forward pass, ${((2 * found.macs) / total / 1e6).toFixed(1)} GFLOP/s`,
    ]);
  }
  return lines;
}

function effectiveText({ side, height, width }: NonNullable<Measurements['effectiveField']>): string {
  const share = (100 * side * side) / (height * width);
  return `about ${side.toFixed(0)}x${side.toFixed(0)} pixels, ${share.toFixed(0)} % of the image (effective receptive field with these random weights)`;
}

function otherOperations({ otherOperations: total, otherByOperator }: Inspection): string {
  const largest = Object.entries(otherByOperator).sort(([, a], [, b]) => b - a);
  const named = largest.slice(0, 4).map(([operator, count]) => `${operator} ${compact(count)}`);
  return `${whole(total)}${named.length === 0 ? '' : ` (${named.join(', ')}${largest.length > 4 ? ', ...' : ''})`}`;
}

function sight({ receptiveField: field, input, misaligned, coverage }: Inspection): string {
  const { layer, size: map, stride, start, kind, height, width } = field;
  if (coverage === undefined || height === undefined || width === undefined) {
    return 'the whole image at once: no convolutional path leads to a feature map';
  }
  const [, imageHeight, imageWidth] = input;
  const beyond = height >= imageHeight! && width >= imageWidth!;
  const parts = [
    `a pixel of ${layer} (${map.join('x')}) sees ${size(field)} pixels${beyond ? ', more than the image has' : ''}`,
    stride === undefined ? 'paths of different strides meet there' : `stride ${both(stride)}`,
    ...(start === undefined ? [] : [`the first from ${both(start)}`]),
  ];
  const how = {
    fixed: '',
    unbounded: '; and through global pooling the whole image',
    'data-dependent': '; deformable convolutions move it with the data',
  }[kind];
  const [first] = misaligned;
  const offCentre =
    first === undefined
      ? ''
      : `; paths with different centres meet ${misaligned.length === 1 ? 'once' : `${misaligned.length} times`}, first in ${first.layer} (by ${Math.max(...first.distance)} pixels)`;
  return parts.join(', ') + how + offCentre;
}

function coverageLines({ coverage }: Inspection): [string, string][] {
  if (coverage === undefined) return [];
  const { pixels, holes, log2FewestPaths, log2MostPaths, pixel, phases } = coverage;
  const paths = `by ${rangeOfPaths(log2FewestPaths, log2MostPaths)} each`;
  const where = `pixel [${pixel.join(', ')}]${phases > 1 ? `, the worst of ${phases} phases,` : ''}`;
  const text =
    holes === 0
      ? `${where} reads ${pixels === 1 ? 'the one pixel' : `all ${whole(pixels)} pixels`} of its field in the image, ${paths}`
      : `${where} leaves ${whole(holes)} of the ${whole(pixels)} pixels of its field in the image unread (gridding); the others are read ${paths}`;
  return [['coverage', text]];
}

function griddingLines({ gridding }: Inspection): [string, string][] {
  return gridding.chains.map(({ rates, kernelSize, reason, proposal }) => {
    const remedy = proposal === undefined ? '' : `; without holes: ${rateList(proposal)}`;
    return ['dilation', `rates ${rateList(rates)} of ${kernelSize.join('x')} alone: ${reason}${remedy}`];
  });
}

function channelsText({ connectivity }: Inspection): string {
  const [network, ...modules] = connectivity;
  const { inChannels, outChannels, connected, complete, parts } = network!;
  const all = complete
    ? `${each(inChannels, 'input')} reaches ${each(outChannels, 'output')}`
    : `${whole(connected)} of ${whole(inChannels * outChannels)} pairs are connected, in ${parts} parts`;
  if (modules.length === 0) return all;
  const apart = modules.filter((one) => one.parts > 1).length;
  return `${all}; of ${modules.length === 1 ? 'one module' : `${modules.length} modules`} with groups ${apart === 0 ? 'none' : apart} leaves them in separate parts`;
}

function each(count: number, noun: string): string {
  return count === 1 ? `the ${noun}` : `each of ${whole(count)} ${noun}s`;
}

function pathsText({ paths: { count, shortest, longest, meanLength } }: Inspection): string {
  if (count === '1') return `one, of ${plural(longest, 'layer')}`;
  return `${digits(count)} of ${shortest} to ${longest} layers, ${meanLength.toFixed(1)} on average`;
}

function adviceLines({ advice }: Inspection, columns: number): string[] {
  if (advice.length === 0) return [];
  return ['', 'advice', ...advice.flatMap(({ text }) => wrapped('-', text, columns, 2))];
}

const termWidth = 18;

/** A text behind its term, broken into lines that fit. */
function wrapped(term: string, text: string, columns: number, indent = termWidth): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  lines.push(line);
  return lines.map((one, index) => (index === 0 ? term : '').padEnd(indent) + one);
}
