export {
  type Checkpoint,
  checkpointFormat,
  type Preprocessing,
  predictionWeights,
  readCheckpoint,
  serializeCheckpoint,
  writeCheckpoint,
} from './checkpoint-file.js';
export { type OpenedCheckpoint, openCheckpoint } from './open-checkpoint.js';
