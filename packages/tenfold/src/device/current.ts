/** The device on which new tensors are made, unless one is named: what `start` started, or what `onDevice` says. */

import { StateError } from '../errors.js';
import type { Device } from './device.js';

let started: Device | undefined;
let chosen: Device | undefined;

/** @throws StateError before `start`. */
export function currentDevice(): Device {
  const device = chosen ?? started;
  if (device === undefined) {
    throw new StateError('tenfold has not been started: call `await start()` once before making tensors');
  }
  return device;
}

export function setStartedDevice(device: Device | undefined): void {
  started = device;
}

/** Runs `body` with `device` in place of the started one. */
export function onDevice<Result>(device: Device, body: () => Result): Result {
  const outer = chosen;
  chosen = device;
  try {
    return body();
  } finally {
    chosen = outer;
  }
}
