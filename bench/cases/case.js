// What a case is: one application of one operator, as the operator itself records it, and the directions in which it runs.

import { elements, empty } from '../../packages/tenfold/dist/device/device.js';
import { pick } from '../../packages/tenfold/dist/device/wasm/pick.js';
import { meta, onDevice, Tensor } from '../../packages/tenfold/dist/index.js';
import { observing } from '../../packages/tenfold/dist/ops/_operator.js';

/**
 * Numbers that the operator computes with; their gradient counts as an input gradient.
 *
 * @param values 'even': from -1 to 1; 'positive': from 0.5 to 1.5.
 */
export const data = (shape, values = 'even') => ({ shape, dtype: 'float32', role: 'data', values });

/** Numbers that training changes; their gradient counts as a weight gradient. */
export const parameter = (shape) => ({ shape, dtype: 'float32', role: 'parameter', values: 'even' });

/** Numbers without gradient. */
export const buffer = (shape, values = 'even') => ({ shape, dtype: 'float32', role: 'buffer', values });

/** Whole numbers below `classes`. */
export const labels = (shape, classes) => ({ shape, dtype: 'int32', role: 'buffer', values: { classes } });

/**
 * The case of what `apply` does to tensors of these shapes; of several operators that it applies, the first.
 *
 * @param inputs In the order in which `apply` takes them.
 */
export function operatorCase({ group, name, inputs, apply }) {
  const seen = [];
  onDevice(meta, () => {
    const tensors = inputs.map(({ shape, dtype }) => new Tensor(empty(meta, { shape, dtype })));
    observing(
      ({ operator, record, inputs: given }) => {
        seen.push({ operator, record, inputs: given.map((tensor) => inputs[tensors.indexOf(tensor)]) });
      },
      () => apply(...tensors),
    );
  });
  return { group, name, ...seen[0] };
}

const bytesOf = (specs) => specs.reduce((sum, { shape }) => sum + 4 * elements(shape), 0);

/**
 * The directions of a case in which a device has something to do, each with what it costs at least: floating-point
 * operations of its products (one multiply-accumulate is two), divided by what Winograd's method saves, and bytes, every
 * operand read or written once. `parts` are those of a direction that is several in a row.
 *
 * @returns {{ direction, wanted?, flop, arithmetic, bytes, parts? }[]}
 */
export function directionsOf(it) {
  const { operator, record, inputs } = it;
  const outputs = operator.outputs(record);
  const products = 2 * operator.cost(record).multiplyAccumulates;
  const direction = (name, wanted, { factor, operands }) => {
    const calls = dryRun(it, wanted);
    if (calls.length === 0) return [];
    const flop = factor * products;
    const touched = calls
      .flatMap((call) => Object.values(call.operands))
      .filter((operand) => operand !== undefined);
    // An operator may hand a gradient through, and then touches less than its operands.
    const bytes = Math.min(bytesOf(operands), bytesOf(touched));
    return [
      { direction: name, wanted, flop, arithmetic: flop / Math.max(...calls.map(winogradGain)), bytes },
    ];
  };
  const given = inputs.filter((input) => input !== undefined);
  const results = outputs.filter((_, index) => !operator.forGradient?.includes(index));
  const forward = direction('forward', undefined, { factor: 1, operands: [...given, ...results] });
  if (outputs[0].dtype !== 'float32') return forward;
  const backward = (name, ...roles) => {
    const wanted = inputs.map((input) => input !== undefined && roles.includes(input.role));
    if (!wanted.includes(true)) return [];
    const retained = operator.retain(wanted, record);
    const operands = [
      ...(retained.inputs ?? []).map((index) => inputs[index]),
      ...(retained.outputs ?? []).map((index) => outputs[index]),
      outputs[0],
      ...inputs.filter((_, index) => wanted[index]),
    ].filter((operand) => operand !== undefined);
    return direction(name, wanted, { factor: operator.backwardProducts?.(wanted) ?? 0, operands });
  };
  if (products === 0) return [...forward, ...backward('backward', 'data', 'parameter')];
  const parts = [
    ...forward,
    ...backward('input gradient', 'data'),
    ...backward('weight gradient', 'parameter'),
  ];
  const sum = (what) => parts.reduce((total, part) => total + part[what], 0);
  const all = ['flop', 'arithmetic', 'bytes'].map((what) => [what, sum(what)]);
  return [...parts, { direction: 'forward + backward', parts, ...Object.fromEntries(all) }];
}

/** What the operator would ask of a device: kernels, with their records and operands. */
function dryRun({ operator, record, inputs }, wanted) {
  const calls = [];
  const device = { ...meta, run: (kernel, record, operands) => calls.push({ kernel, record, operands }) };
  const operands = inputs.map((input) => input && empty(device, input));
  const outputs = operator.outputs(record).map((spec) => empty(device, spec));
  if (wanted === undefined) {
    const results = outputs.map((output, index) =>
      operator.forGradient?.includes(index) ? undefined : output,
    );
    if (!operator.view?.(record)) operator.forward(device, record, operands, results);
  } else {
    operator.backward(record, {
      device,
      inputs: operands,
      outputs,
      gradient: empty(device, outputs[0]),
      wanted,
    });
  }
  return calls;
}

/**
 * How many products a direct convolution takes for each of those of the kernel that runs: F(4x4, 3x3) makes 16 results of
 * 36 products where the direct way takes 144, and wastes what hangs over the image's edges.
 */
function winogradGain({ kernel, record }) {
  if (!pick(kernel, record).startsWith('winograd')) return 1;
  const side = kernel === 'conv2dInputGradient' ? 'in' : 'out';
  return ['Height', 'Width'].reduce((gain, axis) => {
    const [length, dilation] = [record[`${side}${axis}`], record[`dilation${axis}`]];
    return (gain * length) / (4 * dilation * Math.ceil(Math.ceil(length / dilation) / 4));
  }, 4);
}
