/**
 * An operator describes itself once: shapes, cost, geometry, forward, backward. Everything else (eager execution,
 * gradients, counting) follows from that description here.
 */

import { type Device, type DType, empty, type Operand, type Spec } from '../device/device.js';
import { ShapeError } from '../errors.js';
import { TapeNode } from '../tensor/tape.js';
import { operandOf, Tensor } from '../tensor/tensor.js';

export type Inputs<Kind> = readonly (Kind | undefined)[];

/** `word`: float32 or int32, for operators that move elements and do not compute with them. */
export type InputDType = DType | 'word' | 'any';

/** What an operator costs forward. One multiply-accumulate is two floating-point operations. */
export interface Cost {
  /** Of convolutions and matrix products. */
  readonly multiplyAccumulates: number;
  /** Every other arithmetic operation, roughly: one for each addition, multiplication, comparison or exponential. */
  readonly otherOperations: number;
}

/** Which pixels of an input an output pixel reads. */
export type Field =
  /** The one at its own place; where a side of 1 is repeated, the only one. */
  | { readonly kind: 'pointwise' }
  /** Every pixel of the input. */
  | { readonly kind: 'global' }
  /** The one at its own place, and statistics of every pixel. */
  | { readonly kind: 'statistics' }
  | ({ readonly kind: 'window' } & WindowField)
  /** A window whose taps the data move. */
  | ({ readonly kind: 'data-dependent' } & WindowField);

/**
 * Along one axis output o reads inputs o * stride - padding + tap * dilation, as far as there are such. These numbers are
 * fractions where images grow, and then only whole positions are pixels.
 */
export interface WindowField {
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly dilationHeight: number;
  readonly dilationWidth: number;
  readonly paddingTop: number;
  readonly paddingLeft: number;
}

/** Which channels of an input a channel of the output reads; with more than four axes, those behind the width together. */
export type Channels =
  | { readonly kind: 'all' }
  /** Both are divided into as many equal groups, and each reads the one at its own place. */
  | { readonly kind: 'groups'; readonly groups: number }
  /** Channel c reads channel c + offset, if there is one. */
  | { readonly kind: 'offset'; readonly offset: number }
  /** Channel c reads those of list(c). */
  | { readonly kind: 'list'; readonly list: (channel: number) => readonly number[] };

export const allChannels: Channels = { kind: 'all' };
export const ownChannel: Channels = { kind: 'offset', offset: 0 };

export interface BackwardContext<In extends Inputs<Operand>> {
  readonly device: Device;
  /** Those that `retain` asked for. */
  readonly inputs: In;
  readonly outputs: readonly Operand[];
  /** Of the first output. */
  readonly gradient: Operand;
  /** For each input, whether its gradient is wanted. */
  readonly wanted: readonly boolean[];
}

export interface Operator<Record extends object, In extends Inputs<Operand> = Inputs<Operand>> {
  readonly name: string;
  /** The kind of each input, or how it follows from the record. @default float32 */
  readonly dtypes?: readonly InputDType[] | ((record: Record) => readonly InputDType[]);
  /**
   * The first output is the result. The others are by-products: `backward` may read them (pooling's indices, say), and
   * `applyAll` hands them out. A result that is not float32 has no gradient.
   */
  readonly outputs: (record: Record) => readonly [Spec, ...Spec[]];
  /** The by-products, by index, that only `backward` reads: where nothing is recorded, `forward` does not make them. */
  readonly forGradient?: readonly number[];
  readonly cost: (record: Record) => Cost;
  /**
   * How many times the multiply-accumulates of `cost` are spent again on the gradients that are wanted; operators without
   * multiply-accumulates have no need to say.
   */
  readonly backwardProducts?: (wanted: readonly boolean[]) => number;
  /** Of the input with that index; parameters that every output reads are `global`. */
  readonly field: (record: Record, input: number) => Field;
  /** Of the input with that index. */
  readonly channels: (record: Record, input: number) => Channels;
  readonly forward: (
    device: Device,
    record: Record,
    inputs: In,
    outputs: readonly (Operand | undefined)[],
  ) => void;
  /** Whether the result is the first input under another shape: it shares its memory, and `forward` has nothing to do. */
  readonly view?: (record: Record) => boolean;
  /** The inputs that `forward` writes to, by index: running statistics. */
  readonly mutates?: readonly number[];
  /** Which inputs and outputs `backward` reads, by index, given which gradients are wanted. */
  readonly retain: (
    wanted: readonly boolean[],
    record: Record,
  ) => {
    readonly inputs?: readonly number[];
    readonly outputs?: readonly number[];
  };
  /** The gradient of each input, in order; the caller takes over each operand. May return more than is wanted. */
  readonly backward: (record: Record, context: BackwardContext<In>) => Inputs<Operand>;
}

