// What the workers of the session tests serve.

import * as tenfold from 'tenfold';
import { serve } from 'tenfold/worker';

serve({
  async *count({ to }, { signal }) {
    let ended = 'early';
    try {
      for (let number = 1; number <= to; number++) yield number;
      ended = 'at the end';
      return 'counted';
    } finally {
      globalThis.last = { ended, aborted: signal.aborted };
    }
  },
  async last() {
    return globalThis.last;
  },
  async misshape() {
    await tenfold.start({ threads: 1 });
    tenfold.tensor([1, 2, 3], [2, 2]);
  },
  async fail() {
    throw new TypeError('as it was told to');
  },
});
