import type { HdcAxis } from 'tenfold';
import { isUtf8 } from '../report/terminal-glyphs.js';

/** What is said of a chain of dilated convolutions, and which pixels of its field it reads, layer by layer. */
export function hdcLines(axis: HdcAxis, columns: number, unicode = isUtf8(process.env)): string[] {
  const { rates, kernelSize, groups, coverage } = axis;
  const { receptiveField, covered, holes, ok } = coverage;
  const rules = groups.flatMap(({ recursion, commonFactor }) =>
    [recursion, commonFactor].map((rule) => `  ${rule.ok ? 'passes' : 'fails '}  ${rule.reason}`),
  );
  const verdict = ok
    ? `no hole: all ${receptiveField} positions of the field are read`
    : `${holes.length} of ${receptiveField} positions of the field are never read`;
  return [
    `rates ${rates.join(', ')}, kernel ${kernelSize}: ${verdict}`,
    '',
    ...drawing(axis, columns, unicode),
    '',
    'the rules of Wang et al. 2018, for each group of rates that do not fall:',
    ...rules,
    `exact coverage decides: ${covered} of ${receptiveField}`,
  ];
}

/** One line for each number of layers: what the output sees of the image through that many of them, the last first. */
function drawing({ rates, kernelSize, coverage }: HdcAxis, columns: number, unicode: boolean): string[] {
  const { receptiveField, paths } = coverage;
  const labelWidth = Math.max(...rates.map((_, layer) => label(rates, layer).length));
  const room = columns - labelWidth - 2;
  if (receptiveField > room) {
    return [`(the field of ${receptiveField} pixels is wider than the terminal, so it is not drawn)`];
  }
  const [read, unread] = unicode ? ['\u2588', '\u00b7'] : ['#', '.'];
  let positions = [0];
  const lines = rates.toReversed().map((rate, fromLast) => {
    const taps = Array.from({ length: kernelSize }, (_, tap) => tap * rate);
    positions = [...new Set(positions.flatMap((at) => taps.map((tap) => at + tap)))];
    const seen = new Set(positions);
    const span = Math.max(...positions) + 1;
    const row = Array.from({ length: span }, (_, at) => (seen.has(at) ? read : unread)).join('');
    const indent = ' '.repeat(Math.floor((receptiveField - span) / 2));
    return `${label(rates, rates.length - 1 - fromLast).padEnd(labelWidth)}  ${indent}${row}`;
  });
  return [
    ...lines,
    `${'paths'.padEnd(labelWidth)}  ${paths.map((count) => (count > 9 ? '+' : `${count}`)).join('')}`,
  ];
}

function label(rates: readonly number[], layer: number): string {
  const last = rates.slice(layer);
  return last.length === 1 ? `through rate ${last[0]}` : `through ${last.join(', ')}`;
}
