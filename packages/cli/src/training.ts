import {
  crossEntropy,
  type nn,
  type optim,
  predict,
  TenfoldError,
  type TypedArray,
  tensor,
  trainStep,
} from 'tenfold';
import { batches, type Loader, type Normalisation, type Part } from './data/index.js';
import type { StepReport } from './progress.js';

/** A network in training, and what it learns from. */
export interface Training {
  readonly model: nn.Module;
  readonly optimizer: optim.Optimizer;
  readonly schedule: (step: number) => number;
  readonly loader: Loader;
  readonly normalisation: Normalisation;
  readonly seed: number;
  /** Looked at after each step, and after each batch of an evaluation. */
  readonly signal: AbortSignal;
}

const evaluationBatchSize = 500;

/** Shows the network each training image once, but for those that do not fill a batch. */
export async function trainEpoch(
  training: Training,
  epoch: number,
  onStep: (report: StepReport) => void,
): Promise<StepReport> {
  const { model, optimizer, schedule, loader } = training;
  const started = performance.now();
  let report: StepReport = { step: 0, loss: 0, accuracy: 0, imagesPerSecond: 0 };
  let lossSum = 0;
  let correct = 0;
  model.train();
  for await (const { images, labels, shape } of loader.epoch(epoch)) {
    optimizer.lr = schedule((epoch - 1) * loader.stepsPerEpoch + report.step);
    const forward = () => {
      const logits = model.forward(tensor(images, shape));
      return { loss: crossEntropy(logits, tensor(labels, [labels.length])), logits };
    };
    const { loss, logits } = await trainStep(optimizer, forward, { seed: training.seed });
    const step = report.step + 1;
    if (!Number.isFinite(loss)) throw diverged(`the loss became ${loss} in epoch ${epoch}, step ${step}`);
    lossSum += loss;
    correct += countCorrect(logits, labels);
    const seen = step * labels.length;
    const imagesPerSecond = (1000 * seen) / (performance.now() - started);
    report = { step, loss: lossSum / step, accuracy: correct / seen, imagesPerSecond };
    onStep(report);
    training.signal.throwIfAborted();
  }
  return report;
}

/** The fraction of images that the network gets right. */
export async function evaluate({ model, normalisation, signal }: Training, part: Part): Promise<number> {
  let correct = 0;
  model.eval();
  for (const { images, labels, shape } of batches(part, evaluationBatchSize, normalisation)) {
    const scores = await predict(() => model.forward(tensor(images, shape)));
    if (!scores.every(Number.isFinite)) throw diverged('the scores of the network are no longer finite');
    correct += countCorrect(scores, labels);
    signal.throwIfAborted();
  }
  return correct / part.indices.length;
}

function diverged(what: string): TenfoldError {
  return new TenfoldError(`${what}; try a lower --lr (checkpoints of earlier epochs are untouched).`);
}

function countCorrect(scores: TypedArray, labels: Int32Array): number {
  const classes = scores.length / labels.length;
  let correct = 0;
  labels.forEach((label, image) => {
    const row = scores.subarray(image * classes, (image + 1) * classes);
    if (row.indexOf(Math.max(...row)) === label) correct++;
  });
  return correct;
}
