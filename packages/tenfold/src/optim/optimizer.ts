/**
 * What all optimizers have in common: groups of parameters, the learning rate that scales them all, and the tensors
 * that are remembered from step to step. An optimizer adds the name of its kernel, the names of those tensors, and the
 * record of numbers that its kernel reads.
 */

import type { Spec } from '../device/device.js';
import {
  type Expected,
  type LoadResult,
  matchState,
  readState,
  type StateDict,
  type StoredTensor,
} from '../nn/state-dict.js';
import { keep } from '../tensor/scope.js';
import { type Tensor, tensor, zeros } from '../tensor/tensor.js';
import { checkRate, checkWhole } from './_check.js';
import { type ParameterList, type Treatment, treatments } from './_parameter-groups.js';

/** What a kernel's record is made from, for one parameter at one step. */
export interface Rates {
  readonly lr: number;
  readonly weightDecay: number;
  /** How often the parameter has been changed, this time included. */
  readonly updates: number;
}

/** A place in the state dict: a tensor of the parameter of that number, or, without one, the number of steps. */
interface Slot extends Spec {
  readonly name: string;
  readonly index?: number;
}

export abstract class Optimizer {
  readonly #operator: string;
  readonly #treatments: readonly Treatment[];
  #lr: number;
  #steps = 0;
  /** By the parameter's number; a parameter without a gradient is not changed by a step. */
  readonly #updates: number[];
  /** By slot name, for parameters that have been changed. */
  readonly #remembered = new Map<string, Tensor>();

  /** The kernel, whose operands are `parameter`, `gradient` and what is remembered. */
  protected abstract readonly kernel: string;
  /** What is remembered beside each parameter: tensors of its shape, which begin as zeros. */
  protected abstract readonly memories: readonly string[];
  /** Whether the record depends on the number of updates, so that a state must hold it. */
  protected readonly countsUpdates: boolean = false;

  /**
   * @param operator The optimizer's name in error messages.
   * @throws OptionError for impossible rates, and parameters given twice or not at all.
   */
  constructor(
    operator: string,
    parameters: ParameterList,
    rates: { readonly lr: number; readonly weightDecay: number },
  ) {
    this.#operator = operator;
    this.#treatments = treatments(operator, parameters, rates);
    this.#lr = rates.lr;
    this.#updates = this.#treatments.map(() => 0);
  }

  /** The numbers that the kernel reads beside the parameter's length. */
  protected abstract record(rates: Rates): object;

  /**
   * The learning rate. Setting it, as a schedule does before each step, also changes the rate of every group that has
   * its own, in proportion: a group made with a tenth of the rate keeps a tenth.
   */
  get lr(): number {
    return this.#lr;
  }

