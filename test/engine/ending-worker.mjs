// A worker thread that starts as it should and ends by itself soon after.

import { parentPort } from 'node:worker_threads';

parentPort.postMessage({ ready: true });
setTimeout(() => process.exit(3), 50);
