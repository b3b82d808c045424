import cliProgress from 'cli-progress';

export interface EpochReport {
  readonly epoch: number;
  readonly trainLoss: number;
  readonly trainAccuracy: number;
  readonly validationAccuracy: number;
  readonly imagesPerSecond: number;
}

export interface DoneReport {
  readonly testAccuracy: number;
  /** How long the epochs took, without starting up and loading. */
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

  constructor(options: { json: boolean; epochs: number }) {
    this.#json = options.json;
    this.#epochs = options.epochs;
    // A second Ctrl-C ends the process from anywhere, and the terminal needs its settings back.
    process.once('exit', () => this.stop());
  }

  /** A line for people. */
  say(line: string): void {
    (this.#json ? process.stderr : process.stdout).write(line + '\n');
  }

  startEpoch(epoch: number, steps: number): void {
    this.#bar.start(steps, 0, { epoch: `${epoch}/${this.#epochs}`, loss: '-', accuracy: '-', speed: '' });
  }

  step({ step, loss, accuracy, imagesPerSecond }: StepReport): void {
    this.#bar.update(step, {
      loss: loss.toFixed(4),
      accuracy: percent(accuracy),
      speed: speed(imagesPerSecond),
    });
  }

  endEpoch(report: EpochReport): void {
    this.stop();
    this.#emit('epoch', report);
    this.say(
      `epoch ${report.epoch}/${this.#epochs}  loss ${report.trainLoss.toFixed(4)}  ` +
        `training ${percent(report.trainAccuracy)}  validation ${percent(report.validationAccuracy)}  ` +
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

  /** Takes the bar down, if there is one. */
  stop(): void {
    this.#bar.stop();
  }

  #emit(event: string, report: EpochReport | DoneReport): void {
    if (this.#json) process.stdout.write(JSON.stringify({ event, ...report }) + '\n');
  }
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(2)} %`;
}

function speed(imagesPerSecond: number): string {
  return `${Math.round(imagesPerSecond).toLocaleString('en-US')} images/s`;
}
