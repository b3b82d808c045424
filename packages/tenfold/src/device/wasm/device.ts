/**
 * The wasm device: WebAssembly SIMD kernels on one shared memory and a pool of threads.
 *
 * A kernel reads one descriptor, whose fields (names, kinds and order) are those of the class in its source file. They
 * are filled by name: a field named like an operand gets its address, `xPixelStride` the pixel stride of operand `x`,
 * `workspace` the address of memory that the kernel asked for, and any other field the number of that name in the
 * record. A kernel may ask for memory that keeps what it prepares of the operand `weight` from call to call: `prepared`
 * is its address, and `isPrepared` says that the weight has not changed since. So adding a kernel changes nothing here.
 */

import { DeviceLostError, OutOfMemoryError, StateError } from '../../errors.js';
import {
  bytesPerElement,
  type Device,
  type DType,
  elements,
  type KernelRecord,
  type Operand,
  type Operands,
  type TypedArray,
} from '../device.js';
import { Heap } from './heap.js';
import { type FieldKind, layouts } from './kernels.generated.js';
import { pick } from './pick.js';
import { Pool } from './pool.js';
import { type Preparation, Prepared } from './prepared.js';

/** The control words come first, then one descriptor, then the heap. Address 0 stands for an operand that is absent. */
const descriptorAddress = 1024;
const heapStart = 4096;
/** What is prepared of weights may take so much, beside them. */
const preparedBytes = 256 * 1024 * 1024;

interface Handle {
  readonly address: number;
  readonly dtype: DType;
  readonly length: number;
}

interface Kernel {
  readonly index: number;
  readonly fields: readonly Field[];
  /** Where the fields are that only the device fills; undefined where the kernel has none. */
  readonly places: Readonly<Record<'workspace' | 'prepared' | 'isPrepared', number | undefined>>;
  /** The number of blocks of a phase; negative after the last phase. */
  readonly blocks: (descriptor: number, phase: number) => number;
  /** Bytes that all blocks share. */
  readonly workspace: ((descriptor: number) => number) | undefined;
  /** Bytes that keep what is prepared of the weight. */
  readonly prepared: ((descriptor: number) => number) | undefined;
  /** Bytes that each thread has for itself in a phase after the first. */
  readonly scratch: ((descriptor: number) => number) | undefined;
}

/** One field of a descriptor, and what its name says of where its value comes from. */
interface Field {
  readonly kind: FieldKind;
  readonly field: string;
  /** The operand whose pixel stride it is. */
  readonly operand: string | undefined;
  readonly element: { readonly list: string; readonly index: number } | undefined;
}

function fieldOf([field, kind]: readonly [name: string, kind: FieldKind]): Field {
  const [, operand] = /^(.+)PixelStride$/.exec(field) ?? [];
  const [, list, digit] = /^(.+)(\d)$/.exec(field) ?? [];
  const element = list === undefined ? undefined : { list, index: Number(digit) };
  return { kind, field, operand, element };
}

export interface WasmDeviceOptions {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly maximumBytes: number;
  readonly threads: number;
  readonly exact: boolean;
  readonly workerUrl?: string | URL | undefined;
  readonly timeoutMilliseconds: number;
}

export class WasmDevice implements Device {
  readonly name = 'wasm';
  readonly kernels: ReadonlySet<string> = new Set(Object.keys(layouts));
  readonly #kernels = new Map<string, Kernel>();
  /** The descriptor, which stays where it is when the memory grows. */
  readonly #integers: Int32Array;
  readonly #floats: Float32Array;
  readonly #heap: Heap;
  readonly #prepared: Prepared;
  #scratch = { address: 0, bytes: 0 };

