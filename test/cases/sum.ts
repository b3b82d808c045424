import { sum } from 'tenfold';
import { reductionCases } from './_reduce.js';

export const cases = reductionCases(sum);
