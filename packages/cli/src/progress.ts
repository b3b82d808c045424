import cliProgress from 'cli-progress';
import type { EpochRecord } from './report/run-record.js';

export interface StartReport {
  readonly model: string;
  readonly parameters: number;
  readonly trainedParameters: number;
  /** The library's line about its device. */
  readonly device: string;
  readonly data: string;
  readonly trainingImages: number;
  readonly validationImages: number;
  readonly testImages: number;
  readonly classes: readonly string[];
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** Where the run begins or goes on: in this epoch, counted from 1, after so many of its steps. */
  readonly epoch: number;
  readonly step: number;
  readonly out: string;
}

export interface DoneReport {
  readonly testAccuracy: number;
  /** How long the epochs took, without starting up and loading; those of an interrupted run together. */
  readonly seconds: number;
  readonly checkpoint: string;
}

/** The averages of an epoch so far. */
export interface StepReport {
  readonly step: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly imagesPerSecond: number;
}

/** Shows how training goes: a bar for a person at a terminal, lines for a log, JSON for a program. */
export class Progress {
  readonly #json: boolean;
  readonly #epochs: number;
  // Ctrl-C belongs to the command, which takes the bar down itself.
  readonly #bar = new cliProgress.SingleBar({
    format: 'epoch {epoch} [{bar}] {percentage} %  loss {loss}  accuracy {accuracy}  {speed}',
    stream: process.stderr,
    barsize: 24,
    clearOnComplete: true,
    gracefulExit: false,
  });

  readonly #reading = new cliProgress.SingleBar({
    format: 'reading images [{bar}] {value}/{total}',
    stream: process.stderr,
    barsize: 24,
    clearOnComplete: true,
    gracefulExit: false,
  });

  constructor(options: { json: boolean; epochs: number }) {
    this.#json = options.json;
    this.#epochs = options.epochs;
    // A second Ctrl-C ends the process from anywhere, and the terminal needs its settings back.
    process.once('exit', () => this.stop());
  }

  /** Where lines for people go. */
  get stream(): NodeJS.WriteStream {
    return this.#json ? process.stderr : process.stdout;
  }

  /** A line for people. */
  say(line: string): void {
    this.stream.write(line + '\n');
  }

  /** Image files are being read. */
  reading(done: number, total: number): void {
    if (done === 1) this.#reading.start(total, 0);
    this.#reading.update(done);
    if (done === total) this.#reading.stop();
  }

  start(report: StartReport): void {
    this.#emit('start', report);
    const { model, device, data, trainingImages, validationImages, epoch, step } = report;
    this.say(
      `training ${model} (${device}) on ${trainingImages} images of ${data}, validating on ${validationImages}`,
    );
    if (epoch > 1 || step > 0) this.say(`going on in epoch ${epoch} after step ${step}`);
  }

  startEpoch(epoch: number, steps: number, done: number): void {
    this.#bar.start(steps, done, { epoch: `${epoch}/${this.#epochs}`, loss: '-', accuracy: '-', speed: '' });
  }

  step({ step, loss, accuracy, imagesPerSecond }: StepReport): void {
    this.#bar.update(step, {
      loss: loss.toFixed(4),
      accuracy: percent(accuracy),
      speed: speed(imagesPerSecond),
    });
  }

  endEpoch(report: EpochRecord): void {
    this.stop();
    this.#emit('epoch', report);
    const { validationAccuracy } = report;
    this.say(
      `epoch ${report.epoch}/${this.#epochs}  loss ${report.trainLoss.toFixed(4)}  ` +
        `training ${percent(report.trainAccuracy)}  ` +
        (validationAccuracy === undefined ? '' : `validation ${percent(validationAccuracy)}  `) +
        speed(report.imagesPerSecond),
    );
  }

  done(report: DoneReport): void {
    this.#emit('done', report);
    this.say(
      `test ${percent(report.testAccuracy)} after ${report.seconds.toFixed(1)} s; ` +
        `the best weights are in ${report.checkpoint}`,
    );
  }

  /** Takes the bars down, if there are any. */
  stop(): void {
    this.#reading.stop();
    this.#bar.stop();
  }

  #emit(event: string, report: StartReport | EpochRecord | DoneReport): void {
    if (this.#json) process.stdout.write(JSON.stringify({ event, ...report }) + '\n');
  }
}

export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} %`;
}

function speed(imagesPerSecond: number): string {
  return `${Math.round(imagesPerSecond).toLocaleString('en-US')} images/s`;
}
