import { OptionError } from 'tenfold';
import { type Normalisation, shared } from '../image-set.js';
import { type Part, shuffled } from '../split.js';
import { type Batch, type BatchMaker, batchMaker } from './batch.js';
import { BatchThread, closedError, ThreadUnavailable } from './batch-thread.js';

export type { Batch } from './batch.js';
export { batches } from './batches.js';

export interface LoaderOptions {
  readonly part: Part;
  readonly normalisation: Normalisation;
  /** A spec for `parseAugmentation`. @default 'none' */
  readonly augmentation?: string;
  readonly batchSize: number;
  readonly seed: number;
  /** Threads that make batches; 0 makes them in the calling one. @default 1 */
  readonly threads?: number;
  /** How many batches are made before they are asked for. @default 4 */
  readonly ahead?: number;
  /** The module that the threads run, where it does not lie beside this one. */
  readonly workerUrl?: string | URL;
}

/**
 * Batches of shuffled, augmented, normalised images, made ahead of need by a thread of its own. They depend on seed,
 * epoch and step only: not on threads, and not on where in an epoch one begins.
 */
export class Loader {
  /** Whole batches in an epoch; the images that do not fill one are left out, others in each epoch. */
  readonly stepsPerEpoch: number;
  readonly #options: LoaderOptions;
  readonly #make: BatchMaker;
  readonly #ahead: number;
  #threads: readonly BatchThread[] = [];
  #note: string | undefined;
  #closed = false;

  /** @throws OptionError if the augmentation cannot be read or the batch size is no whole number above 0. */
  constructor(options: LoaderOptions) {
    const { part, normalisation, augmentation = 'none', batchSize, seed, threads = 1, ahead = 4 } = options;
    checkWhole('batchSize', batchSize, 1);
    checkWhole('threads', threads, 0);
    checkWhole('ahead', ahead, 0);
    const { images, labels, count, height, width, channels } = part.set;
    const set = { images: shared(images), labels, count, height, width, channels };
    const recipe = { set, normalisation, augmentation, seed };
    this.#options = options;
    this.#ahead = ahead;
    this.stepsPerEpoch = Math.floor(part.indices.length / batchSize);
    this.#make = batchMaker(recipe);
    try {
      this.#threads = Array.from({ length: threads }, () => new BatchThread(recipe, options.workerUrl));
    } catch (error) {
      this.#workAlone(error);
    }
  }

  /** Why there is no thread although one was asked for. */
  get note(): string | undefined {
    return this.#note;
  }

  /**
   * The batches of an epoch from a step on, in an order that depends on seed and epoch.
   *
   * @throws OptionError if there is no such step; StateError if the loader is closed meanwhile.
   */
  async *epoch(epoch: number, fromStep = 0): AsyncGenerator<Batch, void, undefined> {
    checkWhole('epoch', epoch, 0);
    checkWhole('fromStep', fromStep, 0, this.stepsPerEpoch);
    const { part, batchSize, seed } = this.#options;
    const order = shuffled(part.indices, seed, epoch);
    const queue: Promise<Batch>[] = [];
    for (let step = fromStep; step < this.stepsPerEpoch; step++) {
      const ahead = this.#threads.length === 0 ? 0 : this.#ahead;
      // Several at a time, because a message that wakes a thread takes as long as a layer.
      if (queue.length <= ahead / 2) {
        const end = Math.min(step + ahead + 1, this.stepsPerEpoch);
        const wanted: Int32Array<ArrayBuffer>[] = [];
        for (let next = step + queue.length; next < end; next++) {
          wanted.push(order.slice(next * batchSize, (next + 1) * batchSize));
        }
        queue.push(...this.#request(wanted, epoch));
      }
      const batch = await queue.shift()!;
      this.#checkOpen();
      yield batch;
    }
  }

  /** Ends the threads; whoever still waits for a batch gets a StateError. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }

  /** A batch for each list of images; the threads take turns. */
  #request(wanted: readonly Int32Array<ArrayBuffer>[], epoch: number): Promise<Batch>[] {
    this.#checkOpen();
    const { length } = this.#threads;
    const made = this.#threads.map((thread, turn) =>
      thread.request(
        wanted.filter((_, index) => index % length === turn),
        epoch,
      ),
    );
    return wanted.map((indices, index) => {
      const batch = this.#receive(made[index % length]?.[Math.floor(index / length)], indices, epoch);
      // Its error comes to light when its turn comes, or not at all if nobody wants it any more.
      batch.catch(() => {});
      return batch;
    });
  }

  async #receive(
    batch: Promise<Batch> | undefined,
    indices: Int32Array<ArrayBuffer>,
    epoch: number,
  ): Promise<Batch> {
    if (batch === undefined) return this.#make(indices, epoch);
    try {
      return await batch;
    } catch (error) {
      this.#workAlone(error);
      return this.#make(indices, epoch);
    }
  }

  /** Goes on without threads if the error is that there can be none. */
  #workAlone(error: unknown): void {
    if (!(error instanceof ThreadUnavailable)) throw error;
    this.#threads = [];
    this.#note = `batches are made between steps, because no thread can be started for them (${error.message})`;
  }

  #checkOpen(): void {
    if (this.#closed) throw closedError();
  }
}

function checkWhole(name: string, value: number, least: number, most?: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= (most ?? value)) return;
  const range = most === undefined ? `of ${least} or more` : `from ${least} to ${most}`;
  throw new OptionError(`${name} is ${value}, expected a whole number ${range}`, {
    operator: 'loader',
    rule: name,
    got: value,
    expected: range,
  });
}
