/**
 * The tensors that modules own. They are kept: no scope frees them. Parameters are what training changes; buffers are
 * what a module remembers beside them, such as running statistics.
 */

import { currentDevice } from '../device/current.js';
import { empty, type TypedArray } from '../device/device.js';
import { meta } from '../device/meta.js';
import { keep } from '../tensor/scope.js';
import { Tensor, tensor } from '../tensor/tensor.js';

export type Role = 'parameter' | 'buffer' | 'counter';

const roles = new WeakMap<Tensor, Role>();

/** Undefined for a tensor that belongs to no module. */
export function roleOf(tensor: Tensor): Role | undefined {
  return roles.get(tensor);
}

/** Elements in row-major order, or a function that computes them; on the meta device it is not called. */
export type InitialValues = readonly number[] | Float32Array | (() => Float32Array);

/**
 * A parameter of this shape, with a gradient; assign it to a field of a module. To freeze it, set its `requiresGrad`
 * to false.
 *
 * @throws ShapeError if the values do not fill the shape.
 */
export function parameter(values: InitialValues, shape: readonly number[]): Tensor {
  const made = owned('parameter', values, shape);
  made.requiresGrad = true;
  return made;
}

/**
 * A buffer of this shape, without a gradient; assign it to a field of a module.
 *
 * @throws ShapeError if the values do not fill the shape.
 */
export function buffer(values: InitialValues | Int32Array | Uint8Array, shape: readonly number[]): Tensor {
  return owned('buffer', values, shape);
}

function owned(role: Role, values: InitialValues | TypedArray, shape: readonly number[]): Tensor {
  const device = currentDevice();
  const skip = typeof values === 'function' && device === meta;
  const made = skip
    ? new Tensor(empty(device, { shape: [...shape], dtype: 'float32' }))
    : tensor(typeof values === 'function' ? values() : values, shape);
  roles.set(made, role);
  return keep(made);
}

/** The value of each counter, because nothing in a training step may wait for the device. */
const counts = new WeakMap<Tensor, number>();

/** A buffer that counts from 0: an int32 scalar. States may lack it, as those of old checkpoints do. */
export function counter(): Tensor {
  const made = owned('counter', Int32Array.of(0), []);
  counts.set(made, 0);
  return made;
}

export function count(counter: Tensor): void {
  write(counter, Int32Array.of(counts.get(counter)! + 1));
}

/** Overwrites a tensor in place. */
export function write(tensor: Tensor, values: TypedArray): void {
  const { storage } = tensor;
  storage.device.write(storage.handle, values);
  storage.version++;
  if (counts.has(tensor)) counts.set(tensor, values[0]!);
}
