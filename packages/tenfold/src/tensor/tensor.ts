/// <reference lib="esnext.disposable" preserve="true" />
/** A tensor: a shape over device memory, and, if it depends on parameters, the node of the tape that made it. */

import { currentDevice } from '../device/current.js';
import {
  type Device,
  type DType,
  elements,
  empty,
  type Operand,
  type Storage,
  type TypedArray,
} from '../device/device.js';
import { ShapeError, StateError } from '../errors.js';
import { keep, track } from './scope.js';
import { isRecording, sum, TapeNode } from './tape.js';

/** The backstop for tensors that were dropped outside any scope; it runs between turns of the event loop. */
const dropped = new FinalizationRegistry<{ storage: Storage; node: TapeNode | undefined }>(
  ({ storage, node }) => {
    storage.release();
    node?.release();
  },
);

const symbolDispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for('Symbol.dispose');

export class Tensor implements Operand, Disposable {
  readonly shape: readonly number[];
  readonly #storage: Storage;
  #node: TapeNode | undefined;
  #requiresGrad = false;
  #grad: Tensor | undefined;
  #disposed = false;

  /** Takes over one hold on `operand`'s storage and on `node`. Users call `tensor`, `zeros` or an operator instead. */
  constructor(operand: Operand, node?: TapeNode) {
    this.shape = operand.shape;
    this.#storage = operand.storage;
    this.#node = node;
    this.#requiresGrad = node !== undefined;
    dropped.register(this, { storage: operand.storage, node }, this);
    track(this);
  }

  get dtype(): DType {
    return this.#storage.dtype;
  }

  get device(): Device {
    return this.#storage.device;
  }

  /** The number of elements. */
  get length(): number {
    return this.#storage.length;
  }

  /** @throws StateError if the tensor has been freed. */
  get storage(): Storage {
    if (this.#disposed) {
      throw new StateError(
        `this tensor [${this.shape.join(', ')}] has been freed: it was made inside a scope, trainStep or predict that has ended, or disposed of; return it from there to keep it`,
      );
    }
    return this.#storage;
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /** Whether gradients flow to this tensor. Settable on leaves: tensors that no operator made. */
  get requiresGrad(): boolean {
    return this.#requiresGrad;
  }

  set requiresGrad(value: boolean) {
    if (this.#node !== undefined && this.#node.operator !== 'leaf') {
      throw new StateError(
        `requiresGrad can only be set on a tensor that no operator made; this one comes from ${this.#node.operator}`,
      );
    }
    if (value && this.dtype !== 'float32') {
      throw new StateError(`only float32 tensors can require gradients; this one is ${this.dtype}`);
    }
    this.#requiresGrad = value;
  }

  /** The gradient that `backward` left here, of the tensor's own shape; gradients of several passes add up. */
  get grad(): Tensor | undefined {
    return this.#grad;
  }

  zeroGrad(): void {
    this.#grad?.dispose();
    this.#grad = undefined;
  }

  /** The node to which gradients of this tensor are sent, or undefined if it needs none. */
  tapeNode(): TapeNode | undefined {
    if (!this.#requiresGrad || !isRecording()) return undefined;
    this.#node ??= TapeNode.leaf((gradient) => {
      const earlier = this.#grad;
      const total = sum(earlier && { ...operandOf(earlier), storage: earlier.storage.retain() }, gradient);
      earlier?.dispose();
      this.#grad = keep(new Tensor(total));
    });
    return this.#node;
  }

  /**
   * Computes the gradient of this scalar with respect to every leaf that requires one, and frees the tape.
   *
   * @throws ShapeError unless the tensor has exactly one element; StateError if it depends on nothing that requires a
   *   gradient, or if its tape was used before.
   */
  backward(): void {
    if (this.length !== 1) {
      throw new ShapeError(
        `only a scalar can be differentiated, but this tensor has shape [${this.shape.join(', ')}]; take its sum or mean first`,
        { operator: 'backward', rule: 'scalar', got: this.shape, expected: [1] },
      );
    }
    const node = this.tapeNode();
    if (node === undefined) {
      throw new StateError('backward: this tensor depends on nothing that requires a gradient');
    }
    const seed = empty(this.device, { shape: this.shape, dtype: 'float32' });
    this.device.write(seed.storage.handle, new Float32Array([1]));
    TapeNode.backward(node, seed);
  }

