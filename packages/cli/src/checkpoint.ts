import { type nn, readSafetensors, TenfoldError, writeSafetensors } from 'tenfold';
import type { Normalisation } from './data/index.js';
import { version } from './version.js';

/** What a checkpoint says about its weights. */
export interface CheckpointFacts {
  /** The model's name, `mnistNet`. */
  readonly model: string;
  /** The epoch that the weights come from, counted from 1. */
  readonly epoch: number;
  readonly seed: number;
  readonly normalisation: Normalisation;
  readonly classes: number;
  /** Missing when the epoch was cut short. */
  readonly validationAccuracy?: number;
}

/** Writes the model's weights to a safetensors file, which is replaced whole or not at all. */
export async function saveCheckpoint(file: string, model: nn.Module, facts: CheckpointFacts): Promise<void> {
  const metadata = Object.entries({ ...facts, tenfold: version }).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  await writeSafetensors(file, await model.stateDict(), Object.fromEntries(metadata));
}

/** Reads a checkpoint's weights into `model`; one of another model is refused. */
export async function loadCheckpoint(file: string, model: nn.Module, name: string): Promise<void> {
  const { tensors, metadata } = await readSafetensors(file);
  const found = metadata.get('model') ?? 'an unknown model';
  if (found !== name) {
    throw new TenfoldError(`${file} holds the weights of ${found}, which do not fit ${name}.`, {
      file,
      got: found,
      expected: name,
    });
  }
  await model.loadStateDict(tensors);
}
