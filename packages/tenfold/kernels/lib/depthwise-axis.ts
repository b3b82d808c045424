// Along each axis of a depthwise convolution, or of its input gradient, a result reads some places that lie evenly apart.

import { ceilDivide } from './vector';

/** One axis: result q reads, for t < taps, place `first + q * step + t * tapStep` with kernel tap `tap + t * tapPeriod`. */
// @ts-ignore: decorator
@unmanaged
export class Axis {
  results: i32;
  /** Places that there are; those outside count as zero. */
  places: i32;
  first: i32;
  step: i32;
  taps: i32;
  tapStep: i32;
  tap: i32;
  tapPeriod: i32;
}

// @ts-ignore: decorator
@inline
export function axisAt(axes: Axis, index: i32): Axis {
  return changetype<Axis>(changetype<usize>(axes) + index * offsetof<Axis>());
}

/** Result q reads place q * stride - padding + r * dilation with tap r. */
export function forwardAxis(
  axis: Axis,
  results: i32,
  places: i32,
  taps: i32,
  stride: i32,
  dilation: i32,
  padding: i32,
): void {
  axis.results = results;
  axis.places = places;
  axis.first = -padding;
  axis.step = stride;
  axis.taps = taps;
  axis.tapStep = dilation;
  axis.tap = 0;
  axis.tapPeriod = 1;
}

/**
 * The gradient of x at residue + q * stride: x at p was read by result i with tap r if i * stride - padding + r * dilation
 * = p, so only every so many taps reach one residue.
 */
export function backwardAxis(
  axis: Axis,
  residue: i32,
  size: i32,
  places: i32,
  taps: i32,
  stride: i32,
  dilation: i32,
  padding: i32,
): void {
  axis.results = max(0, ceilDivide(size - residue, stride));
  axis.places = places;
  axis.step = 1;
  axis.taps = 0;
  axis.tapPeriod = 1;
  for (let tap = 0; tap < taps; tap++) {
    if ((residue + padding - tap * dilation) % stride != 0) continue;
    if (axis.taps == 0) axis.tap = tap;
    if (axis.taps == 1) axis.tapPeriod = tap - axis.tap;
    axis.taps++;
  }
  axis.first = (residue + padding - axis.tap * dilation) / stride;
  axis.tapStep = -(axis.tapPeriod * dilation) / stride;
}

/** The first tap of a result, whose first place this is, that reads a place inside. */
// @ts-ignore: decorator
@inline
export function firstInside(axis: Axis, place: i32): i32 {
  let tap = 0;
  while (tap < axis.taps && u32(place + tap * axis.tapStep) >= u32(axis.places)) tap++;
  return tap;
}

/** After `tap`, which is inside, the first one that reads a place outside. */
// @ts-ignore: decorator
@inline
export function endInside(axis: Axis, place: i32, tap: i32): i32 {
  while (tap < axis.taps && u32(place + tap * axis.tapStep) < u32(axis.places)) tap++;
  return tap;
}

// @ts-ignore: decorator
@inline
export function allInside(axis: Axis, place: i32): bool {
  return u32(place) < u32(axis.places) && u32(place + (axis.taps - 1) * axis.tapStep) < u32(axis.places);
}
