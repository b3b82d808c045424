import { crossEntropy, tensor, trainStep } from 'tenfold';
import type { Batch } from '../data/index.js';
import { countCorrect } from '../evaluation/scores.js';
import { explainDivergence } from './divergence.js';
import type { Training } from './training.js';
import type { TrainingState } from './training-state.js';

/**
 * Trains until the epoch in work is done: the network sees each training image once, but for those that do not fill a
 * batch. After each step `state` is what a resumed run needs, and `afterStep`, which may save it, has its turn.
 */
export async function trainEpoch(
  training: Training,
  state: TrainingState,
  afterStep: () => void | Promise<void>,
): Promise<void> {
  const { optimizer, average, loader, schedule, options, freezing, signal } = training;
  freezing.train();
  let begun = performance.now();
  for await (const batch of loader.epoch(state.epoch, state.step)) {
    optimizer.lr = schedule(optimizer.steps);
    const { loss, logits } = await step(training, batch);
    average?.update();
    state.step++;
    state.lossSum += loss;
    state.correct += countCorrect(logits, batch.labels);
    state.stepSeconds += (performance.now() - begun) / 1000;
    await afterStep();
    signal.throwIfAborted();
    begun = performance.now();
  }

  async function step({ model }: Training, { images, labels, shape }: Batch) {
    const { labelSmoothing, clip, seed } = options;
    const forward = () => {
      const logits = model.forward(tensor(images, shape));
      return { loss: crossEntropy(logits, tensor(labels, [labels.length]), { labelSmoothing }), logits };
    };
    try {
      const clipping = clip === undefined ? {} : { clipGradNorm: clip };
      return await trainStep(optimizer, forward, { seed, requireFinite: true, ...clipping });
    } catch (error) {
      throw await explainDivergence(error, training, state, forward);
    }
  }
}
