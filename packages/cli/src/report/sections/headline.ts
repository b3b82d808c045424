import { className, confusedPairs, decidingEpoch, weakestFirst, wilsonInterval } from '../findings.js';
import { type Content, html, type Markup } from '../markup.js';
import { compact, count, date, duration, loss, percent, whole } from '../numbers.js';
import type { RunRecord, TestResult } from '../run-record.js';

/** The report's title: what was trained, and how well it went. */
export function title(record: RunRecord): string {
  const accuracy = record.test?.accuracy ?? decidingEpoch(record)?.validationAccuracy;
  const subject = `${record.model.name} on ${record.data.name}`;
  return accuracy === undefined ? subject : `${subject}: ${percent(accuracy)}`;
}

/** The result in words, then in a few figures. */
export function headline(record: RunRecord): Markup {
  return html`<header>
<p class="eyebrow">Training report · ${date(record.date)}</p>
<h1>${verdict(record)}</h1>
${notice(record)}
<p class="lead">${story(record)}</p>
<dl class="figures">${figures(record).map(
    ([term, value, note]) =>
      html`<div><dt>${term}</dt><dd>${value}${note === undefined ? '' : html`<small>${note}</small>`}</dd></div>`,
  )}</dl>
</header>`;
}

function verdict(record: RunRecord): Content {
  const { test, model, data } = record;
  const epoch = decidingEpoch(record);
  if (test)
    return html`${model.name} gets <em>${percent(test.accuracy)}</em> of the ${data.name} test images right`;
  if (!epoch) return html`${model.name} has not finished an epoch on ${data.name}`;
  const measured = epoch.validationAccuracy ?? epoch.trainAccuracy;
  const images = epoch.validationAccuracy === undefined ? 'training' : 'validation';
  return html`${model.name} gets <em>${percent(measured)}</em> of the ${data.name} ${images} images right`;
}

/** What a reader must know before believing the numbers. */
function notice(record: RunRecord): Content {
  const { status, history, options, failure, test } = record;
  if (status === 'finished' && test) return '';
  const planned = typeof options.epochs === 'number' ? options.epochs : history.length;
  const reached = `after ${whole(history.length)} of ${count(planned, 'epoch')}`;
  const ending = {
    finished: `The run ended ${reached}, without a test.`,
    running: `The run had not ended when this was written, ${reached}.`,
    interrupted: `The run was interrupted ${reached}.`,
    failed: `The run failed ${reached}: ${failure ?? 'no reason was recorded.'}`,
  }[status];
  const untested =
    history.length > 0 &&
    !test &&
    ' It has not seen the test images; the numbers are those of the epochs so far.';
  return html`<p class="notice">${ending}${untested}</p>`;
}

function story(record: RunRecord): Content {
  const { test, data, history, bestEpoch, resumed } = record;
  const epochs = count(history.length, 'epoch');
  const took = `which took ${duration(record.seconds)} on ${count(record.machine.threads, 'thread')}`;
  return [
    test && html`${testStory(record, test)} `,
    history.length > 0 && `It learned from ${count(data.training, 'image')} for ${epochs}, ${took}`,
    history.length > 0 &&
      (bestEpoch === undefined ? '. ' : `; the weights are those of epoch ${bestEpoch}. `),
    resumed && `The run continued from ${resumed.checkpoint}, after epoch ${resumed.epoch}.`,
  ];
}

function testStory(record: RunRecord, test: TestResult): Markup {
  const correct = test.perClass.reduce((sum, { correct }) => sum + correct, 0);
  const counted = `${whole(correct)} of ${count(test.images, 'image')} that it had never seen.`;
  const [pair] = confusedPairs(test);
  if (!pair) return html`${counted} It made no mistake.`;
  const name = (index: number) => html`<bdi>${className(record, index)}</bdi>`;
  const weakest = weakestFirst(test)[0]!;
  return html`${counted} The hardest class is ${name(weakest)} (${percent(test.perClass[weakest]!.accuracy)}); the most
frequent mistake takes ${name(pair.trueClass)} for ${name(pair.predictedClass)} (${count(pair.images, 'time')}).`;
}

type Figure = readonly [term: string, value: string, note?: string];

function figures(record: RunRecord): Figure[] {
  const { test, model, machine, seconds, data, history } = record;
  const epoch = decidingEpoch(record);
  const list: Figure[] = [];
  if (test) {
    const correct = test.perClass.reduce((sum, { correct }) => sum + correct, 0);
    const { low, high } = wilsonInterval(correct, test.images);
    list.push(['Test accuracy', percent(test.accuracy), `95 % interval ${percent(low)} to ${percent(high)}`]);
    list.push(['Test loss', loss(test.loss), 'cross-entropy, nats']);
  } else if (epoch) {
    list.push(['Training loss', loss(epoch.trainLoss), `cross-entropy, nats; epoch ${epoch.epoch}`]);
    if (epoch.validationLoss !== undefined) list.push(['Validation loss', loss(epoch.validationLoss)]);
  }
  list.push(['Parameters', compact(model.parameters), 'numbers that it learns']);
  list.push(['Multiply-accumulates', compact(model.multiplyAccumulates), 'for one image']);
  const speed = history.reduce((sum, { imagesPerSecond }) => sum + imagesPerSecond, 0) / history.length;
  const passes = `${count(history.length, 'epoch')} of ${count(data.training, 'image')}`;
  list.push(['Time', duration(seconds), passes]);
  if (history.length > 0)
    list.push(['Speed', `${whole(speed)}/s`, `training images, on ${count(machine.threads, 'thread')}`]);
  return list;
}
