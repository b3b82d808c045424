export type { ParameterGroup, ParameterList } from './_parameter-groups.js';
export { Adam, type AdamOptions, adam } from './adam.js';
export { AdamW, type AdamWOptions, adamw } from './adamw.js';
export { clipGradNorm } from './clip-grad-norm.js';
export {
  ExponentialMovingAverage,
  type ExponentialMovingAverageOptions,
  exponentialMovingAverage,
} from './exponential-moving-average.js';
export type { Optimizer } from './optimizer.js';
export { type Prediction, predict } from './predict.js';
export { RMSprop, type RMSpropOptions, rmsprop } from './rmsprop.js';
export {
  type CosineOptions,
  constant,
  cosine,
  type MultiStepOptions,
  multiStep,
  type OneCycleOptions,
  oneCycle,
  type Schedule,
  type StepOptions,
  step,
  type WarmUpOptions,
  warmUp,
} from './schedules.js';
export { SGD, type SGDOptions, sgd } from './sgd.js';
export { type StepResult, type StepValues, type TrainStepOptions, trainStep } from './train-step.js';
