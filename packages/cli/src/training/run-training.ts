import { openCheckpoint, TenfoldError } from 'tenfold';
import type { Part } from '../data/index.js';
import { type Evaluation, evaluate } from '../evaluation/evaluate.js';
import { Interrupted } from '../interrupt.js';
import type { Progress } from '../progress.js';
import type { EpochRecord, RunRecord } from '../report/run-record.js';
import { runFiles, saveBest, saveLast } from './checkpoints.js';
import { Diverged } from './divergence.js';
import { type Outcome, runRecord, type Session, writeRunRecord } from './record.js';
import { trainEpoch } from './train-epoch.js';
import type { Training } from './training.js';
import { averages, closeEpoch, type TrainingState } from './training-state.js';

/** A training run: its epochs, then the test, and the files that it leaves on the way. */
export class TrainingRun {
  readonly files: ReturnType<typeof runFiles>;
  readonly #training: Training;
  readonly #state: TrainingState;
  readonly #session: Session;
  readonly #progress: Progress;
  readonly #begun: number;

  constructor(training: Training, state: TrainingState, session: Session, progress: Progress) {
    this.files = runFiles(session.options.out);
    this.#training = training;
    this.#state = state;
    this.#session = session;
    this.#progress = progress;
    this.#begun = performance.now() - 1000 * state.seconds;
  }

  /**
   * Trains what is left to train, and tests the best weights.
   *
   * @param onReady Called when the run is saved for the first time: from then on it can be resumed.
   * @throws Interrupted after the signal, when all is saved; Diverged if the numbers run out of range.
   */
  async run(onReady: () => void): Promise<RunRecord> {
    try {
      // What lay here before is another run's; --resume must not take it for this one's.
      await this.#saveLast();
      await this.#writeRecord({ status: 'running' });
      onReady();
      while (this.#state.epoch <= this.#training.options.epochs) await this.#epoch();
      const { seconds } = this.#state;
      const test = await this.#test();
      this.#progress.done({ testAccuracy: test.accuracy, seconds, checkpoint: this.files.best });
      return await this.#writeRecord({ status: 'finished', test });
    } catch (error) {
      throw await this.#conclude(error);
    }
  }

  async #epoch(): Promise<void> {
    const { loader, data } = this.#training;
    const state = this.#state;
    this.#progress.startEpoch(state.epoch, loader.stepsPerEpoch, state.step);
    await trainEpoch(this.#training, state, () => this.#afterStep());
    const validation = data.validation && (await this.#validate(data.validation));
    const record = this.#epochRecord(validation);
    closeEpoch(state, record);
    const accuracy = validation?.accuracy ?? 0;
    if (state.best === undefined || validation === undefined || accuracy > state.best.accuracy) {
      state.best = { epoch: record.epoch, accuracy };
      await saveBest(this.files.best, this.#training, state);
    }
    await this.#saveLast();
    await this.#writeRecord({ status: 'running' });
    this.#progress.endEpoch(record);
  }

  async #afterStep(): Promise<void> {
    this.#progress.step(averages(this.#state));
    const { checkpointEvery } = this.#state;
    if (checkpointEvery === undefined) return;
    if (this.#training.optimizer.steps % checkpointEvery === 0) await this.#saveLast();
  }

  /** Measures the weights that would be saved as the best: the averaged ones, if there are any. */
  async #validate(part: Part): Promise<Evaluation> {
    const { model, average, data, signal } = this.#training;
    const measure = () =>
      evaluate({ model, part, normalisation: data.normalisation, classes: data.classNames.length, signal });
    return average === undefined ? measure() : average.apply(measure);
  }

  async #test(): Promise<Evaluation> {
    const { data, signal } = this.#training;
    const { model, classNames } = await openCheckpoint(this.files.best);
    try {
      const { normalisation } = data;
      return await evaluate({ model, part: data.test, normalisation, classes: classNames.length, signal });
    } finally {
      model.dispose();
    }
  }

  #epochRecord(validation: Evaluation | undefined): EpochRecord {
    const { schedule, loader } = this.#training;
    const { epoch, stepSeconds } = this.#state;
    const { loss, accuracy, imagesPerSecond } = averages(this.#state);
    return {
      epoch,
      trainLoss: loss,
      trainAccuracy: accuracy,
      ...(validation && { validationLoss: validation.loss, validationAccuracy: validation.accuracy }),
      lr: schedule(epoch * loader.stepsPerEpoch - 1),
      imagesPerSecond,
      seconds: stepSeconds,
    };
  }

  /** Saves all that it takes to go on. */
  async #saveLast(): Promise<void> {
    this.#state.seconds = (performance.now() - this.#begun) / 1000;
    await saveLast(this.files.last, this.#training, this.#state);
  }

  async #writeRecord(outcome: Outcome): Promise<RunRecord> {
    const { best, last, record: file } = this.files;
    const checkpoints = this.#state.best === undefined ? { last } : { best, last };
    const record = runRecord(this.#training, this.#state, this.#session, outcome, checkpoints);
    await writeRunRecord(file, record);
    return record;
  }

  /** Saves what can be saved, and returns the error that says what became of the run. */
  async #conclude(error: unknown): Promise<unknown> {
    if (error instanceof Interrupted) {
      await this.#saveLast();
      await this.#writeRecord({ status: 'interrupted' });
      return new Interrupted(`interrupted ${this.#where()}; go on with: ${this.#session.resumeCommand}`);
    }
    const failure = error instanceof Diverged ? this.#withLastGood(error) : error;
    if (failure instanceof TenfoldError) {
      // The failure itself is what a person must hear of, even if the disk is full as well.
      await this.#writeRecord({ status: 'failed', failure: failure.message }).catch(() => {});
    }
    return failure;
  }

  #where(): string {
    const { epoch, step, options } = this.#state;
    if (epoch > options.epochs) return 'before the test was done';
    return `in epoch ${epoch} of ${options.epochs}, after step ${step} of ${this.#training.loader.stepsPerEpoch}`;
  }

  #withLastGood({ message, details }: Diverged): Diverged {
    return new Diverged(
      `${message.replace(/\.$/, '')}; the last good checkpoint is ${this.files.last}.`,
      details,
    );
  }
}
