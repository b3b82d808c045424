import { Worker } from 'node:worker_threads';
import { StateError, TenfoldError } from 'tenfold';
import type { Batch, BatchRecipe } from './batch.js';

/** For some batches of one epoch. */
export interface Request {
  readonly batches: readonly { readonly id: number; readonly indices: Int32Array<ArrayBuffer> }[];
  readonly epoch: number;
}

export type Answer =
  | { readonly ready: true }
  | { readonly id: number; readonly batch: Batch }
  | { readonly id: number; readonly failure: Failure };

interface Failure {
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

interface Waiting {
  readonly resolve: (batch: Batch) => void;
  readonly reject: (error: Error) => void;
}

/** The thread ended before it was ready: there can be none here. */
export class ThreadUnavailable extends TenfoldError {
  override readonly name: string = 'ThreadUnavailable';
}

export function closedError(): StateError {
  return new StateError('the loader is closed; make a new one.');
}

/** A thread that makes batches, in the order of the requests. It holds the process alive only while it owes one. */
export class BatchThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #requests = 0;
  #ready = false;
  #ended: TenfoldError | undefined;

  constructor(recipe: BatchRecipe, workerUrl: string | URL = new URL('./worker.js', import.meta.url)) {
    try {
      this.#worker = new Worker(workerUrl, { workerData: recipe });
    } catch (error) {
      throw new ThreadUnavailable((error as Error).message);
    }
    this.#worker.on('message', (answer: Answer) => this.#receive(answer));
    this.#worker.on('error', ({ message }) => this.#end(message));
    this.#worker.on('exit', (code) => this.#end(`it exited with code ${code}`));
    // After the listeners, which hold the process alive.
    this.#worker.unref();
  }

  /** A batch for each list of images. */
  request(wanted: readonly Int32Array<ArrayBuffer>[], epoch: number): Promise<Batch>[] {
    const { length } = wanted;
    if (this.#ended !== undefined) return Array.from({ length }, () => Promise.reject(this.#ended));
    if (length === 0) return [];
    if (this.#waiting.size === 0) this.#worker.ref();
    const batches = wanted.map((indices) => ({ id: this.#requests++, indices }));
    const answers = batches.map(
      ({ id }) => new Promise<Batch>((resolve, reject) => this.#waiting.set(id, { resolve, reject })),
    );
    this.#worker.postMessage({ batches, epoch } satisfies Request);
    return answers;
  }

  /** Ends the thread; what it still owes is refused. */
  async close(): Promise<void> {
    this.#stop(closedError());
    await this.#worker.terminate();
  }

  #receive(answer: Answer): void {
    if ('ready' in answer) {
      this.#ready = true;
      return;
    }
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('batch' in answer) waiting?.resolve(answer.batch);
    else waiting?.reject(new TenfoldError(answer.failure.message, answer.failure.details));
  }

  #end(reason: string): void {
    this.#stop(
      this.#ready
        ? new TenfoldError(`the thread that makes batches ended (${reason}).`, { reason })
        : new ThreadUnavailable(reason),
    );
  }

  #stop(error: TenfoldError): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
    this.#worker.unref();
  }
}
