export { readFile, writeFileAtomic } from '#platform';
export * as analysis from './analysis/index.js';
export {
  type AppliedOperator,
  cost,
  type FirstNonFiniteOptions,
  firstNonFinite,
  type Inspection,
  inspect,
  type NetworkCost,
  type NonFinite,
} from './analysis/index.js';
export * as blocks from './blocks/index.js';
export * from './blocks/index.js';
export * from './checkpoint/index.js';
export { currentDevice, onDevice } from './device/current.js';
export type { Device, DType, Operand, Spec, TypedArray } from './device/device.js';
export { meta } from './device/meta.js';
export type { WasmDevice } from './device/wasm/device.js';
export { type StartOptions, start, stop } from './device/wasm/start.js';
export * from './errors.js';
export * from './formats/safetensors.js';
export * from './formats/torch-file.js';
export * as models from './models/index.js';
export * as nn from './nn/index.js';
export * from './nn/index.js';
export * from './ops/index.js';
export * as optim from './optim/index.js';
export { predict, trainStep } from './optim/index.js';
export type { FileSource } from './platform/platform.js';
export { cosPi } from './tensor/elementary.js';
export {
  type PhiloxKey,
  permutation,
  philox,
  philoxKey,
  type RandomKey,
  uniform,
} from './tensor/random.js';
export { keep, scope } from './tensor/scope.js';
export { noGrad } from './tensor/tape.js';
export { full, Tensor, type TensorOptions, tensor, zeros } from './tensor/tensor.js';