  /** The same numbers without the tape. */
  detach(): Tensor {
    return new Tensor({ ...operandOf(this), storage: this.storage.retain() });
  }

  /** A copy of the elements in row-major order (channels last), in an ordinary ArrayBuffer. */
  async data(): Promise<TypedArray> {
    return this.device.read(this.storage.handle);
  }

  /** As `data`, at once; only on devices whose memory is the host's. */
  dataSync(): TypedArray {
    const { readSync } = this.device;
    if (readSync === undefined) {
      throw new StateError(
        `dataSync: the ${this.device.name} device cannot be read without waiting; use await data()`,
      );
    }
    return readSync.call(this.device, this.storage.handle);
  }

  /**
   * The only element of a tensor of one element.
   *
   * @throws ShapeError if there are more.
   */
  async item(): Promise<number> {
    if (this.length !== 1) {
      throw new ShapeError(`the tensor has shape [${this.shape.join(', ')}], not one element; use data()`, {
        operator: 'item',
        rule: 'one element',
        got: this.shape,
        expected: [1],
      });
    }
    return (await this.data())[0]!;
  }

  /** Frees the tensor now. Its memory lives on while the tape or a view needs it. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    dropped.unregister(this);
    this.#grad?.dispose();
    this.#node?.release();
    this.#storage.release();
  }

  [symbolDispose](): void {
    this.dispose();
  }
}

/** Whether an operator on these tensors is put on the tape. */
export function needsTape(tensors: readonly (Tensor | undefined)[]): boolean {
  return isRecording() && tensors.some((tensor) => tensor?.requiresGrad);
}

/** The tensor as kernels see it, without a reference to the tensor itself, which may be dropped meanwhile. */
export function operandOf({ storage, shape, dtype }: Tensor): Operand {
  return { storage, shape, dtype };
}

export interface TensorOptions {
  readonly device?: Device;
  readonly requiresGrad?: boolean;
}

const dtypeOf = (values: TypedArray): DType =>
  values instanceof Float32Array ? 'float32' : values instanceof Int32Array ? 'int32' : 'uint8';

/**
 * A tensor with these elements, in row-major order (images: [N, H, W, C]). Float32Array and plain numbers make
 * float32, Int32Array int32, Uint8Array uint8.
 *
 * @throws ShapeError if the number of values is not the product of `shape`.
 */
export function tensor(
  values: TypedArray | readonly number[],
  shape: readonly number[] = [values.length],
  { device = currentDevice(), requiresGrad = false }: TensorOptions = {},
): Tensor {
  const typed = ArrayBuffer.isView(values) ? values : Float32Array.from(values);
  checkShape('tensor', shape);
  if (elements(shape) !== typed.length) {
    throw new ShapeError(
      `${typed.length} values do not fill shape [${shape.join(', ')}], which has ${elements(shape)} elements`,
      { operator: 'tensor', rule: 'number of values', got: typed.length, expected: elements(shape) },
    );
  }
  const result = new Tensor(empty(device, { shape: [...shape], dtype: dtypeOf(typed) }));
  device.write(result.storage.handle, typed);
  if (requiresGrad) result.requiresGrad = true;
  return result;
}

/** A float32 tensor of this shape, every element `value`. */
export function full(shape: readonly number[], value: number, options?: TensorOptions): Tensor {
  checkShape('full', shape);
  return tensor(new Float32Array(elements(shape)).fill(value), shape, options);
}

/** A float32 tensor of zeros. */
export function zeros(shape: readonly number[], options?: TensorOptions): Tensor {
  return full(shape, 0, options);
}

function checkShape(operator: string, shape: readonly number[]): void {
  if (shape.every((side) => Number.isInteger(side) && side >= 0)) return;
  throw new ShapeError(`a shape is a list of whole numbers from 0 up, not [${shape.join(', ')}]`, {
    operator,
    rule: 'shape',
    got: shape,
    expected: 'non-negative integers',
  });
}