/** The same memory under another shape. */
export function viewOf(operand: Operand, shape: readonly number[]): Operand {
  return { ...operand, storage: operand.storage.retain(), shape };
}

/** One operator's application, as observers see it. */
export interface Application {
  readonly operator: Operator<object>;
  readonly record: object;
  readonly inputs: Inputs<Tensor>;
  readonly output: Tensor;
  /** The by-products that are handed out as results, as those of `applyAll`. */
  readonly others: readonly Tensor[];
}

let observer: ((application: Application) => void) | undefined;
let apart = false;

/**
 * Runs `body` and tells `observe` of every operator that it applies, in order.
 *
 * @param layers Whether layers are computed apart from each other, so that each can be seen, or as without an observer.
 */
export function observing<Result>(
  observe: (application: Application) => void,
  body: () => Result,
  layers: 'apart' | 'as ever' = 'apart',
): Result {
  const outer = { observer, apart };
  observer = observe;
  apart = layers === 'apart';
  try {
    return body();
  } finally {
    observer = outer.observer;
    apart = outer.apart;
  }
}

/** Whether somebody wants to see each layer, so that none may be computed along with another. */
export function areLayersApart(): boolean {
  return apart;
}

type TensorsOf<In extends Inputs<Operand>> = {
  readonly [Index in keyof In]: In[Index] extends Operand ? Tensor : Tensor | undefined;
};

/** Runs an operator and puts it on the tape. By-products live as long as the tape needs them. */
export function apply<Record extends object, In extends Inputs<Operand>>(
  operator: Operator<Record, In>,
  record: Record,
  inputs: TensorsOf<In>,
): Tensor {
  const { node, outputs } = execute(operator, record, inputs);
  const [result, ...byProducts] = outputs;
  for (const byProduct of byProducts) byProduct?.storage.release();
  const output = new Tensor(result, node);
  announce(operator, record, inputs, output, []);
  return output;
}

/** As `apply`, for operators with several results: returns all outputs. Gradients flow back from the first alone. */
export function applyAll<Record extends object, In extends Inputs<Operand>>(
  operator: Operator<Record, In>,
  record: Record,
  inputs: TensorsOf<In>,
): readonly [Tensor, ...Tensor[]] {
  const { node, outputs } = execute(operator, record, inputs);
  const [result, ...others] = outputs;
  const output = new Tensor(result, node);
  const rest = others.map((other) => new Tensor(other!));
  announce(operator, record, inputs, output, rest);
  return [output, ...rest];
}

function announce<Record extends object, In extends Inputs<Operand>>(
  operator: Operator<Record, In>,
  record: Record,
  inputs: Inputs<Tensor>,
  output: Tensor,
  others: readonly Tensor[],
): void {
  observer?.({ operator: operator as unknown as Operator<object>, record, inputs, output, others });
}

