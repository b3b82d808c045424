/** min(max(x, 0), 6) as a layer. */

import { relu6 } from '../ops/relu6.js';
import { Activate } from './_activate.js';

export class ReLU6 extends Activate {
  constructor() {
    super(relu6);
  }
}
