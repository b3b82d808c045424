import { type CurvePoint, drawLearningCurve, type Series } from '../charts/learning-curve.js';
import { decidingEpoch } from '../findings.js';
import { type Content, html, type Markup } from '../markup.js';
import { count, duration, loss, percent, short, whole } from '../numbers.js';
import type { EpochRecord, RunRecord } from '../run-record.js';
import { scrollBox } from './scroll-box.js';

type Pick = (epoch: EpochRecord) => number | undefined;

export async function curves(record: RunRecord): Promise<Markup> {
  const { history } = record;
  if (history.length === 0) return html``;
  return html`<section aria-labelledby="curves">
<h2 id="curves">How it learned</h2>
${history.length > 1 ? [note(record), await charts(record), details(record)] : table(record)}
</section>`;
}

function note({ bestEpoch, data }: RunRecord): Content {
  if (bestEpoch === undefined) return '';
  const reason = data.validation > 0 ? ', the best on the validation images' : '';
  return html`<p class="note">The dotted line marks epoch ${bestEpoch}${reason}; its weights are the result.</p>
`;
}

async function charts(record: RunRecord): Promise<Markup> {
  const { history, bestEpoch } = record;
  return html`<div class="charts">${[
    await figure('Loss', lossInWords(history), {
      quantity: 'cross-entropy (nats)',
      format: '~g',
      fromZero: true,
      mayBeLogarithmic: true,
      bestEpoch,
      points: [
        ...points(history, 'training', ({ trainLoss }) => trainLoss, loss),
        ...points(history, 'validation', ({ validationLoss }) => validationLoss, loss),
      ],
    }),
    await figure('Accuracy', accuracyInWords(record), {
      quantity: 'accuracy (%)',
      format: '.2~f',
      fromZero: false,
      bestEpoch,
      points: [
        ...points(history, 'training', ({ trainAccuracy }) => trainAccuracy, percent, 100),
        ...points(history, 'validation', ({ validationAccuracy }) => validationAccuracy, percent, 100),
      ],
    }),
    await figure('Learning rate', 'Of the last step of each epoch.', {
      quantity: 'learning rate',
      format: '~g',
      fromZero: true,
      points: points(history, 'run', ({ lr }) => lr, short),
    }),
    await figure('Speed', 'Training images per second, all threads together.', {
      quantity: 'images per second',
      format: ',~r',
      fromZero: true,
      points: points(history, 'run', ({ imagesPerSecond }) => imagesPerSecond, whole),
    }),
  ]}</div>`;
}

async function figure(
  name: string,
  words: string,
  curve: Omit<Parameters<typeof drawLearningCurve>[0], 'description'>,
): Promise<Markup> {
  const chart = await drawLearningCurve({ ...curve, description: `${name} by epoch. ${words}` });
  return html`<figure><figcaption><strong>${name}</strong> ${words}</figcaption>${chart}</figure>`;
}

function points(
  history: readonly EpochRecord[],
  series: Series,
  pick: Pick,
  format: (value: number) => string,
  scale = 1,
): CurvePoint[] {
  return history.flatMap((record) => {
    const value = pick(record);
    if (value === undefined || value === null) return [];
    const kind = series === 'run' ? '' : `${series}: `;
    return [
      {
        epoch: record.epoch,
        series,
        value: scale * value,
        text: `epoch ${record.epoch}, ${kind}${format(value)}`,
      },
    ];
  });
}

function lossInWords(history: readonly EpochRecord[]): string {
  const [first, last] = [history[0]!, history.at(-1)!];
  const training = `On the training images from ${loss(first.trainLoss)} to ${loss(last.trainLoss)}`;
  const validated = history.filter(({ validationLoss }) => validationLoss !== undefined);
  if (validated.length === 0) return `${training}.`;
  const lowest = validated.reduce((best, epoch) =>
    epoch.validationLoss! < best.validationLoss! ? epoch : best,
  );
  return `${training}; on the validation images lowest in epoch ${lowest.epoch}, ${loss(lowest.validationLoss)}.`;
}

function accuracyInWords(record: RunRecord): string {
  const epoch = decidingEpoch(record)!;
  const training = `Epoch ${epoch.epoch}: ${percent(epoch.trainAccuracy)} of the training images`;
  if (epoch.validationAccuracy === undefined) return `${training}.`;
  return `${training}, ${percent(epoch.validationAccuracy)} of the validation images.`;
}

function details(record: RunRecord): Markup {
  const epochs = count(record.history.length, 'epoch');
  return html`<details><summary>${epochs} in numbers</summary>${table(record)}</details>`;
}

function table({ history, bestEpoch }: RunRecord): Markup {
  const rows = history.map(
    (epoch) => html`<tr${epoch.epoch === bestEpoch && html` class="best"`}><th scope="row">${epoch.epoch}</th>
<td>${loss(epoch.trainLoss)}</td><td>${percent(epoch.trainAccuracy)}</td><td>${loss(epoch.validationLoss)}</td>
<td>${percent(epoch.validationAccuracy)}</td><td>${short(epoch.lr)}</td><td>${whole(epoch.imagesPerSecond)}</td>
<td>${duration(epoch.seconds)}</td></tr>
`,
  );
  return scrollBox(
    'Table of epochs',
    html`<table class="numbers"><thead><tr><th scope="col">epoch</th><th scope="col">training loss</th>
<th scope="col">training accuracy</th><th scope="col">validation loss</th><th scope="col">validation accuracy</th>
<th scope="col">learning rate</th><th scope="col">images/s</th><th scope="col">time</th></tr></thead>
<tbody>${rows}</tbody></table>`,
  );
}
