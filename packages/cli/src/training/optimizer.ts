import { optim, type Tensor } from 'tenfold';
import type { LearningOptions } from './train-options.js';

/** The optimizer that the options ask for, over the parameters that are to be trained. */
export function makeOptimizer(options: LearningOptions, parameters: readonly Tensor[]): optim.Optimizer {
  const { lr, momentum, weightDecay } = options;
  switch (options.optimizer) {
    case 'sgd':
      return optim.sgd(parameters, { lr, momentum, nesterov: momentum > 0, weightDecay });
    case 'adam':
      return optim.adam(parameters, { lr, weightDecay });
    case 'adamw':
      return optim.adamw(parameters, { lr, weightDecay });
    case 'rmsprop':
      return optim.rmsprop(parameters, { lr, momentum, weightDecay });
  }
}

/** The learning rate as a function of the step, counted from 0 over all epochs. */
export function makeSchedule(options: LearningOptions, stepsPerEpoch: number): optim.Schedule {
  const { lr, epochs } = options;
  const totalSteps = epochs * stepsPerEpoch;
  if (options.schedule === 'onecycle') return optim.oneCycle({ maxLr: lr, totalSteps });
  const steps = Math.min(Math.round(options.warmUp * stepsPerEpoch), totalSteps - 1);
  return optim.warmUp({ steps }, afterWarmUp(options, totalSteps - steps));
}

function afterWarmUp({ schedule, lr }: LearningOptions, totalSteps: number): optim.Schedule {
  switch (schedule) {
    case 'cosine':
      return optim.cosine({ lr, totalSteps });
    case 'step':
      return optim.step({ lr, stepSize: Math.ceil(totalSteps / 3), gamma: 0.1 });
    default:
      return optim.constant({ lr });
  }
}
