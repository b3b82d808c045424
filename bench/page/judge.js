// Measured rows held against the targets.

import { median } from '../measure.js';
import { limits } from './limits.js';
import * as targets from './targets.js';

const { usualCalibration, usualPeak } = targets;

const scaled = ({ gflops, calibration }) => (gflops * usualCalibration) / calibration;
/** The peak was measured once; beside a row it is as much lower as the calibration product is than at its best. */
function peakBeside(report, { calibration }) {
  return (report.peak * calibration) / bestCalibrationOf(report);
}
/** The best of the beginning and of the medians beside our rows. */
export const bestCalibrationOf = (report) =>
  Math.max(report.calibration, ...ourRows(report).map((row) => row.calibration));
const lowest = (values, by) => values.reduce((least, each) => (by(each) < by(least) ? each : least));
export const geometricMean = (values) =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/** The peer's time over ours, for every row that both have: `{ row, ratio }`. */
export function ratios({ rows }, peer) {
  const key = ({ case: name, group, direction }) => `${group} ${name} ${direction}`;
  const others = new Map(
    rows
      .filter(({ implementation, milliseconds }) => implementation === peer && milliseconds !== undefined)
      .map((row) => [key(row), row]),
  );
  return ourRows({ rows }).flatMap((row) => {
    const other = others.get(key(row));
    return other === undefined ? [] : [{ row, ratio: other.milliseconds / row.milliseconds }];
  });
}

/** tenfold's rows on all its threads. */
export function ourRows({ rows }) {
  const own = rows.filter(
    ({ implementation, problem }) => implementation === 'tenfold' && problem === undefined,
  );
  const threads = Math.max(...own.map((row) => row.threads));
  return own.filter((row) => row.threads === threads);
}

/** How much the second thread gains, over what it gains the calibration product: `{ row, share }`. */
function gains({ rows }) {
  return ourRows({ rows }).flatMap((row) => {
    const alone = rows.find(
      (other) =>
        other.implementation === 'tenfold' &&
        other.threads === 1 &&
        row.threads > 1 &&
        other.case === row.case &&
        other.direction === row.direction,
    );
    if (alone === undefined || row.bound !== 'arithmetic') return [];
    const gain = alone.milliseconds / row.milliseconds;
    return [{ row, share: gain / (row.calibration / alone.calibration) }];
  });
}

/**
 * Each target with what was measured: `{ key, text, asked, measured, where, share, shortfall }`. `share` is the measured part
 * of what was asked, met from 1 up; undefined where nothing was measured. By how much a target is missed is what lacks of
 * that share, or `shortfall`. `shareByPeak` is a speed's share scaled by the machine's peak instead of the product.
 */
export function judge(report) {
  const own = ourRows(report);
  const speeds = targets.speeds.map(({ key, text, floor, rows }) => {
    const found = own.filter(rows);
    const asked = `${floor} GFLOP/s`;
    if (found.length === 0) return { key, text, asked };
    const row = lowest(found, scaled);
    const share = scaled(row) / floor;
    const byPeak = (row.gflops * usualPeak) / peakBeside(report, row);
    const measured = `${row.gflops.toFixed(0)} at a calibration of ${row.calibration.toFixed(0)}: ${scaled(row).toFixed(0)}; by the peak ${byPeak.toFixed(0)}`;
    return { key, text, asked, measured, where: nameOf(row, found), share, shareByPeak: byPeak / floor };
  });
  const gained = gains(report);
  const least = gained.length > 0 ? lowest(gained, ({ share }) => share) : undefined;
  const scaling = {
    key: targets.scaling.key,
    text: "gain from the second thread, over the calibration product's",
    asked: `${targets.scaling.floor}`,
    ...(least && {
      measured: least.share.toFixed(2),
      where: nameOf(least.row, gained),
      share: least.share / targets.scaling.floor,
    }),
  };
  const { floor, leastBytes } = targets.bandwidth;
  const moved = own.filter(
    ({ bound, gigabytesPerSecond, milliseconds }) =>
      bound === 'memory' && gigabytesPerSecond * milliseconds * 1e6 >= leastBytes,
  );
  const enough = moved.filter(({ percentOfRoofline }) => percentOfRoofline >= floor);
  const bandwidth = {
    key: targets.bandwidth.key,
    text: 'memory-bound operators, of the bandwidth of a copy',
    asked: `${floor} %`,
    ...(moved.length > 0 && {
      measured: `${enough.length} of ${moved.length} rows; median ${median(moved.map((row) => row.percentOfRoofline)).toFixed(0)} %`,
      share: enough.length / moved.length,
      shortfall: `${moved.length - enough.length} rows`,
    }),
  };
  const natives = targets.native.map(({ key, text, floor: asked, rows, peer }) => {
    const found = ratios(report, peer).filter(({ row }) => rows(row));
    const target = { key, text: `${peer}'s time over ours, ${text}`, asked: `${asked}` };
    if (found.length === 0) return target;
    const { row, ratio } = lowest(found, (each) => each.ratio);
    return { ...target, measured: ratio.toFixed(2), where: nameOf(row, found), share: ratio / asked };
  });
  const means = targets.means.map(({ key, peer, floor: asked }) => {
    const found = ratios(report, peer).filter(({ row }) => row.direction === 'forward');
    const target = { key, text: `${peer}'s time over ours, geometric mean, forward`, asked: `${asked}` };
    if (found.length === 0) return target;
    const mean = geometricMean(found.map(({ ratio }) => ratio));
    return { ...target, measured: mean.toFixed(2), where: `${found.length} cases`, share: mean / asked };
  });
  return [...speeds, scaling, bandwidth, ...natives, ...means];
}

const nameOf = (row, found) => (found.length > 1 ? row.case : '');

/** Median of the calibrations beside our rows. */
export function usualCalibrationOf(report) {
  return median(ourRows(report).map(({ calibration }) => calibration));
}

/** Where other work took from the machine, the calibration product is far from where it began, and figures say little. */
export function calibrationWhileBusy(report) {
  const usual = usualCalibrationOf(report);
  return usual < 0.8 * report.calibration ? usual : undefined;
}

/** The targets that a quiet machine misses without a word on what limits them. */
export function unexplained(report) {
  if (calibrationWhileBusy(report) !== undefined) return [];
  return judge(report).filter(({ key, share }) => share < 1 && limits[key] === undefined);
}
