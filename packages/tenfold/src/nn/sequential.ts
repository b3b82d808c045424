/** Modules one after the other. */

import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

export class Sequential extends Module implements Iterable<Module> {
  readonly #children: readonly (readonly [string, Module])[];

  /** Modules, which get the names '0', '1', ..., or one object of modules, which keep their names and order. */
  constructor(...modules: readonly Module[] | readonly [Readonly<Record<string, Module>>]) {
    super();
    const [first] = modules;
    const named = first === undefined || first instanceof Module ? { ...modules } : first;
    this.#children = Object.entries(named as Readonly<Record<string, Module>>);
  }

  forward(x: Tensor): Tensor {
    return this.#children.reduce((y, [, module]) => module.forward(y), x);
  }

  *[Symbol.iterator](): Iterator<Module> {
    for (const [, module] of this.#children) yield module;
  }

  protected override members(): Iterable<readonly [string, Module]> {
    return this.#children;
  }
}
