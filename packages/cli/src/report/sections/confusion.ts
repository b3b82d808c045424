import { type ConfusedPair, className, confusedPairs } from '../findings.js';
import { html, type Markup } from '../markup.js';
import { count, percent, whole } from '../numbers.js';
import type { RunRecord } from '../run-record.js';
import { heatMap, numberedMatrix } from './confusion-matrix.js';
import { scrollBox } from './scroll-box.js';

// With more classes the numbers would no longer be readable.
const mostNumberedClasses = 20;
const mostPairs = 12;

export async function confusion(record: RunRecord): Promise<Markup> {
  const { test } = record;
  if (!test) return html``;
  const pairs = confusedPairs(test);
  const few = test.confusion.length <= mostNumberedClasses;
  const matrix = few ? numberedMatrix(record, test, pairs) : await heatMap(record, test, pairs);
  return html`<section aria-labelledby="confusion">
<h2 id="confusion">Confusion matrix</h2>
<p class="note">Each row holds the images of one true class, each column those that the network gave one name. Blue is
right, orange is wrong; the stronger the colour, the larger the share of the row.</p>
<div class="${few ? 'beside' : 'below'}">
${matrix}
<div>${mostConfused(record, pairs)}</div>
</div>
</section>`;
}

function mostConfused(record: RunRecord, pairs: readonly ConfusedPair[]): Markup {
  if (pairs.length === 0) return html`<p>No image was taken for one of another class.</p>`;
  const shown = pairs.slice(0, mostPairs);
  const others = pairs.length - shown.length;
  const rows = shown.map(
    ({ trueClass, predictedClass, images, share }) => html`<tr>
<th scope="row" class="name">${className(record, trueClass)}</th>
<td class="name">${className(record, predictedClass)}</td><td>${whole(images)}</td><td>${percent(share)}</td></tr>
`,
  );
  const table = html`<table class="numbers"><caption>Most frequent mistakes</caption>
<thead><tr><th scope="col" class="name">true class</th><th scope="col" class="name">taken for</th>
<th scope="col">images</th><th scope="col">of the class</th></tr></thead>
<tbody>${rows}</tbody></table>`;
  return html`${scrollBox('Table of the most frequent mistakes', table)}
${others > 0 && html`<p class="note">And ${count(others, 'rarer pair')}.</p>`}`;
}
