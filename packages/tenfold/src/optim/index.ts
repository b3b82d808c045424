export { clipGradNorm } from './clip-grad-norm.js';
export type { Optimizer, ParameterGroup } from './optimizer.js';
export { type Prediction, predict } from './predict.js';
export { type CosineOptions, cosine, type OneCycleOptions, oneCycle, type Schedule } from './schedules.js';
export { SGD, type SGDOptions, sgd } from './sgd.js';
export { type StepResult, type StepValues, type TrainStepOptions, trainStep } from './train-step.js';
