/** The page's end of a session: it asks for jobs, hears of their progress and never computes anything itself. */

import { workerPort } from '#platform';
import { CancelledError, StateError } from '../errors.js';
import type { Port, WorkerLike } from '../platform/platform.js';
import { type Report, type Request, type RunReport, unpackError } from './_protocol.js';
import type { Job, Jobs } from './serve.js';

type InputOf<It extends Job> = Parameters<It>[0];
type ProgressOf<It extends Job> = ReturnType<It> extends AsyncGenerator<infer Progress> ? Progress : never;
type ResultOf<It extends Job> =
  ReturnType<It> extends AsyncGenerator<unknown, infer Result> ? Result : Awaited<ReturnType<It>>;

/** A job that is under way. */
export interface Run<Result> {
  /** What the job returns. Rejects with the job's own error, or a CancelledError. */
  readonly result: Promise<Result>;
  /** Asks the job to stop where it yields next, keeping all it has. Resolves when it stands still, or has ended. */
  pause(): Promise<void>;
  resume(): void;
  /** Ends the job where it yields next. Resolves when it has ended. */
  cancel(): Promise<void>;
}

export interface Session<It extends Jobs = Jobs> {
  /** Starts a job of the worker. Several may be under way; they take turns where they yield. */
  run<Name extends keyof It & string>(
    job: Name,
    input: InputOf<It[Name]>,
    onProgress?: (progress: ProgressOf<It[Name]>) => void,
  ): Run<ResultOf<It[Name]>>;
  /** Cancels what is under way, ends the threads of the worker, and the worker. */
  close(): Promise<void>;
}

export interface SessionOptions {
  /** How long the worker may take to load and to say that it serves, and later to close. @default 20 */
  readonly timeoutSeconds?: number;
}

interface Following {
  readonly onProgress: ((progress: never) => void) | undefined;
  readonly result: Promise<unknown>;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
  paused: (() => void) | undefined;
}

/**
 * Opens a session with a worker whose module calls `serve`: `new Worker(new URL('./train.js', import.meta.url), { type:
 * 'module' })`, say, which bundlers understand. `openSession<typeof jobs>` knows the types of the jobs.
 *
 * @throws StateError if the worker does not start, or does not serve.
 */
export async function openSession<It extends Jobs = Jobs>(
  worker: WorkerLike,
  { timeoutSeconds = 20 }: SessionOptions = {},
): Promise<Session<It>> {
  const port = workerPort(worker);
  const link = new Link(port);
  await link.opened(timeoutSeconds);
  return {
    run: (job, input, onProgress) => link.run(job, input, onProgress),
    close: () => link.close(timeoutSeconds),
  };
}

class Link {
  readonly #runs = new Map<number, Following>();
  #nextId = 0;
  #ended: StateError | undefined;
  readonly #ready = withResolvers<void>();
  readonly #closed = withResolvers<void>();
  /** Rejects when the worker is no more. */
  readonly #end = withResolvers<never>();

  constructor(private readonly port: Port) {
    this.#end.promise.catch(() => {});
    port.listen({
      message: (report: Report) => this.#hear(report),
      failed: (reason) => this.#finish(`the worker of the session has ended: ${reason}`),
    });
    this.#post({ kind: 'hello' });
  }

  async opened(timeoutSeconds: number): Promise<void> {
    try {
      await withTimeout(
        Promise.race([this.#ready.promise, this.#end.promise]),
        timeoutSeconds,
        `the worker of the session did not start within ${timeoutSeconds} seconds; does its module call serve()?`,
      );
    } catch (error) {
      this.#finish((error as Error).message);
      throw error;
    }
  }

  run<Result>(job: string, input: unknown, onProgress?: (progress: never) => void): Run<Result> {
    const id = this.#nextId++;
    const { promise: result, resolve, reject } = withResolvers<Result>();
    const following: Following = { onProgress, result, resolve, reject, paused: undefined };
    // Whoever pauses or cancels need not look at the result.
    const settled = () =>
      result.then(
        () => {},
        () => {},
      );
    if (this.#ended !== undefined) following.reject(this.#ended);
    else {
      this.#runs.set(id, following);
      this.#post({ kind: 'run', id, job, input });
    }
    return {
      result,
      pause: () => {
        this.#post({ kind: 'pause', id });
        const standing = new Promise<void>((resolve) => {
          following.paused = resolve;
        });
        return Promise.race([standing, settled()]);
      },
      resume: () => this.#post({ kind: 'resume', id }),
      cancel: () => {
        this.#post({ kind: 'cancel', id });
        return settled();
      },
    };
  }

  async close(timeoutSeconds: number): Promise<void> {
    if (this.#ended !== undefined) return;
    this.#post({ kind: 'close' });
    try {
      await withTimeout(
        Promise.race([this.#closed.promise, this.#end.promise]),
        timeoutSeconds,
        'it does not answer',
      );
    } catch {
      // A worker that cannot close is ended all the same.
    }
    this.#finish('the session has been closed; open another one');
  }

  #hear(report: Report): void {
    if (report.kind === 'ready') this.#ready.resolve();
    else if (report.kind === 'closed') this.#closed.resolve();
    else {
      const run = this.#runs.get(report.id);
      if (run !== undefined) this.#follow(run, report);
    }
  }

  #follow(run: Following, report: RunReport): void {
    if (report.kind === 'progress') run.onProgress?.(report.progress as never);
    else if (report.kind === 'paused') run.paused?.();
    else {
      this.#runs.delete(report.id);
      if (report.kind === 'done') run.resolve(report.result as never);
      else if (report.kind === 'failed') run.reject(unpackError(report.error));
      else {
        // Who has cancelled it may have no more interest in it.
        run.result.catch(() => {});
        run.reject(new CancelledError('the job was cancelled'));
      }
    }
  }

  #finish(message: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = new StateError(message);
    this.#end.reject(this.#ended);
    for (const run of this.#runs.values()) run.reject(this.#ended);
    this.#runs.clear();
    this.port.terminate();
  }

  #post(request: Request): void {
    if (this.#ended === undefined) this.port.post(request);
  }
}

interface Resolvers<Result> {
  readonly promise: Promise<Result>;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

/** Promise.withResolvers, which Node 20 lacks. */
function withResolvers<Result>(): Resolvers<Result> {
  let resolve!: (result: Result) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<Result>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

async function withTimeout<Result>(
  promise: Promise<Result>,
  seconds: number,
  otherwise: string,
): Promise<Result> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StateError(otherwise)), seconds * 1000);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
