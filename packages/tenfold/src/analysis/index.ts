export { type AppliedOperator, cost, type NetworkCost } from './cost.js';
export { type FirstNonFiniteOptions, firstNonFinite, type NonFinite } from './first-non-finite.js';
