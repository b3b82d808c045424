/**
 * The oracle: every kernel as a plain loop over float64, one file per operator, written to be compared with the formula
 * in the operator's file and never to be fast.
 */

import type { Device, DType, KernelRecord, Operand, Operands, TypedArray } from '../device/device.js';
import { StateError } from '../errors.js';

/** float32 tensors are stored in float64 here; labels and indices as they are. */
export type Values = Float64Array | Int32Array | Uint8Array;

/** One operand of a kernel: its elements, and where rows or pixels lie in them. */
export interface View {
  readonly values: Values;
  readonly pixelStride: number | undefined;
  readonly channelOffset: number;
}

/** A kernel reads and writes its operands' values; an operand that was not given is undefined. */
// biome-ignore lint/suspicious/noExplicitAny: each kernel names the record that its operator makes.
export type ReferenceKernel = (record: any, operands: Readonly<Record<string, View>>) => void;

export function referenceDevice(kernels: Readonly<Record<string, ReferenceKernel>>): Device {
  let bytes = 0;
  let tensors = 0;

  function view(operand: Operand): View {
    return {
      values: operand.storage.handle as Values,
      pixelStride: operand.pixelStride,
      channelOffset: operand.channelOffset ?? 0,
    };
  }

  return {
    name: 'reference',
    description: 'reference, plain loops in float64',
    kernels: new Set(Object.keys(kernels)),
    allocate(dtype: DType, length: number): Values {
      const values =
        dtype === 'float32'
          ? new Float64Array(length).fill(Number.NaN)
          : dtype === 'int32'
            ? new Int32Array(length)
            : new Uint8Array(length);
      bytes += values.byteLength;
      tensors++;
      return values;
    },
    free(handle) {
      bytes -= (handle as Values).byteLength;
      tensors--;
    },
    write(handle, values: TypedArray) {
      (handle as Values).set(values);
    },
    async read(handle) {
      return this.readSync!(handle);
    },
    readSync(handle) {
      const values = handle as Values;
      return values instanceof Float64Array ? Float32Array.from(values) : values.slice();
    },
    run(name: string, record: KernelRecord, operands: Operands) {
      const kernel = kernels[name];
      if (kernel === undefined) throw new StateError(`the reference device has no kernel ${name}`);
      const views: Record<string, View> = {};
      for (const [operandName, operand] of Object.entries(operands)) {
        if (operand !== undefined) views[operandName] = view(operand);
      }
      kernel(record, views);
    },
    usage: () => ({ bytes, tensors }),
  };
}
