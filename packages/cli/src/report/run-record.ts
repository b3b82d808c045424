/**
 * What a training run leaves behind in `run.json`: everything that its report says, and nothing that has to be
 * computed again. Fractions are from 0 to 1, times are in seconds.
 */
export interface RunRecord {
  readonly format: typeof runRecordFormat;
  readonly formatVersion: typeof runRecordVersion;
  /** The command, quoted so that it can be pasted into a shell: `tenfold train --epochs 4`. */
  readonly command: string;
  readonly status: RunStatus;
  /** Why the run failed, in one sentence. */
  readonly failure?: string;
  /** When the run began, ISO 8601. */
  readonly date: string;
  /** How long it took, with earlier parts of a resumed run. */
  readonly seconds: number;
  /** Of tenfold, node and others, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: Machine;
  /** Every option with the value that it had, defaults included, by its long name without dashes. */
  readonly options: Readonly<Record<string, OptionValue>>;
  readonly data: DataSummary;
  readonly model: ModelSummary;
  /** Finished epochs in order; those before a resumption included. */
  readonly history: readonly EpochRecord[];
  /** The epoch whose weights were tested, counted from 1. */
  readonly bestEpoch?: number;
  readonly resumed?: Resumption;
  /** Missing until the run is over. */
  readonly test?: TestResult;
  /** The most confident wrong answers on the test images, worst first. */
  readonly mistakes: readonly Mistake[];
  /** Where the weights are. */
  readonly checkpoints: { readonly best?: string; readonly last?: string };
}

export const runRecordFormat = 'tenfold-run';
export const runRecordVersion = 1;

/** `running` is what a run that was killed leaves behind. */
export type RunStatus = 'running' | 'finished' | 'interrupted' | 'failed';

export type OptionValue = string | number | boolean | null | readonly (string | number)[];

export interface Machine {
  /** The processor's name. */
  readonly cpu: string;
  readonly cores: number;
  /** How many threads computed. */
  readonly threads: number;
  readonly memoryBytes: number;
  /** Operating system and architecture, `linux x64`. */
  readonly platform: string;
  /** The library's own line about its device. */
  readonly device: string;
}

export interface DataSummary {
  readonly name: string;
  /** How many images of each kind. */
  readonly training: number;
  readonly validation: number;
  readonly test: number;
  readonly image: { readonly height: number; readonly width: number; readonly channels: number };
  /** The classes' names, in the order of their numbers. */
  readonly classes: readonly string[];
  /** One number per channel, on a scale from 0 to 1. */
  readonly normalisation: { readonly mean: readonly number[]; readonly std: readonly number[] };
  /** Each step in words, `shift by up to 2 pixels`; empty for none. */
  readonly augmentation: readonly string[];
}

export interface ModelSummary {
  readonly name: string;
  /** In the order of the forward pass, for a batch of one image. */
  readonly layers: readonly LayerSummary[];
  readonly parameters: number;
  readonly multiplyAccumulates: number;
}

export interface LayerSummary {
  /** Its name in the model, `layer1.0.conv1`. */
  readonly name?: string;
  readonly operator: string;
  /** What is worth knowing about its options, `3x3, stride 2, 32 to 64`. */
  readonly detail?: string;
  /** [N, H, W, C] or [N, C]. */
  readonly outputShape: readonly number[];
  readonly parameters: number;
  readonly multiplyAccumulates: number;
}

export interface EpochRecord {
  /** Counted from 1. */
  readonly epoch: number;
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  /** Missing when nothing was held back for validation. */
  readonly validationLoss?: number;
  readonly validationAccuracy?: number;
  /** The learning rate of the epoch's last step. */
  readonly lr: number;
  readonly imagesPerSecond: number;
  readonly seconds: number;
}

export interface Resumption {
  /** The file that the run continued from. */
  readonly checkpoint: string;
  /** The last epoch that was finished before. */
  readonly epoch: number;
}

export interface TestResult {
  readonly images: number;
  readonly accuracy: number;
  readonly loss: number;
  /** Rows are the true class, columns the predicted one; each cell counts images. */
  readonly confusion: readonly (readonly number[])[];
  /** In the order of the classes. */
  readonly perClass: readonly ClassResult[];
}

export interface ClassResult {
  readonly images: number;
  readonly correct: number;
  /** Null for a class without test images. */
  readonly accuracy: number | null;
}

export interface Mistake {
  /** A PNG as a `data:image/png;base64,` URL. */
  readonly image: string;
  /** Which of the test images it is, counted from 0. */
  readonly index: number;
  readonly trueClass: string;
  readonly predictedClass: string;
  /** What the network gave the predicted class. */
  readonly probability: number;
  /** What it gave the true one. */
  readonly trueProbability?: number;
}

/** Everything about a test that follows from its confusion matrix. */
export function testResult(confusion: readonly (readonly number[])[], loss: number): TestResult {
  const perClass = confusion.map((row, index) => {
    const images = row.reduce((sum, count) => sum + count, 0);
    const correct = row[index]!;
    return { images, correct, accuracy: images === 0 ? null : correct / images };
  });
  const images = perClass.reduce((sum, { images }) => sum + images, 0);
  const correct = perClass.reduce((sum, { correct }) => sum + correct, 0);
  return { images, accuracy: correct / images, loss, confusion, perClass };
}
