/** From a file to a network that is ready to predict. */

import { onDevice } from '../device/current.js';
import { meta } from '../device/meta.js';
import { FormatError, OptionError, StateDictError } from '../errors.js';
import { create } from '../models/index.js';
import { skipInit } from '../nn/init.js';
import type { Module } from '../nn/module.js';
import { type FileSource, fileName } from '../platform/platform.js';
import { type Checkpoint, predictionWeights, readCheckpoint } from './checkpoint-file.js';

/** A network, and what was written down with it; `model` is ready to predict. */
export interface OpenedCheckpoint extends Omit<Checkpoint, 'model'> {
  readonly model: Module;
  readonly modelName: string;
}

/**
 * Builds the network of a checkpoint and gives it the checkpoint's weights: the averaged ones, if there are any. It is
 * in evaluation mode.
 *
 * @throws FileError if the file cannot be read; FormatError if it is no checkpoint, if its network is unknown here, or
 *   if its weights are not those of its network.
 */
export async function openCheckpoint(source: FileSource): Promise<OpenedCheckpoint> {
  const { model: modelName, ...checkpoint } = await readCheckpoint(source);
  const file = fileName(source);
  const { modelOptions, classNames } = checkpoint;
  const build = () => create(modelName, modelOptions);
  const state = predictionWeights(checkpoint);
  // On the meta device first, where a network of any size takes no memory: the file may claim one that it does not hold.
  explaining(file, () => onDevice(meta, build).loadStateDict(state));
  if (modelOptions.numClasses !== classNames.length) {
    throw new FormatError(
      `${file} names ${classNames.length} classes, but its network has ${modelOptions.numClasses}`,
      { source: file, rule: 'classNames', got: classNames.length, expected: modelOptions.numClasses },
    );
  }
  const model = skipInit(build).eval();
  model.loadStateDict(state);
  return { ...checkpoint, modelName, model };
}

function explaining(file: string, body: () => void): void {
  try {
    body();
  } catch (error) {
    if (!(error instanceof OptionError || error instanceof StateDictError)) throw error;
    throw new FormatError(`${file} holds no network that can be built here: ${error.message}`, {
      source: file,
      ...error.details,
    });
  }
}
