/** Modules one after the other. */

import type { Activation } from '../ops/_activation.js';
import type { Tensor } from '../tensor/tensor.js';
import { Activate } from './_activate.js';
import { type Following, follow, inOneGo, leads } from './_in-one-go.js';
import { BatchNorm2d } from './batch-norm2d.js';
import { Module } from './module.js';

export class Sequential extends Module implements Iterable<Module> {
  static readonly following: unknown = this.prototype.forward;
  readonly #children: readonly (readonly [string, Module])[];

  /** Modules, which get the names '0', '1', ..., or one object of modules, which keep their names and order. */
  constructor(...modules: readonly Module[] | readonly [Readonly<Record<string, Module>>]) {
    super();
    const [first] = modules;
    const named = first === undefined || first instanceof Module ? { ...modules } : first;
    this.#children = Object.entries(named as Readonly<Record<string, Module>>);
  }

  forward(x: Tensor, following: Following = {}): Tensor {
    const modules = this.#children.map(([, module]) => module);
    let y = x;
    for (let next = 0; next < modules.length; ) {
      const layer = modules[next++]!;
      if (!leads(layer)) {
        y = layer.forward(y);
        continue;
      }
      const norm = modules[next] instanceof BatchNorm2d ? modules[next++] : undefined;
      const activation = activationOf(modules[next]);
      if (activation !== undefined) next++;
      const mayGoOn = activation === undefined && (norm === undefined || following.norm === undefined);
      if (next === modules.length && mayGoOn) {
        return inOneGo(layer, y, norm === undefined ? following : { ...following, norm });
      }
      y = inOneGo(layer, y, { norm, activation });
    }
    return follow(y, following);
  }

  *[Symbol.iterator](): Iterator<Module> {
    for (const [, module] of this.#children) yield module;
  }

  protected override members(): Iterable<readonly [string, Module]> {
    return this.#children;
  }
}

function activationOf(module: Module | undefined): Activation | undefined {
  return module instanceof Activate && module.forward === Activate.prototype.forward
    ? module.activation
    : undefined;
}
