// What the machine can do, whatever tenfold does: the peak of multiplications and additions, and the bandwidth of a copy.

import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { main as compile } from 'assemblyscript/asc';

const source = new URL('kernels.ts', import.meta.url);

let compiled;
/** `kernels.ts` as a module that is ready to run. */
const kernels = () => (compiled ??= compileKernels());

async function compileKernels() {
  let binary;
  const { error, stderr } = await compile(
    ['kernels.ts', '--outFile', 'kernels.wasm', '-O3', '--runtime', 'stub', '--enable', 'simd'],
    {
      readFile: (name) => (name === 'kernels.ts' ? readFileSync(source, 'utf8') : null),
      writeFile: (_, contents) => {
        binary = contents;
      },
      listFiles: () => [],
    },
  );
  if (error) throw new Error(`the probe's kernels do not compile: ${stderr.toString()}`);
  return WebAssembly.compile(binary);
}

/** Starts the probe's threads; they sleep while nothing is asked of them. */
export async function startProbe(threads) {
  const module = await kernels();
  const barrier = new Int32Array(new SharedArrayBuffer(4));
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL('worker.js', import.meta.url), { workerData: { module, barrier, threads } }),
  );
  let round = 0;

  /** Milliseconds that all threads take together. */
  async function run(task, options) {
    round++;
    const times = await Promise.all(
      workers.map(
        (worker) =>
          new Promise((resolve, reject) => {
            worker.once('message', resolve).once('error', reject);
            worker.postMessage({ task, round, ...options });
          }),
      ),
    );
    for (const worker of workers) worker.removeAllListeners('error');
    return Math.max(...times.map(({ ended }) => ended)) - Math.min(...times.map(({ begun }) => begun));
  }

  return {
    /** GFLOP/s over about so many milliseconds on a machine of our days. */
    async peak(milliseconds) {
      const iterations = Math.round(1.2e6 * milliseconds);
      return (threads * 48 * iterations) / (await run('multiplyAdd', { iterations })) / 1e6;
    },
    /** GB/s, read and written, of a copy that reads and writes so many bytes together. */
    async bandwidth(bytes) {
      const each = Math.max(64, Math.ceil(bytes / 2 / threads / 64) * 64);
      const repetitions = Math.max(1, Math.round(128e6 / (2 * each * threads)));
      return (threads * 2 * each * repetitions) / (await run('copy', { bytes: each, repetitions })) / 1e6;
    },
    stop: () => Promise.all(workers.map((worker) => worker.terminate())),
  };
}
