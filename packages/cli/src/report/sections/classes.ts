import { type ClassAccuracy, drawClassAccuracy } from '../charts/class-accuracy.js';
import { className, weakestFirst, wilsonInterval } from '../findings.js';
import { html, type Markup } from '../markup.js';
import { count, percent, whole } from '../numbers.js';
import type { RunRecord, TestResult } from '../run-record.js';
import { scrollBox } from './scroll-box.js';

// More would make a chart longer than a page.
const mostDots = 30;
const dotsOfEachEnd = 15;

export async function classes(record: RunRecord): Promise<Markup> {
  const { test } = record;
  if (!test) return html``;
  const order = weakestFirst(test);
  const dots = order
    .filter((index) => test.perClass[index]!.images > 0)
    .map((index) => dot(record, test, index));
  const table = numbers(record, test, order);
  const largest = Math.max(...test.perClass.map(({ images }) => images)) / test.images;
  return html`<section aria-labelledby="classes">
<h2 id="classes">Accuracy by class</h2>
<p class="note">The lines are 95 % confidence intervals. Always naming the largest class would get
${percent(largest)} of the test images right.</p>
${dots.length > mostDots ? await bothEnds(dots, table) : await all(dots, table)}
</section>`;
}

async function all(dots: readonly ClassAccuracy[], table: Markup): Promise<Markup> {
  return html`<div class="charts">${await figure('Weakest first', dots, dots)}${table}</div>`;
}

async function bothEnds(dots: readonly ClassAccuracy[], table: Markup): Promise<Markup> {
  const [weakest, strongest] = [dots.slice(0, dotsOfEachEnd), dots.slice(-dotsOfEachEnd)];
  const shown = [...weakest, ...strongest];
  const classes = count(dots.length, 'class', 'classes');
  return html`<div class="charts">
${await figure(`The ${dotsOfEachEnd} weakest of ${classes}`, weakest, shown)}
${await figure(`The ${dotsOfEachEnd} strongest of ${classes}`, strongest, shown)}
</div>
<details><summary>${classes} in numbers</summary>${table}</details>`;
}

/** @param shown All dots that share the axis. */
async function figure(
  words: string,
  dots: readonly ClassAccuracy[],
  shown: readonly ClassAccuracy[],
): Promise<Markup> {
  const domain = {
    low: Math.min(...shown.map(({ interval }) => interval.low)),
    high: Math.max(...shown.map(({ interval }) => interval.high)),
  };
  const chart = await drawClassAccuracy(dots, domain, `Accuracy by class. ${words}. ${inWords(dots)}`);
  return html`<figure><figcaption>${words}</figcaption>${chart}</figure>`;
}

function dot(record: RunRecord, { perClass }: TestResult, index: number): ClassAccuracy {
  const { images, correct } = perClass[index]!;
  const [name, accuracy] = [className(record, index), correct / images];
  const text = `${name}: ${percent(accuracy)}, ${whole(correct)} of ${count(images, 'image')}`;
  return { name, accuracy, interval: wilsonInterval(correct, images), text };
}

function inWords(dots: readonly ClassAccuracy[]): string {
  const [first, last] = [dots[0], dots.at(-1)];
  if (!first || !last) return '';
  return `From ${first.name} with ${percent(first.accuracy)} to ${last.name} with ${percent(last.accuracy)}.`;
}

function numbers(record: RunRecord, test: TestResult, order: readonly number[]): Markup {
  const rows = order.map((index) => {
    const { images, correct, accuracy } = test.perClass[index]!;
    return html`<tr><th scope="row" class="name">${className(record, index)}</th><td>${whole(images)}</td>
<td>${whole(correct)}</td><td>${percent(accuracy)}</td></tr>
`;
  });
  return scrollBox(
    'Table of classes',
    html`<table class="numbers"><thead><tr><th scope="col" class="name">class</th><th scope="col">images</th>
<th scope="col">right</th><th scope="col">accuracy</th></tr></thead>
<tbody>${rows}</tbody></table>`,
  );
}
