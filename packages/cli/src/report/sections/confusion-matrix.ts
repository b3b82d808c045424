import { drawHeatMap } from '../charts/heat-map.js';
import { type ConfusedPair, className } from '../findings.js';
import { html, type Markup } from '../markup.js';
import { count, percent, whole } from '../numbers.js';
import type { RunRecord, TestResult } from '../run-record.js';
import { scrollBox } from './scroll-box.js';

/** The matrix as a table with its numbers, tinted. */
export function numberedMatrix(record: RunRecord, test: TestResult, pairs: readonly ConfusedPair[]): Markup {
  const tint = strength(test, pairs);
  const names = test.confusion.map((_, index) => className(record, index));
  const turned = names.some((name) => name.length > 4) && html` class="turned"`;
  const header = names.map(
    (name) => html`<th scope="col"${turned} title="${name}"><span>${name}</span></th>`,
  );
  const cell = (images: number, row: number, column: number) => {
    if (images === 0) return html`<td class="none">0</td>`;
    const kind = row === column ? 'right' : 'wrong';
    return html`<td class="${kind}" style="--tint:${(100 * tint(row, column)).toFixed(0)}%">${whole(images)}</td>`;
  };
  const rows = test.confusion.map(
    (counts, row) => html`<tr><th scope="row" title="${names[row]!}"><span>${names[row]!}</span></th>
${counts.map((images, column) => cell(images, row, column))}</tr>
`,
  );
  return scrollBox(
    'Table of the confusion matrix',
    html`<table class="confusion"><caption>Confusion matrix of ${count(test.images, 'test image')}</caption>
<thead><tr><td></td><th scope="colgroup" colspan="${names.length}">predicted class</th></tr>
<tr><th scope="col">true class</th>${header}</tr></thead>
<tbody>${rows}</tbody></table>`,
  );
}

/** The matrix as a picture, for classes too many for numbers. */
export async function heatMap(
  record: RunRecord,
  test: TestResult,
  pairs: readonly ConfusedPair[],
): Promise<Markup> {
  const tint = strength(test, pairs);
  const names = test.confusion.map((_, index) => className(record, index));
  const cells = test.confusion.flatMap((counts, row) =>
    counts.flatMap((images, column) => {
      if (images === 0) return [];
      const share = percent(images / test.perClass[row]!.images);
      const text = `${names[row]}, called ${names[column]}: ${count(images, 'image')} (${share})`;
      return [{ row, column, strength: tint(row, column), text }];
    }),
  );
  const mistakes =
    pairs.length === 0 ? 'Every image is on the diagonal.' : 'A table lists the most frequent mistakes.';
  const chart = await drawHeatMap({
    names,
    cells,
    description: `Confusion matrix of ${whole(names.length)} classes as a heat map. ${mistakes}`,
  });
  return scrollBox('Picture of the confusion matrix', html`<figure class="heat-map">${chart}</figure>`);
}

/** How strongly a cell is tinted, from 0 to 1. Mistakes have their own scale: beside the right answers none would show. */
function strength(test: TestResult, pairs: readonly ConfusedPair[]): (row: number, column: number) => number {
  const worst = Math.max(...pairs.map(({ share }) => share));
  return (row, column) => {
    const share = test.confusion[row]![column]! / test.perClass[row]!.images;
    return row === column ? share : share / worst;
  };
}
