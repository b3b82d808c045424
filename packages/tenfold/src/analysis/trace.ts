/**
 * What a network does, without doing it: its forward pass on the meta device, where operators have shapes and no data, as a
 * graph of operators and the tensors between them. Everything that the library says of a network follows from this graph
 * and from what operators say of themselves.
 */

import { onDevice } from '../device/current.js';
import { type DType, empty, type Spec, type Storage } from '../device/device.js';
import { meta } from '../device/meta.js';
import { ShapeError } from '../errors.js';
import type { Module } from '../nn/module.js';
import { type Application, type Operator, observing } from '../ops/_operator.js';
import { withDraws } from '../tensor/random.js';
import { scope } from '../tensor/scope.js';
import { noGrad } from '../tensor/tape.js';
import { operandOf, Tensor } from '../tensor/tensor.js';
import { announcingForward, type ForwardListener } from './_announce-forward.js';

/** A tensor of the graph. */
export interface TracedTensor {
  readonly index: number;
  readonly shape: readonly number[];
  readonly dtype: DType;
  /** Where it comes from; a constant was made by no operator that was seen. */
  readonly role: 'input' | 'parameter' | 'buffer' | 'constant' | 'result';
  /** Of a parameter or buffer, `layer1.0.conv1.weight`. */
  readonly name?: string;
  /** The index of the step that made it, if it is a result. */
  readonly step?: number;
  /** Tensors that share memory have the same number. */
  readonly storage: number;
  /** Whether training sends a gradient through it. */
  readonly hasGradient: boolean;
  /** Whether it depends on the network's input. */
  readonly fromInput: boolean;
}

/** One operator at work. */
export interface TracedStep {
  readonly index: number;
  readonly operator: Operator<object>;
  /** The operator's options, normalised, and the sizes that follow from them. */
  readonly record: object;
  /** The innermost module at work, `layer1.0.conv1`; '' is the network itself. */
  readonly module: string;
  readonly inputs: readonly (TracedTensor | undefined)[];
  readonly output: TracedTensor;
  /** By-products that are results of their own, as the indices of topK. */
  readonly others: readonly TracedTensor[];
  /** Everything that the operator writes, the result first. */
  readonly specs: readonly Spec[];
}

/** A module's first forward pass. */
export interface TracedModule {
  readonly name: string;
  /** Its class, `Conv2d`. */
  readonly kind: string;
  /** Its step numbers are from `first` to before `end`. */
  readonly first: number;
  readonly end: number;
  /** Undefined where what it got first was not made by the network. */
  readonly input: TracedTensor | undefined;
  readonly output: TracedTensor | undefined;
}

export interface Trace {
  readonly input: TracedTensor;
  readonly output: TracedTensor;
  readonly tensors: readonly TracedTensor[];
  readonly steps: readonly TracedStep[];
  /** In the order in which they began, the network itself first. */
  readonly modules: readonly TracedModule[];
  /** All parameters, used or not: how many numbers they hold together. */
  readonly parameters: number;
}

export interface TraceOptions {
  /** Whether layers behave as in training. @default false */
  readonly training?: boolean;
  /**
   * Whether steps are those of the layers, each by itself, or those that really run when nobody looks, where layers are
   * computed in one go. Then nobody knows the modules. @default 'apart'
   */
  readonly layers?: 'apart' | 'as ever';
}

/**
 * Follows one forward pass.
 *
 * @param build Makes the model, `() => resnet18()`. It is called on the meta device, where parameters take no memory.
 * @param inputShape [N, H, W, C]
 * @throws ShapeError if the input does not fit the model, or if the model returns anything but a tensor of its own.
 */
export function trace(
  build: () => Module,
  inputShape: readonly number[],
  { training = false, layers = 'apart' }: TraceOptions = {},
): Trace {
  return onDevice(meta, () => withDraws(0, 0, () => follow(build().train(training), inputShape, layers)));
}

function follow(model: Module, inputShape: readonly number[], layers: 'apart' | 'as ever'): Trace {
  const recorder = new Recorder(model);
  return scope(() => {
    const x = new Tensor(empty(meta, { shape: [...inputShape], dtype: 'float32' }));
    const input = recorder.enter(x, { role: 'input', hasGradient: false, fromInput: true });
    const listener: ForwardListener = {
      enter: (name, module, inputs) => recorder.begin(name, module, inputs),
      leave: (_, module, output) => recorder.end(module, output),
    };
    const observe = (application: Application) => recorder.add(application);
    const result: unknown =
      layers === 'apart'
        ? announcingForward(model, listener, () => observing(observe, () => noGrad(() => model.forward(x))))
        : observing(observe, () => model.forward(x), layers);
    const output = result instanceof Tensor ? recorder.find(result) : undefined;
    if (output === undefined) {
      throw new ShapeError(
        `the forward pass must return a tensor, not ${result instanceof Promise ? 'a promise' : typeof result}`,
        { operator: model.constructor.name, rule: 'result', got: typeof result, expected: 'a tensor' },
      );
    }
    const { tensors, steps, modules } = recorder;
    const parameters = model.parameters().reduce((sum, { length }) => sum + length, 0);
    return { input, output, tensors, steps, modules, parameters };
  });
}

