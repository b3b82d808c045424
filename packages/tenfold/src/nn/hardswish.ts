/** x * hardsigmoid(x) as a layer; see ops/hardswish.ts. */

import { hardswish } from '../ops/hardswish.js';
import { Activate } from './_activate.js';

export class Hardswish extends Activate {
  constructor() {
    super(hardswish);
  }
}