  set lr(lr: number) {
    checkRate(this.#operator, 'lr', lr);
    this.#lr = lr;
  }

  /** How many steps have been taken. */
  get steps(): number {
    return this.#steps;
  }

  /** The parameters of all groups. */
  get parameters(): readonly Tensor[] {
    return this.#treatments.map(({ parameter }) => parameter);
  }

  /** Changes every parameter that has a gradient; the others stay. */
  step(): void {
    const indices = [...this.#treatments.keys()].filter(
      (index) => this.#treatments[index]!.parameter.grad !== undefined,
    );
    // All memory is claimed before anything is changed: if there is too little, no parameter has moved.
    const memories = indices.map((index) => this.#memoriesOf(index));
    indices.forEach((index, position) => {
      this.#change(index, memories[position]!);
    });
    this.#steps++;
  }

  /** Drops the gradients of all parameters. */
  zeroGrad(): void {
    for (const { parameter } of this.#treatments) parameter.zeroGrad();
  }

  /**
   * Copies of what the optimizer remembers, for a checkpoint: `steps`, and for each parameter that was ever changed
   * tensors named by its number, such as `velocity.0`. The learning rate is the schedule's affair.
   */
  async stateDict(): Promise<Map<string, StoredTensor>> {
    const changed = [...this.#updates.entries()].filter(([, updates]) => updates > 0);
    const counts = this.countsUpdates ? changed : [];
    const all = new Map<string, StoredTensor>([
      ['steps', count(this.#steps)],
      ...counts.map(([index, updates]): [string, StoredTensor] => [
        slotName('updates', index),
        count(updates),
      ]),
      ...(await readState(this.#remembered)),
    ]);
    // In the order of the parameters, whichever was changed first.
    const names = this.#slots().map(({ name, index }) => slotName(name, index));
    return new Map(names.filter((name) => all.has(name)).map((name) => [name, all.get(name)!]));
  }

  /**
   * Goes on from a state as if nothing had happened in between: with the parameters of that time, the next steps have
   * the same bits.
   *
   * @throws StateDictError if the state is not of the same parameters, OptionError for counts that are negative; then
   *   nothing has changed.
   */
  loadStateDict(state: StateDict): LoadResult {
    const expected = this.#slots().map((slot): Expected<Slot> => {
      return { names: [slotName(slot.name, slot.index)], target: slot, optional: this.#mayLack(slot, state) };
    });
    const { matches, missing, unexpected } = matchState(this.#operator, expected, state, true);
    for (const [{ name, index, dtype }, [value]] of matches) {
      if (dtype === 'int32')
        checkWhole(this.#operator, slotName(name, index), value!, index === undefined ? 0 : 1);
    }
    this.dispose();
    for (const [{ name, index, dtype, shape }, values] of matches) {
      if (index === undefined) this.#steps = values[0]!;
      else if (dtype === 'int32') this.#updates[index] = values[0]!;
      else this.#remember(name, index, tensor(values, shape, { device: this.#parameter(index).device }));
    }
    return { missing, unexpected };
  }

  /** Frees what the optimizer remembers; the parameters stay. */
  dispose(): void {
    for (const memory of this.#remembered.values()) memory.dispose();
    this.#remembered.clear();
    this.#updates.fill(0);
  }

  #parameter(index: number): Tensor {
    return this.#treatments[index]!.parameter;
  }

  #change(index: number, memories: Readonly<Record<string, Tensor>>): void {
    for (const [name, memory] of Object.entries(memories)) this.#remember(name, index, memory);
    const { parameter, lrFactor, weightDecay } = this.#treatments[index]!;
    const updates = ++this.#updates[index]!;
    const record = this.record({ lr: this.#lr * lrFactor, weightDecay, updates });
    const operands = { parameter, gradient: parameter.grad, ...memories };
    parameter.device.run(this.kernel, { length: parameter.length, ...record }, operands);
    for (const { storage } of [parameter, ...Object.values(memories)]) storage.version++;
  }

  /** Those that the parameter has, or new ones. */
  #memoriesOf(index: number): Readonly<Record<string, Tensor>> {
    const { shape, device } = this.#parameter(index);
    const memories = this.memories.map((name) => [
      name,
      this.#remembered.get(slotName(name, index)) ?? zeros(shape, { device }),
    ]);
    return Object.fromEntries(memories);
  }

  #remember(name: string, index: number, memory: Tensor): void {
    this.#remembered.set(slotName(name, index), keep(memory));
  }

  #slots(): Slot[] {
    const counts = this.countsUpdates ? [{ name: 'updates', dtype: 'int32', shape: [] } as const] : [];
    return [
      { name: 'steps', dtype: 'int32', shape: [] },
      ...this.parameters.flatMap(({ dtype, shape }, index) => [
        ...counts.map((slot) => ({ ...slot, index })),
        ...this.memories.map((name) => ({ name, index, dtype, shape })),
      ]),
    ];
  }

  /** Of a parameter, a state holds all that there is to remember or, if it was never changed, nothing. */
  #mayLack({ index }: Slot, state: StateDict): boolean {
    return (
      index !== undefined && !['updates', ...this.memories].some((name) => state.has(slotName(name, index)))
    );
  }
}

function slotName(name: string, index: number | undefined): string {
  return index === undefined ? name : `${name}.${index}`;
}

function count(value: number): StoredTensor {
  return { dtype: 'int32', shape: [], data: Int32Array.of(value) };
}
