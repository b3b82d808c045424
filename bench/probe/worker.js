// One thread of the probe. All threads begin together; the last one to end tells how long it took.

import { parentPort, workerData } from 'node:worker_threads';

const { module, barrier, threads } = workerData;
const { exports } = new WebAssembly.Instance(module, { env: { abort: () => {} } });
const pageBytes = 65536;

/** Clocks of threads differ; that of the process does not. */
const now = () => Number(process.hrtime.bigint()) / 1e6;

const tasks = {
  multiplyAdd: ({ iterations }) => exports.multiplyAdd(iterations),
  copy: ({ bytes, repetitions }) => exports.copy(pageBytes, pageBytes + bytes, bytes, repetitions),
};

parentPort.on('message', ({ task, round, ...options }) => {
  const needed = pageBytes + 2 * (options.bytes ?? 0) - exports.memory.buffer.byteLength;
  if (needed > 0) exports.memory.grow(Math.ceil(needed / pageBytes));
  // Pages come with the first touch.
  if (needed > 0) new Uint8Array(exports.memory.buffer, pageBytes).fill(1);
  // What is timed finds its caches as a repetition leaves them.
  if (task === 'copy') tasks.copy({ ...options, repetitions: 1 });
  Atomics.add(barrier, 0, 1);
  while (Atomics.load(barrier, 0) < round * threads);
  const begun = now();
  tasks[task](options);
  parentPort.postMessage({ begun, ended: now() });
});
