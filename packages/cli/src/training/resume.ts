import { UsageError } from '../options.js';
import { dependsOnLength } from './schedule.js';
import { type GivenOptions, isSessionOption, type LearningOptions, longName } from './train-options.js';

/** What may change between two sessions of a run: where the data lie, while they are the same data. */
const changeable = ['dataDir'];

/**
 * The options of a run that goes on: those that it began with, and more epochs if the schedule allows it.
 *
 * @throws UsageError if one that is given now contradicts them.
 */
export function resumedOptions(saved: LearningOptions, given: GivenOptions, file: string): LearningOptions {
  for (const [name, value] of Object.entries(given)) {
    if (isSessionOption(name) || changeable.includes(name)) continue;
    const before = saved[name as keyof LearningOptions];
    if (JSON.stringify(before) === JSON.stringify(value)) continue;
    if (name === 'epochs' && isLonger(saved, given.epochs!)) continue;
    const was = before === undefined ? 'was not given' : `was ${show(before)}`;
    throw new UsageError(
      `${longName(name)} ${show(value)} contradicts ${file}, for which it ${was}` +
        (name === 'epochs' ? whyNotLonger(saved) : '') +
        '; leave it out to go on with that run, or leave out --resume to begin a new one.',
    );
  }
  const { dataDir = saved.dataDir, epochs = saved.epochs } = given;
  return { ...saved, epochs, ...(dataDir === undefined ? {} : { dataDir }) };
}

/** More epochs are no contradiction where those before them would have been the same. */
function isLonger({ epochs, schedule }: LearningOptions, given: number): boolean {
  return given > epochs && !dependsOnLength(schedule);
}

function whyNotLonger({ schedule }: LearningOptions): string {
  return dependsOnLength(schedule)
    ? `, and ${schedule} has planned its rates for all of them (constant, step:30 and multistep:30,60 can be made longer)`
    : ' (more can be added, none taken away)';
}

function show(value: unknown): string {
  if (Array.isArray(value)) return value.join(',') || 'none';
  if (typeof value === 'object' && value !== null) {
    return (
      Object.entries(value)
        .map(([name, setting]) => `${name}=${setting}`)
        .join(' ') || 'none'
    );
  }
  return String(value);
}

/** The command that goes on with a run, as it is typed into a shell. */
export function resumeCommand(given: GivenOptions, out: string): string {
  const { threads, checkpointEvery, json, dataDir } = given;
  return [
    ...['tenfold', 'train', '--resume', '--out', out],
    ...(threads === undefined ? [] : ['--threads', `${threads}`]),
    ...(checkpointEvery === undefined ? [] : ['--checkpoint-every', `${checkpointEvery}`]),
    ...(dataDir === undefined ? [] : ['--data-dir', dataDir]),
    ...(json ? ['--json'] : []),
  ]
    .map(quoted)
    .join(' ');
}

/** A word as a POSIX shell takes it. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
