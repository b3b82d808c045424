/** The thread that makes batches: answers each request with a batch or with what went wrong. */
import { parentPort, workerData } from 'node:worker_threads';
import { TenfoldError } from 'tenfold';
import { batchMaker } from './batch.js';
import type { Answer, Request } from './batch-thread.js';

const port = parentPort!;
const make = batchMaker(workerData);

const answer = (message: Answer, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

port.on('message', ({ batches, epoch }: Request) => {
  for (const { id, indices } of batches) {
    try {
      const batch = make(indices, epoch);
      answer({ id, batch }, [batch.images.buffer, batch.labels.buffer, batch.indices.buffer]);
    } catch (error) {
      const { message } = error as Error;
      answer({ id, failure: { message, details: error instanceof TenfoldError ? error.details : {} } });
    }
  }
});
answer({ ready: true });
