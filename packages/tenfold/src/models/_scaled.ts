/** So many channels times `width`, as a whole number from 1 up, if `width` is a sensible one. */
export function scaled(channels: number, width: number): number {
  return Math.max(1, Math.round(channels * width));
}