type Origin = Pick<TracedTensor, 'role' | 'hasGradient' | 'fromInput'> &
  Partial<Pick<TracedTensor, 'name' | 'step'>>;

/** Builds the graph as operators and modules report. */
class Recorder {
  readonly tensors: TracedTensor[] = [];
  readonly steps: TracedStep[] = [];
  readonly modules: TracedModule[] = [];
  readonly #known = new Map<Tensor, TracedTensor>();
  /** The last one with this storage and shape. */
  readonly #latest = new Map<string, TracedTensor>();
  readonly #storages = new Map<Storage, number>();
  readonly #owned = new Map<Tensor, Origin>();
  readonly #working: string[] = [];
  readonly #places = new Map<Module, number>();

  constructor(model: Module) {
    for (const [name, parameter] of model.namedParameters()) {
      const { requiresGrad: hasGradient } = parameter;
      this.#owned.set(parameter, { role: 'parameter', name, hasGradient, fromInput: false });
    }
    for (const [name, buffer] of model.namedBuffers()) {
      this.#owned.set(buffer, { role: 'buffer', name, hasGradient: false, fromInput: false });
    }
  }

  begin(name: string, module: Module, inputs: readonly unknown[]): void {
    this.#working.push(name);
    if (this.#places.has(module)) return;
    this.#places.set(module, this.modules.length);
    const first = inputs.find((input) => input instanceof Tensor);
    this.modules.push({
      name,
      kind: module.constructor.name,
      first: this.steps.length,
      end: -1,
      input: first && this.find(first),
      output: undefined,
    });
  }

  end(module: Module, output: unknown): void {
    this.#working.pop();
    const place = this.#places.get(module)!;
    const begun = this.modules[place]!;
    if (begun.end >= 0) return;
    const made = output instanceof Tensor ? this.find(output) : undefined;
    this.modules[place] = { ...begun, end: this.steps.length, output: made };
  }

  add({ operator, record, inputs, output, others }: Application): void {
    const given = inputs.map((input) => input && this.find(input));
    const some = (key: 'hasGradient' | 'fromInput') => given.some((input) => input?.[key]);
    const origin = { role: 'result', step: this.steps.length, fromInput: some('fromInput') } as const;
    this.steps.push({
      index: this.steps.length,
      operator,
      record,
      module: this.#working.at(-1) ?? '',
      inputs: given,
      output: this.enter(output, {
        ...origin,
        hasGradient: output.dtype === 'float32' && some('hasGradient'),
      }),
      others: others.map((other) => this.enter(other, { ...origin, hasGradient: false })),
      specs: operator.outputs(record),
    });
  }

  enter(tensor: Tensor, origin: Origin): TracedTensor {
    const { storage } = operandOf(tensor);
    if (!this.#storages.has(storage)) this.#storages.set(storage, this.#storages.size);
    const entered: TracedTensor = {
      index: this.tensors.length,
      shape: tensor.shape,
      dtype: tensor.dtype,
      storage: this.#storages.get(storage)!,
      ...origin,
    };
    this.tensors.push(entered);
    this.#known.set(tensor, entered);
    this.#latest.set(keyOf(entered), entered);
    return entered;
  }

  /** A tensor that was not seen before may be another one's numbers under a new name, as those of `detach` are. */
  find(tensor: Tensor): TracedTensor {
    const known = this.#known.get(tensor);
    if (known !== undefined) return known;
    const storage = this.#storages.get(operandOf(tensor).storage);
    const twin =
      storage === undefined ? undefined : this.#latest.get(keyOf({ storage, shape: tensor.shape }));
    if (twin !== undefined) return twin;
    const constant: Origin = { role: 'constant', hasGradient: false, fromInput: false };
    return this.enter(tensor, this.#owned.get(tensor) ?? constant);
  }
}

function keyOf({ storage, shape }: Pick<TracedTensor, 'storage' | 'shape'>): string {
  return `${storage} ${shape.join(' ')}`;
}
