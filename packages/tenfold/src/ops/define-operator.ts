/**
 * Operators of one's own with a gradient of one's own, written with operators that exist, as torch.autograd.Function is
 * used. The tape sees the new operator only: `forward` runs without one, and what it makes on the way is freed.
 */

import { onDevice } from '../device/current.js';
import { empty, type Operand, type Storage, sameShape } from '../device/device.js';
import { OptionError, ShapeError } from '../errors.js';
import { scope } from '../tensor/scope.js';
import { isRecording, noGrad, TapeNode } from '../tensor/tape.js';
import { operandOf, Tensor } from '../tensor/tensor.js';
import { copyPieces } from './_place.js';

export interface OperatorDefinition<Arguments extends readonly unknown[]> {
  /** For error messages. */
  readonly name: string;
  /** The result of some tensors, which may be undefined where they are optional, and then, if wanted, one options argument. */
  readonly forward: (...given: Arguments) => Tensor;
  /** The gradient of each tensor, in order, of its shape; undefined for none. It must not change what it is given. */
  readonly backward: (context: GradientContext<Arguments>) => readonly (Tensor | undefined)[];
}

export interface GradientContext<Arguments extends readonly unknown[]> {
  /** The tensors that `forward` was given. */
  readonly inputs: TensorsIn<Arguments>;
  readonly options: OptionsIn<Arguments>;
  /** What `forward` returned. */
  readonly output: Tensor;
  /** The gradient of the output, of its shape. */
  readonly gradient: Tensor;
  /** For each input, whether its gradient is wanted; any other may be left undefined. */
  readonly wanted: readonly boolean[];
}

type TensorsIn<Arguments extends readonly unknown[]> = number extends Arguments['length']
  ? readonly Tensor[]
  : Arguments extends readonly []
    ? readonly []
    : Arguments extends readonly [infer First, ...infer Rest]
      ? First extends Tensor | undefined
        ? readonly [First, ...TensorsIn<Rest>]
        : readonly []
      : Arguments extends readonly [(infer First)?, ...infer Rest]
        ? First extends Tensor
          ? readonly [First | undefined, ...TensorsIn<Rest>]
          : readonly []
        : never;

type OptionsIn<Arguments extends readonly unknown[]> = [Exclude<Arguments[number], Tensor>] extends [never]
  ? undefined
  : Exclude<Arguments[number], Tensor>;

/**
 * Makes an operator: `const cube = defineOperator({ name: 'cube', forward: (x: Tensor) => ..., backward: ... })`.
 *
 * Gradients flow to tensors among the arguments alone: one inside the options, or from outside the function, is a
 * constant. Inputs and output are kept for `backward`, which therefore cannot run after one was changed in place.
 *
 * @throws OptionError, when the operator is applied, unless tensors come first among the arguments; ShapeError when
 *   `forward` returns no tensor or `backward` gradients of another number, shape or kind than the tensors given.
 */
export function defineOperator<Arguments extends readonly unknown[]>(
  definition: OperatorDefinition<Arguments>,
): (...given: Arguments) => Tensor {
  const { name, forward } = definition;
  return (...given) => {
    const { inputs, options } = sorted(name, given);
    return scope(() => {
      const result = onDevice(inputs[0]!.device, () => noGrad(() => forward(...given)));
      checkResult(name, result);
      const output = operandOf(result);
      const node = nodeOf(definition, inputs, options, output);
      // The scope frees what `forward` has made; if it returned one of its inputs, that is none of ours.
      return new Tensor({ ...output, storage: output.storage.retain() }, node);
    });
  };
}

type OptionalTensors = readonly (Tensor | undefined)[];

/** Tensors come first; what is undefined after the last of them was not given. */
function sorted(
  operator: string,
  given: readonly unknown[],
): { readonly inputs: OptionalTensors; readonly options: unknown } {
  const count = given.findLastIndex((argument) => argument instanceof Tensor) + 1;
  const inputs = given.slice(0, count);
  const [options, ...more] = given.slice(count).filter((argument) => argument !== undefined);
  const problem = problemOf(inputs, options, more.length);
  if (problem === undefined) return { inputs: inputs as OptionalTensors, options };
  throw new OptionError(`${problem}; give one or more tensors first, then at most one argument of options`, {
    operator,
    rule: 'arguments',
    got: given.map(nameOf),
    expected: 'tensors, then options',
  });
}

function problemOf(inputs: readonly unknown[], options: unknown, more: number): string | undefined {
  const stranger = inputs.findIndex((argument) => argument !== undefined && !(argument instanceof Tensor));
  if (stranger >= 0) return `argument ${stranger} is ${nameOf(inputs[stranger])} but a tensor comes after it`;
  if (!(inputs[0] instanceof Tensor)) return 'the first argument is no tensor';
  if (more > 0) return `${more + 1} arguments are no tensors`;
  const isList = Array.isArray(options) && options.some((item) => item instanceof Tensor);
  return isList
    ? `argument ${inputs.length} is a list of tensors, to which no gradient could flow`
    : undefined;
}

