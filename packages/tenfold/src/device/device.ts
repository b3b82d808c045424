/**
 * What every device is: somewhere to keep numbers, and kernels by name that compute with them.
 *
 * A kernel gets operands by name and one plain record of numbers (sizes, strides, rates), nothing else. An operator
 * makes the record once; a device copies it field by field into whatever its kernels read (a descriptor in memory, a
 * uniform buffer). So a new kernel needs no code in any device's plumbing, and a device never knows an operator.
 */

export type DType = 'float32' | 'int32' | 'uint8';
export type TypedArray = Float32Array | Int32Array | Uint8Array;

export const bytesPerElement: Readonly<Record<DType, number>> = { float32: 4, int32: 4, uint8: 1 };

/** Shape and kind of a tensor that need not exist yet. */
export interface Spec {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** The numbers that a kernel reads besides its operands; arrays fill numbered fields (`size` fills `size0`, `size1`). */
export type KernelRecord = object;

export type Operands = Readonly<Record<string, Operand | undefined>>;

export interface Device {
  readonly name: string;
  /** One line for people: what `start` got. */
  readonly description: string;
  /** The names that `run` knows; absent where it takes any. */
  readonly kernels?: ReadonlySet<string>;
  /** @throws OutOfMemoryError when there is no room for `length` elements. */
  allocate(dtype: DType, length: number): unknown;
  free(handle: unknown): void;
  write(handle: unknown, values: TypedArray): void;
  /** A copy, in an ordinary ArrayBuffer. */
  read(handle: unknown): Promise<TypedArray>;
  /** Where reading back needs no waiting. */
  readSync?(handle: unknown): TypedArray;
  run(kernel: string, record: KernelRecord, operands: Operands): void;
  /** What is allocated now. */
  usage(): { readonly bytes: number; readonly tensors: number };
}

/** A counted piece of device memory: a tensor, its views and the tape may hold it together; the last to let go frees it. */
export class Storage {
  /** Rises with every write in place, so that prepared copies and saved activations notice. */
  version = 0;
  readonly handle: unknown;
  #holders = 1;

  constructor(
    readonly device: Device,
    readonly dtype: DType,
    readonly length: number,
  ) {
    this.handle = device.allocate(dtype, length);
  }

  get freed(): boolean {
    return this.#holders === 0;
  }

  get shared(): boolean {
    return this.#holders > 1;
  }

  retain(): this {
    this.#holders++;
    return this;
  }

  release(): void {
    if (--this.#holders === 0) this.device.free(this.handle);
  }
}

/**
 * A kernel's view of a tensor. `pixelStride` (elements from one pixel or row to the next) and `channelOffset` let a
 * kernel work on some of the channels of a wider tensor, so that concatenation is written in place; where absent, the
 * tensor is dense.
 */
export interface Operand extends Spec {
  readonly storage: Storage;
  readonly pixelStride?: number;
  readonly channelOffset?: number;
}

export function elements(shape: readonly number[]): number {
  let product = 1;
  for (const side of shape) product *= side;
  return product;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((side, axis) => side === b[axis]);
}

/** A new operand with undefined contents; whoever gets it releases its storage. */
export function empty(device: Device, { shape, dtype }: Spec): Operand {
  return { storage: new Storage(device, dtype, elements(shape)), shape, dtype };
}
