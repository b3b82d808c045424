/**
 * The number of channels nearest to `value` that `divisor` divides, but not below nine tenths of it: the rule of the
 * MobileNets (Sandler et al. 2018; the authors' `_make_divisible`).
 */
export function makeDivisible(value: number, divisor = 8): number {
  const nearest = Math.max(divisor, Math.floor((value + divisor / 2) / divisor) * divisor);
  return nearest < 0.9 * value ? nearest + divisor : nearest;
}
