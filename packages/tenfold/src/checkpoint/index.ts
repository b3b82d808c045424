export {
  type Checkpoint,
  checkpointFormat,
  type Preprocessing,
  readCheckpoint,
  writeCheckpoint,
} from './checkpoint-file.js';
export { type OpenedCheckpoint, openCheckpoint } from './open-checkpoint.js';
