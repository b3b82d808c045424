/** A page that trains 50 steps and tells the server what came of it. */

import * as tenfold from 'tenfold';
import { finish, train50Steps } from '../../engine/training.js';

const bytes = async (address: string) => new Uint8Array(await (await fetch(address)).arrayBuffer());

async function report(): Promise<unknown> {
  try {
    const { description } = await tenfold.start({ threads: 2 });
    const digits = { images: await bytes('/images'), labels: await bytes('/labels') };
    const { checksum } = await finish(train50Steps(tenfold, digits));
    await tenfold.stop();
    return { description, checksum };
  } catch (error) {
    return { failed: String(error) };
  }
}

await fetch('/report', { method: 'POST', body: JSON.stringify(await report()) });
