/**
 * Layers that are computed together with what follows them: normalisation, the addition of a residual path, activation.
 * Each number is then read and written once instead of once a layer.
 *
 * A class whose `forward` takes what follows says so: `static readonly following = this.prototype.forward`. Layers with
 * another `forward`, of a subclass or put in its place, are run by themselves, and so are all while somebody watches them.
 */

import type { Activation } from '../ops/_activation.js';
import { areLayersApart } from '../ops/_operator.js';
import { add } from '../ops/add.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Module } from './module.js';

/** In this order. */
export interface Following {
  readonly norm?: Module | undefined;
  /** Makes what is added. */
  readonly residual?: (() => Tensor) | undefined;
  readonly activation?: Activation | undefined;
}

interface Leading extends Module {
  forward(x: Tensor, following: Following): Tensor;
}

/** Whether the layer's `forward` takes what follows, now. */
export function leads(layer: Module): layer is Leading {
  const { following } = layer.constructor as { readonly following?: unknown };
  return following === layer.forward && !areLayersApart();
}

/** activation(norm(layer(x)) + residual()) in as few passes as there may be. */
export function inOneGo(layer: Module, x: Tensor, following: Following): Tensor {
  return leads(layer) ? layer.forward(x, following) : follow(layer.forward(x), following);
}

/** activation(norm(x) + residual()) */
export function follow(x: Tensor, { norm, residual, activation }: Following): Tensor {
  if (norm !== undefined) return inOneGo(norm, x, { residual, activation });
  const y = residual === undefined ? x : add(x, residual());
  return activation?.(y) ?? y;
}
