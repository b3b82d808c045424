/**
 * What a worker thread runs. The build takes the text of `workerMain` and sends that to workers, so it must not use
 * anything from outside its own body.
 */

/** Indices of 32-bit words at the start of the shared memory. Behind them lie the tickets of schedule.ts. */
export const control = {
  generation: 0,
  kernel: 1,
  phase: 2,
  descriptor: 3,
  blocks: 4,
  parts: 5,
  completed: 6,
  scratch: 7,
  scratchBytes: 8,
  sleepers: 9,
  stop: 10,
  failed: 11,
} as const;

export interface WorkerData {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** Kernels by index. */
  readonly names: readonly string[];
  readonly control: typeof control;
  /** The worker's number, from 1; thread 0 is the one that dispatches. */
  readonly thread: number;
  /** How long to spin for the next job before sleeping. */
  readonly spinMilliseconds: number;
}

export type WorkerMessage = { readonly ready: true } | { readonly error: string };

export function workerMain(data: WorkerData, post: (message: WorkerMessage) => void): void {
  const { module, memory, names, control, thread, spinMilliseconds } = data;
  const words = new Int32Array(memory.buffer, 0, 16);
  try {
    const exports = new WebAssembly.Instance(module, { env: { memory } }).exports as Record<
      string,
      (...numbers: number[]) => number
    >;
    const kernels = names.map((name) => exports[name]!);
    const takeBlock = exports.takeBlock!;
    let generation = Atomics.load(words, control.generation);
    post({ ready: true });
    while (awaitJob()) {
      const kernel = kernels[Atomics.load(words, control.kernel)]!;
      const phase = Atomics.load(words, control.phase);
      const descriptor = Atomics.load(words, control.descriptor);
      const blocks = Atomics.load(words, control.blocks);
      const parts = Atomics.load(words, control.parts);
      const own = thread % parts;
      const scratch =
        Atomics.load(words, control.scratch) + thread * Atomics.load(words, control.scratchBytes);
      for (
        let block = takeBlock(own, parts, generation, blocks);
        block >= 0;
        block = takeBlock(own, parts, generation, blocks)
      ) {
        kernel(descriptor, phase, block, scratch);
        Atomics.add(words, control.completed, 1);
      }
    }

    function awaitJob(): boolean {
      let spins = 0;
      let since = 0;
      for (;;) {
        if (Atomics.load(words, control.stop) !== 0) return false;
        const current = Atomics.load(words, control.generation);
        if (current !== generation) {
          generation = current;
          return true;
        }
        if ((++spins & 1023) !== 0) continue;
        const now = performance.now();
        if (since === 0) since = now;
        else if (now - since > spinMilliseconds) {
          Atomics.add(words, control.sleepers, 1);
          Atomics.wait(words, control.generation, generation);
          Atomics.sub(words, control.sleepers, 1);
          since = 0;
        }
      }
    }
  } catch (error) {
    Atomics.store(words, control.failed, 1);
    post({ error: String(error) });
  }
}
