import { crossEntropy, type nn, predict, softmax, tensor } from 'tenfold';
import { batches, type Normalisation, type Part } from '../data/index.js';
import { requireFiniteScores } from '../training/divergence.js';
import { winners } from './scores.js';

/** What a network makes of labelled images. */
export interface Evaluation {
  readonly images: number;
  readonly accuracy: number;
  /** The mean cross entropy, without label smoothing. */
  readonly loss: number;
  /** Rows are the true class, columns the predicted one; each cell counts images. */
  readonly confusion: readonly (readonly number[])[];
  /** All wrong answers, the most confident one first. */
  readonly mistakes: readonly WrongAnswer[];
}

export interface WrongAnswer {
  /** Which image of its set. */
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  readonly probability: number;
  readonly trueProbability: number;
}

export interface EvaluationOptions {
  readonly model: nn.Module;
  readonly part: Part;
  readonly normalisation: Normalisation;
  readonly classes: number;
  /** Looked at after each batch. */
  readonly signal?: AbortSignal;
}

const batchSize = 500;

/** Shows the network every image of a part as it is. */
export async function evaluate(options: EvaluationOptions): Promise<Evaluation> {
  const { model, part, normalisation, classes, signal } = options;
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const mistakes: WrongAnswer[] = [];
  let lossSum = 0;
  let correct = 0;
  model.eval();
  for (const { images, labels, shape, indices } of batches(part, batchSize, normalisation)) {
    const { loss, logits, probabilities } = await predict(() => {
      const logits = model.forward(tensor(images, shape));
      const loss = crossEntropy(logits, tensor(labels, [labels.length]));
      return { loss, logits, probabilities: softmax(logits) };
    });
    requireFiniteScores(logits);
    lossSum += loss[0]! * labels.length;
    winners(logits, labels.length).forEach((predicted, image) => {
      const label = labels[image]!;
      confusion[label]![predicted]!++;
      if (predicted === label) {
        correct++;
        return;
      }
      const probability = probabilities[image * classes + predicted]!;
      const trueProbability = probabilities[image * classes + label]!;
      mistakes.push({ index: indices[image]!, label, predicted, probability, trueProbability });
    });
    signal?.throwIfAborted();
  }
  const { length } = part.indices;
  mistakes.sort((a, b) => b.probability - a.probability || a.index - b.index);
  return { images: length, accuracy: correct / length, loss: lossSum / length, confusion, mistakes };
}
