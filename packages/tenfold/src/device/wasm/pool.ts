/** The threads of the wasm device: the calling thread and its workers share the blocks of a kernel by the tickets of schedule.ts. */

import { canBlock, noThreads, spawnWorker } from '#platform';
import { DeviceLostError } from '../../errors.js';
import type { WorkerHandle } from '../../platform/platform.js';
import { workerSource } from './worker.generated.js';
import { control, type WorkerData, type WorkerMessage } from './worker.js';

type Kernel = (descriptor: number, phase: number, block: number, scratch: number) => void;

/** The kernels as the main thread's instance exports them. */
export interface PoolKernels {
  readonly names: readonly string[];
  readonly functions: readonly Kernel[];
  readonly takeBlock: (own: number, parts: number, generation: number, blocks: number) => number;
  readonly openJob: (parts: number, generation: number, blocks: number) => void;
  readonly closeJob: (parts: number, generation: number) => void;
}

export interface PoolOptions {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly kernels: PoolKernels;
  readonly threads: number;
  readonly workerUrl?: string | URL | undefined;
  /** How long a worker may take to start, or a block to be computed, before it counts as lost. */
  readonly timeoutMilliseconds: number;
}

/** Into more parts blocks are not divided; further threads begin with the same ones. */
const mostParts = 8;
/** Workers spin so long between kernels: waking a sleeping one takes about 100 microseconds. */
const spinMilliseconds = 1;

export class Pool {
  readonly #words: Int32Array;
  readonly #kernels: PoolKernels;
  readonly #timeout: number;
  readonly #workers: WorkerHandle[] = [];
  #generation = 0;
  #lost: DeviceLostError | undefined;

  private constructor({ memory, kernels, timeoutMilliseconds }: PoolOptions) {
    this.#words = new Int32Array(memory.buffer, 0, 16);
    this.#kernels = kernels;
    this.#timeout = timeoutMilliseconds;
  }

  /** Starts the workers. Those that cannot start are left out; `problem` says why, once. */
  static async start(options: PoolOptions): Promise<{ pool: Pool; problem: string | undefined }> {
    const pool = new Pool(options);
    const impossible = options.threads > 1 ? noThreads() : undefined;
    if (impossible !== undefined) return { pool, problem: impossible };
    const problems: string[] = [];
    await Promise.all(
      Array.from({ length: options.threads - 1 }, async (_, index) => {
        try {
          pool.#workers.push(await pool.#startWorker(options, index + 1));
        } catch (error) {
          problems.push((error as Error).message);
        }
      }),
    );
    return { pool, problem: problems[0] };
  }

  get threads(): number {
    return this.#workers.length + 1;
  }

  /** The workers, for whoever must watch or end them. */
  get workers(): readonly WorkerHandle[] {
    return this.#workers;
  }

  #startWorker(options: PoolOptions, thread: number): Promise<WorkerHandle> {
    const { module, memory, kernels, workerUrl, timeoutMilliseconds } = options;
    return new Promise((resolve, reject) => {
      const data: WorkerData = { module, memory, names: kernels.names, control, thread, spinMilliseconds };
      let ready = false;
      const failed = (reason: string) => {
        clearTimeout(timer);
        if (ready) this.#lose(`a worker thread ended: ${reason}`);
        else {
          worker.terminate();
          reject(new Error(reason));
        }
      };
      const program = workerUrl === undefined ? { source: workerSource } : { url: workerUrl };
      const worker = spawnWorker<WorkerData, WorkerMessage>(program, data, {
        message(message) {
          if ('error' in message) return failed(message.error);
          ready = true;
          clearTimeout(timer);
          resolve(worker);
        },
        ended: failed,
      });
      const timer = setTimeout(
        () => failed(`it did not start within ${timeoutMilliseconds / 1000} seconds`),
        timeoutMilliseconds,
      );
    });
  }

  /** Computes blocks 0 to `blocks` - 1 of one phase of a kernel. */
  run(
    kernel: number,
    descriptor: number,
    phase: number,
    blocks: number,
    scratch: number,
    scratchBytes: number,
  ): void {
    if (this.#lost !== undefined) throw this.#lost;
    const compute = this.#kernels.functions[kernel]!;
    if (blocks === 1 || this.#workers.length === 0) {
      for (let block = 0; block < blocks; block++) compute(descriptor, phase, block, scratch);
      return;
    }
    const words = this.#words;
    const { takeBlock, openJob, closeJob } = this.#kernels;
    const generation = (this.#generation = (this.#generation + 1) | 0);
    const parts = Math.min(this.threads, mostParts);
    closeJob(parts, generation);
    Atomics.store(words, control.kernel, kernel);
    Atomics.store(words, control.phase, phase);
    Atomics.store(words, control.descriptor, descriptor);
    Atomics.store(words, control.blocks, blocks);
    Atomics.store(words, control.parts, parts);
    Atomics.store(words, control.completed, 0);
    Atomics.store(words, control.scratch, scratch);
    Atomics.store(words, control.scratchBytes, scratchBytes);
    openJob(parts, generation, blocks);
    Atomics.store(words, control.generation, generation);
    if (Atomics.load(words, control.sleepers) > 0) Atomics.notify(words, control.generation);
    let completed = 0;
    for (
      let block = takeBlock(0, parts, generation, blocks);
      block >= 0;
      block = takeBlock(0, parts, generation, blocks)
    ) {
      compute(descriptor, phase, block, scratch);
      completed = Atomics.add(words, control.completed, 1) + 1;
    }
    if (completed < blocks) this.#awaitBlocks(blocks);
  }

  #awaitBlocks(blocks: number): void {
    const words = this.#words;
    let last = Atomics.load(words, control.completed);
    let since = 0;
    for (let spins = 1; last < blocks; spins++) {
      if (canBlock && spins > 20000) Atomics.wait(words, control.completed, last, 1);
      const completed = Atomics.load(words, control.completed);
      if (completed !== last) {
        last = completed;
        since = 0;
      } else if ((spins & 255) === 0) {
        if (Atomics.load(words, control.failed) !== 0)
          throw this.#lose('a worker thread failed inside a kernel');
        const now = performance.now();
        if (since === 0) since = now;
        else if (now - since > this.#timeout) {
          throw this.#lose(`a worker thread has not finished its work for ${this.#timeout / 1000} seconds`);
        }
      }
    }
  }

  #lose(reason: string): DeviceLostError {
    this.#lost ??= new DeviceLostError(
      `the wasm device is lost: ${reason}; what was being computed is incomplete, so load the last checkpoint after \`await stop(); await start()\``,
      { reason },
    );
    return this.#lost;
  }

  async stop(): Promise<void> {
    this.#lost ??= new DeviceLostError('the wasm device has been stopped; call `await start()` to go on', {
      reason: 'stopped',
    });
    Atomics.store(this.#words, control.stop, 1);
    Atomics.notify(this.#words, control.generation);
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
