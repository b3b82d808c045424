// One application of each kind from every published network: of those of one kind in one network the most expensive,
// and of those of nearly the same size in several networks only one.

import { trace } from '../../packages/tenfold/dist/analysis/trace.js';
import { elements } from '../../packages/tenfold/dist/device/device.js';
import { models } from '../../packages/tenfold/dist/index.js';

const group = 'networks';

/** As many images as have a quarter of a million pixels together, a power of two up to 64: 4 of 224x224. */
function batchOf({ height, width }) {
  let batch = 1;
  while (batch < 64 && 2 * batch * height * width <= 2 ** 18) batch *= 2;
  return batch;
}

/** `conv2d 3x3/2, depthwise`: what one chooses a kernel by, but sizes. */
function kindOf(operator, record) {
  const { kernelHeight, kernelWidth, strideHeight, dilationHeight = 1, groups = 1, inChannels } = record;
  if (kernelHeight === undefined || operator.name === 'linear') return operator.name;
  const whole = operator.name === 'adaptiveAvgPool2d';
  const window = whole ? '' : ` ${kernelHeight}x${kernelWidth}${strideHeight > 1 ? `/${strideHeight}` : ''}`;
  const dilation = dilationHeight > 1 ? ` dilation ${dilationHeight}` : '';
  const grouping = groups === 1 ? '' : groups === inChannels ? ', depthwise' : ', grouped';
  return `${operator.name}${window}${dilation}${grouping}`;
}

const roughly = (number, factor) => Math.round(Math.log2(number) / Math.log2(factor));

/**
 * Two applications of one kind are nearly the same if their sizes round to the same powers of two; of operators that only
 * pass over their operands, of four.
 */
function sizeOf({ operator, record, inputs, output }) {
  const [{ shape }] = inputs;
  const factor = operator.cost(record).multiplyAccumulates > 0 ? 2 : 4;
  return [elements(shape.slice(0, -1)), shape.at(-1), output.shape.at(-1)]
    .map((size) => roughly(size, factor))
    .join();
}

function inputOf(traced) {
  if (traced === undefined) return undefined;
  const { shape, dtype, role, name = '' } = traced;
  const values = name.endsWith('running_var') ? 'positive' : 'even';
  if (role === 'parameter' || role === 'buffer') return { shape, dtype, role, values };
  return { shape, dtype, role: 'data', values };
}

/** The most expensive step of each kind in one network. */
function stepsOf({ name, input }) {
  const { height, width, channels } = input;
  const { steps } = trace(() => models.create(name), [batchOf(input), height, width, channels]);
  const kinds = new Map();
  for (const step of steps) {
    const { operator, record, output } = step;
    if (operator.view?.(record)) continue;
    const kind = kindOf(operator, record);
    const work = operator.cost(record).multiplyAccumulates || elements(output.shape);
    if (!(kinds.get(kind)?.work >= work)) kinds.set(kind, { step, work });
  }
  return Array.from(kinds, ([kind, { step }]) => ({ kind, step }));
}

/** `[8, 56, 56, 64] to [8, 56, 56, 128]` without the brackets. */
const shapes = ({ inputs, output }) => `${inputs[0].shape.join('x')} to ${output.shape.join('x')}`;

/** Each with the names of the networks that it stands for. */
export function networkCases(networks = models.list()) {
  const cases = new Map();
  for (const network of networks) {
    for (const { kind, step } of stepsOf(network)) {
      const key = `${kind} ${sizeOf(step)}`;
      const known = cases.get(key);
      if (known !== undefined) known.networks.push(network.name);
      else {
        cases.set(key, {
          group,
          kind,
          name: `${kind}, ${shapes(step)}`,
          networks: [network.name],
          operator: step.operator,
          record: step.record,
          inputs: step.inputs.map(inputOf),
        });
      }
    }
  }
  return [...cases.values()].sort((a, b) => (a.kind < b.kind ? -1 : a.kind > b.kind ? 1 : 0));
}
