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
