export { clipGradNorm } from './clip-grad-norm.js';
export type { Optimizer, ParameterGroup } from './optimizer.js';
export { type Prediction, predict } from './predict.js';
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