  private constructor(
    private readonly memory: WebAssembly.Memory,
    maximumBytes: number,
    exports: Exports,
    readonly pool: Pool,
    /** Whether kernels that trade a digit for speed are forbidden. */
    readonly exact: boolean,
    /** Why there are fewer threads than were asked for, if so. */
    readonly problem: string | undefined,
  ) {
    this.#heap = new Heap(memory, maximumBytes, heapStart);
    this.#prepared = new Prepared(this.#heap, Math.min(preparedBytes, maximumBytes / 4));
    this.#integers = new Int32Array(memory.buffer, descriptorAddress, (heapStart - descriptorAddress) / 4);
    this.#floats = new Float32Array(memory.buffer, descriptorAddress, (heapStart - descriptorAddress) / 4);
    Object.entries(layouts).forEach(([name, layout], index) => {
      const placeOf = (field: string) => {
        const place = layout.findIndex(([other]) => other === field);
        return place < 0 ? undefined : place;
      };
      this.#kernels.set(name, {
        index,
        fields: layout.map(fieldOf),
        places: {
          workspace: placeOf('workspace'),
          prepared: placeOf('prepared'),
          isPrepared: placeOf('isPrepared'),
        },
        blocks: exports[`${name}Blocks`] as Kernel['blocks'],
        workspace: exports[`${name}Workspace`],
        prepared: exports[`${name}Prepared`],
        scratch: exports[`${name}Scratch`],
      });
    });
  }

  static async create(options: WasmDeviceOptions): Promise<WasmDevice> {
    const { module, memory, maximumBytes } = options;
    const instance = await WebAssembly.instantiate(module, { env: { memory } });
    const exports = instance.exports as Exports;
    const names = Object.keys(layouts);
    const kernels = {
      names,
      functions: names.map((name) => exports[name]!),
      takeBlock: exports.takeBlock!,
      openJob: exports.openJob!,
      closeJob: exports.closeJob!,
    };
    const { pool, problem } = await Pool.start({ ...options, kernels });
    return new WasmDevice(memory, maximumBytes, exports, pool, options.exact, problem);
  }

  get description(): string {
    const threads = `${this.pool.threads} ${this.pool.threads === 1 ? 'thread' : 'threads'}`;
    const exact = this.exact ? ', exact' : '';
    const problem = this.problem === undefined ? '' : ` (no more: ${this.problem})`;
    return `wasm, ${threads}${exact}${problem}`;
  }

  allocate(dtype: DType, length: number): Handle {
    return { address: this.#allocate(length * bytesPerElement[dtype]), dtype, length };
  }

  free(handle: unknown): void {
    this.#prepared.forget(handle as Handle);
    this.#heap.free((handle as Handle).address);
  }

  write(handle: unknown, values: TypedArray): void {
    this.#view(handle as Handle).set(values);
  }

  async read(handle: unknown): Promise<TypedArray> {
    return this.readSync(handle);
  }

  readSync(handle: unknown): TypedArray {
    return this.#view(handle as Handle).slice();
  }

  usage(): { bytes: number; tensors: number } {
    const scratch = this.#scratch.bytes > 0 ? 1 : 0;
    return {
      bytes: this.#heap.bytes - this.#scratch.bytes - this.#prepared.bytes,
      tensors: this.#heap.pieces - scratch - this.#prepared.pieces,
    };
  }

  run(name: string, record: KernelRecord, operands: Operands): void {
    const picked = pick(name, record, this);
    const kernel = this.#kernels.get(picked);
    if (kernel === undefined) throw new StateError(`the wasm device has no kernel ${picked}`);
    this.#writeDescriptor(picked, kernel, record as Readonly<Record<string, unknown>>, operands);
    const preparation = this.#preparation(picked, kernel, operands.weight);
    const workspaceBytes = kernel.workspace?.(descriptorAddress) ?? 0;
    const workspace = workspaceBytes > 0 ? this.#allocate(workspaceBytes, preparation) : 0;
    this.#write(kernel.places.workspace, workspace);
    try {
      this.#runPhases(kernel, preparation);
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) {
        throw new DeviceLostError(`kernel ${picked} failed: ${error.message}`, { kernel: picked });
      }
      throw error;
    } finally {
      if (workspace > 0) this.#heap.free(workspace);
    }
    if (preparation !== undefined) preparation.version = operands.weight!.storage.version;
  }

  async stop(): Promise<void> {
    await this.pool.stop();
  }

  /** Memory; what is prepared gives way to it, but for what is in use. */
  #allocate(bytes: number, inUse?: Preparation): number {
    for (;;) {
      try {
        return this.#heap.allocate(bytes);
      } catch (error) {
        if (!(error instanceof OutOfMemoryError && this.#prepared.dropOldest(inUse))) throw error;
      }
    }
  }

  /** Where the kernel finds what it has prepared of `weight`, or is to prepare it now. */
  #preparation(name: string, kernel: Kernel, weight: Operand | undefined): Preparation | undefined {
    if (kernel.prepared === undefined || weight === undefined) return undefined;
    const { handle, version } = weight.storage;
    const key = `${name} ${weight.shape}`;
    let preparation = this.#prepared.find(handle as Handle, key);
    if (preparation === undefined) {
      const address = this.#allocate(kernel.prepared(descriptorAddress));
      preparation = this.#prepared.add(handle as Handle, key, address);
    }
    this.#write(kernel.places.prepared, preparation.address);
    this.#write(kernel.places.isPrepared, preparation.version === version ? 1 : 0);
    // Until the kernel has done its work.
    preparation.version = undefined;
    return preparation;
  }

  #runPhases(kernel: Kernel, inUse: Preparation | undefined): void {
    for (let phase = 0; ; phase++) {
      const blocks = kernel.blocks(descriptorAddress, phase);
      if (blocks < 0) return;
      if (blocks === 0) continue;
      if (phase > 0 && kernel.scratch !== undefined)
        this.#reserveScratch(kernel.scratch(descriptorAddress), inUse);
      const { address, bytes } = this.#scratch;
      this.pool.run(kernel.index, descriptorAddress, phase, blocks, address, bytes / this.pool.threads);
    }
  }

  #reserveScratch(bytes: number, inUse: Preparation | undefined): void {
    // Rows of a power of two apart would compete for the same cache sets.
    const perThread = Math.ceil(bytes / 4096) * 4096 + 192;
    if (perThread * this.pool.threads <= this.#scratch.bytes) return;
    if (this.#scratch.bytes > 0) this.#heap.free(this.#scratch.address);
    this.#scratch = { address: 0, bytes: 0 };
    const total = perThread * this.pool.threads;
    this.#scratch = { address: this.#allocate(total, inUse), bytes: total };
  }

  #writeDescriptor(
    name: string,
    { fields }: Kernel,
    record: Readonly<Record<string, unknown>>,
    operands: Operands,
  ): void {
    for (let place = 0; place < fields.length; place++) {
      const { kind, field, operand, element } = fields[place]!;
      if (kind === 'operand') {
        this.#integers[place] = addressOf(operands[field]);
        continue;
      }
      const value =
        operand !== undefined ? pixelStrideOf(operands[operand]) : numberIn(record, field, element);
      if (value === undefined) {
        if (field === 'isPrepared') continue;
        throw new StateError(
          `kernel ${name} reads ${field}, which is neither in its operator's record nor an operand`,
        );
      }
      (kind === 'float' ? this.#floats : this.#integers)[place] = value;
    }
  }

  #write(place: number | undefined, value: number): void {
    if (place !== undefined) this.#integers[place] = value;
  }

  #view({ address, dtype, length }: Handle): TypedArray {
    switch (dtype) {
      case 'float32':
        return new Float32Array(this.memory.buffer, address, length);
      case 'int32':
        return new Int32Array(this.memory.buffer, address, length);
      case 'uint8':
        return new Uint8Array(this.memory.buffer, address, length);
    }
  }
}

type Exports = Readonly<Record<string, ((...numbers: number[]) => number) | undefined>>;

function addressOf(operand: Operand | undefined): number {
  if (operand === undefined) return 0;
  const { address, dtype } = operand.storage.handle as Handle;
  return address + (operand.channelOffset ?? 0) * bytesPerElement[dtype];
}

function pixelStrideOf(operand: Operand | undefined): number | undefined {
  return operand && (operand.pixelStride ?? operand.shape.at(-1) ?? elements(operand.shape));
}

/** The number of that name; `size2` is element 2 of the array `size`. */
function numberIn(
  record: Readonly<Record<string, unknown>>,
  field: string,
  element: Field['element'],
): number | undefined {
  const value = record[field];
  if (typeof value === 'number') return value;
  const list = element && record[element.list];
  return Array.isArray(list) ? (list[element!.index] as number | undefined) : undefined;
}
