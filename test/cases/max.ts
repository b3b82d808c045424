import { max } from 'tenfold';
import type { Case } from './_case.js';
import { reductionCases } from './_reduce.js';

/** There is no maximum of nothing. */
const reductions = reductionCases(max).filter(({ name }) => name !== 'nothing');

export const cases: readonly Case[] = [
  ...reductions.map(({ inputs, ...it }) => ({ ...it, inputs: distinct(inputs) })),
  ...reductions.map(({ name, inputs, ...it }) => ({
    ...it,
    name: `equal values, the first one counts: ${name}`,
    inputs: { x: { ...inputs.x!, values: 'equal' as const } },
    smooth: false,
  })),
  {
    name: 'large, two rows of many columns',
    inputs: { x: { shape: [2, 5003], values: 'distinct' } },
    apply: ({ x }) => max(x!, { axes: [0] }),
    output: [5003],
  },
  {
    name: 'large, many rows of some columns',
    inputs: { x: { shape: [39, 2051], values: 'distinct' } },
    apply: ({ x }) => max(x!, { axes: [0] }),
    output: [2051],
  },
  {
    name: 'more short rows than a block has',
    inputs: { x: { shape: [1001, 37], values: 'distinct' } },
    apply: ({ x }) => max(x!, { axes: [1] }),
    output: [1001],
  },
  {
    name: 'columns of one group of lanes and more',
    inputs: { x: { shape: [3, 5, 9], values: 'distinct' } },
    apply: ({ x }) => max(x!, { axes: [1] }),
    output: [3, 9],
  },
];

function distinct({ x }: Case['inputs']): Case['inputs'] {
  return { x: { ...x!, values: 'distinct' } };
}
