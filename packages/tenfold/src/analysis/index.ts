export { type AppliedOperator, cost, type NetworkCost } from './cost.js';