function execute<Record extends object, In extends Inputs<Operand>>(
  operator: Operator<Record, In>,
  record: Record,
  tensors: Inputs<Tensor>,
): {
  readonly node: TapeNode | undefined;
  readonly outputs: readonly [Operand, ...(Operand | undefined)[]];
} {
  const device = commonDevice(operator.name, tensors);
  const { dtypes = [] } = operator;
  checkDtypes(operator.name, typeof dtypes === 'function' ? dtypes(record) : dtypes, tensors);
  const operands = tensors.map((tensor) => tensor && operandOf(tensor));
  const specs = operator.outputs(record);
  const nodes = specs[0].dtype === 'float32' ? tensors.map((tensor) => tensor?.tapeNode()) : [];
  const wanted = nodes.map((node) => node !== undefined);
  const isRecorded = wanted.includes(true);
  const outputs: (Operand | undefined)[] = [];
  const view = operator.view?.(record);
  try {
    for (const [index, spec] of specs.entries()) {
      if (!isRecorded && operator.forGradient?.includes(index)) outputs.push(undefined);
      else if (view) outputs.push({ ...spec, storage: operands[0]!.storage.retain() });
      else outputs.push(empty(device, spec));
    }
    if (!view) operator.forward(device, record, operands as unknown as In, outputs);
  } catch (error) {
    for (const output of outputs) output?.storage.release();
    throw error;
  }
  for (const index of operator.mutates ?? []) {
    const mutated = operands[index];
    if (mutated !== undefined) mutated.storage.version++;
  }
  const node = isRecorded ? tapeNode(operator, record, operands, outputs, nodes, wanted) : undefined;
  return { node, outputs: outputs as [Operand, ...(Operand | undefined)[]] };
}

function tapeNode<Record extends object, In extends Inputs<Operand>>(
  operator: Operator<Record, In>,
  record: Record,
  operands: Inputs<Operand>,
  outputs: Inputs<Operand>,
  nodes: readonly (TapeNode | undefined)[],
  wanted: readonly boolean[],
): TapeNode {
  const retain = operator.retain(wanted, record);
  const inputs = operands.map((operand, index) => (retain.inputs?.includes(index) ? operand : undefined));
  const kept = outputs.map((operand, index) => (retain.outputs?.includes(index) ? operand : undefined));
  const saved = [...inputs, ...kept].flatMap((operand) => (operand === undefined ? [] : [operand.storage]));
  const { device } = outputs[0]!.storage;
  return new TapeNode(operator.name, nodes, saved, (gradient) =>
    operator.backward(record, {
      device,
      inputs: inputs as unknown as In,
      outputs: kept as Operand[],
      gradient,
      wanted,
    }),
  );
}

function commonDevice(operator: string, tensors: Inputs<Tensor>): Device {
  const [first, ...others] = tensors.filter((tensor) => tensor !== undefined);
  const stranger = others.find((tensor) => tensor.device !== first!.device);
  if (stranger !== undefined) {
    throw new ShapeError(
      `its inputs are on different devices, ${first!.device.name} and ${stranger.device.name}; make them on one`,
      { operator, rule: 'one device', got: stranger.device.name, expected: first!.device.name },
    );
  }
  return first!.device;
}

function checkDtypes(operator: string, dtypes: readonly InputDType[], tensors: Inputs<Tensor>): void {
  for (const [index, tensor] of tensors.entries()) {
    if (tensor === undefined) continue;
    const expected = dtypes[index] ?? 'float32';
    const { dtype, shape } = tensor;
    if (expected === 'any' || dtype === expected || (expected === 'word' && dtype !== 'uint8')) continue;
    const allowed = expected === 'word' ? 'float32 or int32' : expected;
    throw new ShapeError(
      `input ${index} of shape [${shape.join(', ')}] is ${dtype} but must be ${allowed}; make it from ${expected === 'int32' ? 'an Int32Array' : 'a Float32Array or plain numbers'}`,
      { operator, rule: 'kind of input', got: dtype, expected: allowed },
    );
  }
}
