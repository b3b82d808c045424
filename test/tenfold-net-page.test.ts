/** The drawing in docs/ is of the network as it is. Written by `npm test -- -u`, compared by every other run. */

import { expect, test } from 'vitest';
import { drawTenfoldNet } from './tenfold-net-drawing.js';

test('docs/drawings/tenfold-net.svg is up to date', async () => {
  await expect(drawTenfoldNet()).toMatchFileSnapshot('../docs/drawings/tenfold-net.svg');
});
