/** An application as a stranger writes it, with the packed library installed and Vite around it. */

import * as tenfold from 'tenfold';
import { openSession } from 'tenfold/worker';
import { type Digits, finish, trainTenfoldNet } from './training.ts';
import type { jobs } from './worker.ts';

const bytes = async (address: string) => new Uint8Array(await (await fetch(address)).arrayBuffer());

async function loadDigits(): Promise<Digits> {
  return { images: await bytes('/images.bin'), labels: await bytes('/labels.bin') };
}

const app = {
  async trainHere() {
    const { description } = await tenfold.start({ threads: 2 });
    const result = await finish(trainTenfoldNet(tenfold, await loadDigits()));
    await tenfold.stop();
    return { description, ...result };
  },

  async trainInWorker() {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    const session = await openSession<typeof jobs>(worker);
    const result = await session.run('train', await loadDigits()).result;
    await session.close();
    return result;
  },
};

Object.assign(globalThis, { app });
