export { type Connectivity, connectivity } from './connectivity.js';
export { type AppliedOperator, cost, type NetworkCost } from './cost.js';
export { type Coverage, coverage, coverageOfPixel, type PixelCoverage } from './coverage.js';
export {
  type EffectiveReceptiveField,
  type EffectiveReceptiveFieldOptions,
  effectiveReceptiveField,
} from './effective-receptive-field.js';
export { type FirstNonFiniteOptions, firstNonFinite, type NonFinite } from './first-non-finite.js';
export { type DilatedChain, dilatedChains } from './gridding.js';
export { type Examination, examine, inspect } from './inspect.js';
export type * from './inspection.js';
export { type LayerTimesOptions, layerTimes } from './layer-times.js';
export { type InferencePeak, inferencePeak, keptForTraining } from './memory.js';
export { type Paths, paths } from './paths.js';
export { type LayerReading, layerReadings } from './reading.js';
export {
  type Box,
  type FieldsOfNetwork,
  type Misalignment,
  type ReceptiveField,
  receptiveFields,
} from './receptive-field.js';
export {
  type Trace,
  type TracedModule,
  type TracedStep,
  type TracedTensor,
  type TraceOptions,
  trace,
} from './trace.js';
