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
  const centre = (receptiveField - 1) / 2;
  let positions = new Set([0]);
  const lines = rates.toReversed().map((rate, fromLast) => {
    const next = new Set<number>();
    for (const position of positions) {
      for (let tap = 0; tap < kernelSize; tap++) next.add(position + (tap - (kernelSize - 1) / 2) * rate);
    }
    positions = next;
    const row = Array.from({ length: receptiveField }, (_, place) =>
      positions.has(place - centre)
        ? read
        : Math.abs(place - centre) <= reach(rates, kernelSize, fromLast)
          ? unread
          : ' ',
    );
    return `${label(rates, rates.length - 1 - fromLast).padEnd(labelWidth)}  ${row.join('').trimEnd()}`;
  });
  return [
    ...lines,
    `${'paths'.padEnd(labelWidth)}  ${paths.map((count) => (count > 9 ? '+' : `${count}`)).join('')}`,
  ];
}

/** How far from the centre the last layers see. */
function reach(rates: readonly number[], kernelSize: number, fromLast: number): number {
  const last = rates.slice(rates.length - 1 - fromLast);
  return ((kernelSize - 1) / 2) * last.reduce((sum, rate) => sum + rate, 0);
}

function label(rates: readonly number[], layer: number): string {
  const last = rates.slice(layer);
  return last.length === 1 ? `through rate ${last[0]}` : `through ${last.join(', ')}`;
}
