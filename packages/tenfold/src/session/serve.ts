/** The worker's end of a session. */

import { hostPort, nextTurn } from '#platform';
import { stop } from '../device/wasm/start.js';
import { StateError } from '../errors.js';
import { packError, type Report, type Request } from './_protocol.js';

export interface JobContext {
  /** Is aborted when the job is cancelled: for waits between two yields. */
  readonly signal: AbortSignal;
}

/**
 * A job is a function, or an asynchronous generator that yields its progress. Between two yields it can be paused, and
 * cancelled: then it ends as if it returned there, so that its `finally` blocks run.
 */
export type Job = (
  // biome-ignore lint/suspicious/noExplicitAny: what each job takes is its own affair
  input: any,
  context: JobContext,
) => AsyncGenerator<unknown, unknown, void> | Promise<unknown>;

export type Jobs = Readonly<Record<string, Job>>;

interface Running {
  readonly abort: AbortController;
  /** Pending while the job is paused. */
  gate: Promise<void> | undefined;
  open: () => void;
}

/**
 * Does jobs for the page, or thread, that opens a session with this worker. Call it once, in the worker's own module,
 * before any `await`. What goes in and out is copied by structured cloning.
 *
 * @throws StateError if this is not a worker.
 */
export function serve(jobs: Jobs): void {
  const port = hostPort();
  if (port === undefined) throw new StateError('serve: this is not a worker; call it in the module of one');
  const post = (report: Report) => port.post(report);
  const running = new Map<number, Running>();
  const ready = () => post({ kind: 'ready' });

  port.listen({
    async message(request: Request) {
      if (request.kind === 'hello') ready();
      else if (request.kind === 'run') await run(request.id, request.job, request.input);
      else if (request.kind === 'close') await close();
      else control(request.kind, running.get(request.id));
    },
    failed() {},
  });
  ready();

  async function run(id: number, name: string, input: unknown): Promise<void> {
    const job: Running = { abort: new AbortController(), gate: undefined, open() {} };
    running.set(id, job);
    try {
      if (!Object.hasOwn(jobs, name)) {
        throw new StateError(
          `this worker serves no job '${name}'; its jobs are ${Object.keys(jobs).join(', ')}`,
        );
      }
      const work = jobs[name]!(input, { signal: job.abort.signal });
      const result = isGenerator(work) ? await follow(id, job, work) : await work;
      post(job.abort.signal.aborted ? { kind: 'cancelled', id } : { kind: 'done', id, result });
    } catch (error) {
      post(
        job.abort.signal.aborted
          ? { kind: 'cancelled', id }
          : { kind: 'failed', id, error: packError(error) },
      );
    } finally {
      running.delete(id);
    }
  }

  async function follow(
    id: number,
    job: Running,
    work: AsyncGenerator<unknown, unknown, void>,
  ): Promise<unknown> {
    for (;;) {
      if (job.gate !== undefined) {
        post({ kind: 'paused', id });
        await job.gate;
      }
      const { done, value } = await (job.abort.signal.aborted ? work.return(undefined) : work.next());
      if (done) return value;
      post({ kind: 'progress', id, progress: value });
      // The page's wishes get in here.
      await nextTurn();
    }
  }

  async function close(): Promise<void> {
    for (const job of running.values()) control('cancel', job);
    while (running.size > 0) await nextTurn();
    await stop();
    post({ kind: 'closed' });
  }
}

function control(wish: 'pause' | 'resume' | 'cancel', job: Running | undefined): void {
  if (job === undefined) return;
  if (wish === 'pause') {
    job.gate ??= new Promise((resolve) => {
      job.open = resolve;
    });
    return;
  }
  if (wish === 'cancel') job.abort.abort();
  job.gate = undefined;
  job.open();
}

function isGenerator(work: ReturnType<Job>): work is AsyncGenerator<unknown, unknown, void> {
  return Symbol.asyncIterator in work;
}
