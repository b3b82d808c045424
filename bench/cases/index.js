// All cases, the operators' first and by name; `networkCases` traces every network and takes some seconds.

import { convolutions } from './convolutions.js';
import { otherOperators } from './other-operators.js';

export { networkCases } from './networks.js';
export { trainingSteps } from './training.js';

/** Every operator of the library has a case here. */
export const operatorCases = [...convolutions, ...otherOperators];
