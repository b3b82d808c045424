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
import { batches, type Normalisation } from './data/batches.js';
import type { ImageSet } from './data/mnist.js';
import { shuffled } from './data/split.js';
import type { StepReport } from './progress.js';

/** A network in training, and what it learns from. */
export interface Training {
  readonly model: nn.Module;
  readonly optimizer: optim.Optimizer;
  readonly schedule: (step: number) => number;
  readonly set: ImageSet;
  readonly indices: Int32Array;
  readonly normalisation: Normalisation;
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
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
  const { model, optimizer, schedule, batchSize, stepsPerEpoch } = training;
  const order = shuffled(training.indices, training.seed, epoch).subarray(0, stepsPerEpoch * batchSize);
  const started = performance.now();
  let report: StepReport = { step: 0, loss: 0, accuracy: 0, imagesPerSecond: 0 };
  let lossSum = 0;
  let correct = 0;
  model.train();
  for (const { images, labels, shape } of batches(training.set, order, batchSize, training.normalisation)) {
    optimizer.lr = schedule((epoch - 1) * stepsPerEpoch + report.step);
    const forward = () => {
      const logits = model.forward(tensor(images, shape));
      return { loss: crossEntropy(logits, tensor(labels, [labels.length])), logits };
    };
    const { loss, logits } = await trainStep(optimizer, forward, { seed: training.seed });
    const step = report.step + 1;
    if (!Number.isFinite(loss)) throw diverged(`the loss became ${loss} in epoch ${epoch}, step ${step}`);
    lossSum += loss;
    correct += countCorrect(logits, labels);
    const seen = step * batchSize;
    const imagesPerSecond = (1000 * seen) / (performance.now() - started);
    report = { step, loss: lossSum / step, accuracy: correct / seen, imagesPerSecond };
    onStep(report);
    training.signal.throwIfAborted();
  }
  return report;
}

/** The fraction of images that the network gets right. */
export async function evaluate(
  { model, normalisation, signal }: Training,
  set: ImageSet,
  indices: Int32Array,
): Promise<number> {
  let correct = 0;
  model.eval();
  for (const { images, labels, shape } of batches(set, indices, evaluationBatchSize, normalisation)) {
    const scores = await predict(() => model.forward(tensor(images, shape)));
    if (!scores.every(Number.isFinite)) throw diverged('the scores of the network are no longer finite');
    correct += countCorrect(scores, labels);
    signal.throwIfAborted();
  }
  return correct / indices.length;
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