function checkResult(operator: string, result: unknown): void {
  if (result instanceof Tensor) return;
  if (result instanceof Promise) result.catch(() => {});
  throw new ShapeError(`forward must return a tensor, not ${nameOf(result)}`, {
    operator,
    rule: 'result of forward',
    got: nameOf(result),
    expected: 'a tensor',
  });
}

function nodeOf<Arguments extends readonly unknown[]>(
  { name, backward }: OperatorDefinition<Arguments>,
  tensors: OptionalTensors,
  options: unknown,
  output: Operand,
): TapeNode | undefined {
  if (!isRecording() || output.dtype !== 'float32') return undefined;
  const nodes = tensors.map((tensor) => tensor?.tapeNode());
  const wanted = nodes.map((node) => node !== undefined);
  if (!wanted.includes(true)) return undefined;
  const inputs = tensors.map((tensor) => tensor && operandOf(tensor));
  const saved = [...inputs, output].flatMap((operand) => (operand === undefined ? [] : [operand.storage]));

  return new TapeNode(name, nodes, saved, (gradient) => {
    const gradients = scope(() => {
      const context = {
        inputs: inputs.map((input) => input && tensorOver(input)),
        options,
        output: tensorOver(output),
        gradient: tensorOver(gradient),
        wanted,
      } as unknown as GradientContext<Arguments>;
      const returned = onDevice(output.storage.device, () => noGrad(() => backward(context)));
      checkGradients(name, returned, inputs);
      return wanted.map((isWanted, index): Operand | undefined => {
        const one = isWanted ? returned[index] : undefined;
        return one && { ...operandOf(one), storage: one.storage.retain() };
      });
    });
    return gradients.map((one) => one && ownedAlone(one, gradient.storage));
  });
}

function tensorOver(operand: Operand): Tensor {
  return new Tensor({ ...operand, storage: operand.storage.retain() });
}

/**
 * A gradient is added to and scaled in place. One that `backward` did not make but found, an input or a constant, is
 * therefore copied; the gradient that it was given (`given`) counts its holders itself.
 */
function ownedAlone(gradient: Operand, given: Storage): Operand {
  const { storage } = gradient;
  if (storage === given || !storage.shared) return gradient;
  const copy = empty(storage.device, gradient);
  copyPieces(storage.device, 1, [{ length: storage.length, x: gradient, y: copy }]);
  storage.release();
  return copy;
}

function checkGradients(operator: string, returned: unknown, inputs: readonly (Operand | undefined)[]): void {
  const mismatch = (message: string, rule: string, got: unknown, expected: unknown) =>
    new ShapeError(message, { operator, rule, got, expected });
  const count = `${inputs.length} ${inputs.length === 1 ? 'input' : 'inputs'}`;
  if (!Array.isArray(returned)) {
    if (returned instanceof Promise) returned.catch(() => {});
    throw mismatch(
      `backward must return a list with a gradient or undefined for each of ${count}, not ${nameOf(returned)}`,
      'result of backward',
      nameOf(returned),
      'a list',
    );
  }
  const gradients: readonly unknown[] = returned;
  const more = gradients.findLastIndex((gradient) => gradient !== undefined) >= inputs.length;
  if (gradients.length < inputs.length || more) {
    throw mismatch(
      `backward returned ${gradients.length} ${gradients.length === 1 ? 'gradient' : 'gradients'} for ${count}; give one for each, undefined where there is none`,
      'number of gradients',
      gradients.length,
      inputs.length,
    );
  }
  for (const [index, input] of inputs.entries()) {
    const gradient = gradients[index];
    if (gradient === undefined) continue;
    const where = `for input ${index}${input === undefined ? ', which was not given' : ` of shape [${input.shape.join(', ')}]`}`;
    if (!(gradient instanceof Tensor) || gradient.dtype !== 'float32') {
      const got = gradient instanceof Tensor ? `one of ${gradient.dtype}` : nameOf(gradient);
      throw mismatch(
        `backward returned ${got} ${where}; a gradient is a float32 tensor or undefined`,
        'kind of gradient',
        got,
        'a float32 tensor',
      );
    }
    if (input === undefined || !sameShape(gradient.shape, input.shape)) {
      throw mismatch(
        `backward returned a gradient of shape [${gradient.shape.join(', ')}] ${where}`,
        'shape of gradient',
        gradient.shape,
        input?.shape,
      );
    }
  }
}

function nameOf(value: unknown): string {
  if (value instanceof Tensor) return 'a tensor';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return `a ${value.constructor?.name ?? 'object'}`;
  return typeof value === 'function' ? 'a function' : String(value);
}
