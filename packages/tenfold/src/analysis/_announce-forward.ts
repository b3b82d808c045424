/** Who is at work: tells when the modules of a network begin and end their forward pass. */

import type { Module } from '../nn/module.js';

export interface ForwardListener {
  /** `name` is '' for the network itself. */
  readonly enter: (name: string, module: Module, inputs: readonly unknown[]) => void;
  /** The output is what the forward pass returned, which should be a tensor; undefined where it failed. */
  readonly leave: (name: string, module: Module, output: unknown) => void;
}

/** Runs `body` and tells `listener` of every forward pass of `model` and the modules inside it. */
export function announcingForward<Result>(
  model: Module,
  listener: ForwardListener,
  body: () => Result,
): Result {
  const undo = model.namedModules().map(([name, module]) => {
    const own = Object.getOwnPropertyDescriptor(module, 'forward');
    const forward = module.forward;
    module.forward = function (this: Module, ...inputs) {
      listener.enter(name, module, inputs);
      let output: unknown;
      try {
        const returned = forward.apply(this, inputs);
        output = returned;
        return returned;
      } finally {
        listener.leave(name, module, output);
      }
    };
    return () => {
      if (own === undefined) Reflect.deleteProperty(module, 'forward');
      else Object.defineProperty(module, 'forward', own);
    };
  });
  try {
    return body();
  } finally {
    for (const each of undo) each();
  }
}
