// A worker thread that ends in the middle of its first convolution, with a block taken and not finished.

import { parentPort, workerData } from 'node:worker_threads';
import { workerMain } from '../../packages/tenfold/dist/device/wasm/worker.js';

const { Instance } = WebAssembly;
WebAssembly.Instance = class {
  constructor(module, imports) {
    const { exports } = new Instance(module, imports);
    this.exports = { ...exports, conv2d: () => process.exit(1) };
  }
};
workerMain(workerData, (message) => parentPort.postMessage(message));
