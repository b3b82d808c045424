import { accessSync, constants, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ShapeError, start, stop, TenfoldError } from 'tenfold';
import { abortOnSignal } from '../interrupt.js';
import { asUsage, sentence, UsageError } from '../options.js';
import { Progress, type StartReport } from '../progress.js';
import type { ModelSummary } from '../report/run-record.js';
import { version } from '../version.js';
import { checkOptions } from './check-options.js';
import { type Resumable, readResumable, runFiles } from './checkpoints.js';
import { modelSummary } from './model-summary.js';
import { modelOptionsFor, prepareTraining } from './prepare-training.js';
import { quoted, resumeCommand, resumedOptions } from './resume.js';
import { TrainingRun } from './run-training.js';
import { type GivenOptions, type LearningOptions, learningOptions, sessionOptions } from './train-options.js';
import { fingerprint, openTrainingData, type TrainingData } from './training-data.js';
import { freshState, type TrainingState } from './training-state.js';
import { writeReport } from './write-report.js';

/** Trains as the command line says: from the beginning, or on from where a run was saved. */
export async function startTraining(given: GivenOptions): Promise<void> {
  const session = sessionOptions(given);
  const { last } = runFiles(session.out);
  const resumed = session.resume ? await readRun(last) : undefined;
  const options =
    resumed === undefined ? learningOptions(given) : resumedOptions(resumed.training.options, given, last);
  checkOptions(options);
  prepareFolder(session.out);
  const progress = new Progress({ json: session.json, epochs: options.epochs });
  const data = await openTrainingData(options, (done, total) => progress.reading(done, total));
  const notes = [...data.notes, ...(resumed === undefined ? [] : differentVersion(resumed))];
  for (const note of notes) progress.say(note);
  const state = stateOf(options, data, resumed, last);
  const summary = summaryOf(options, data);

  const device = await start(session.threads === undefined ? {} : { threads: session.threads });
  try {
    const signal = abortOnSignal();
    const say = (line: string) => progress.say(line);
    const training = await prepareTraining(options, data, { signal, say, ...(resumed && { resumed }) });
    if (session.checkpointEvery !== undefined) state.checkpointEvery = session.checkpointEvery;
    const report: StartReport = {
      model: options.model,
      parameters: training.freezing.parameters,
      trainedParameters: training.freezing.trained,
      device: device.description,
      data: data.name,
      trainingImages: data.training.indices.length,
      validationImages: data.validation?.indices.length ?? 0,
      testImages: data.test.indices.length,
      classes: data.classNames,
      epochs: options.epochs,
      stepsPerEpoch: training.loader.stepsPerEpoch,
      epoch: state.epoch,
      step: state.step,
      out: session.out,
    };
    const run = new TrainingRun(
      training,
      state,
      {
        options: session,
        command: ['tenfold', ...process.argv.slice(2)].map(quoted).join(' '),
        resumeCommand: resumeCommand(given, session.out),
        threads: device.pool.threads,
        device: device.description,
        model: summary,
        ...(resumed && { resumed: { checkpoint: last, epoch: state.history.length } }),
      },
      progress,
    );
    try {
      const record = await run.run(() => progress.start(report));
      await writeReport(run.files.report, record, progress);
    } finally {
      await training.loader.close();
    }
  } finally {
    progress.stop();
    await stop();
  }
}

async function readRun(file: string): Promise<Resumable> {
  if (existsSync(file)) return readResumable(file);
  throw new TenfoldError(
    `there is no run to go on with: ${file} does not exist; name its folder with --out, or leave out --resume.`,
    { file },
  );
}

function stateOf(
  options: LearningOptions,
  data: TrainingData,
  resumed: Resumable | undefined,
  file: string,
): TrainingState {
  const mark = fingerprint(data);
  if (resumed === undefined) return freshState(options, data.augmentation, mark);
  if (resumed.training.fingerprint !== mark) {
    throw new TenfoldError(
      `the images of ${data.name} are not those that ${file} was trained on; name their folder with --data-dir.`,
      { file, got: mark, expected: resumed.training.fingerprint },
    );
  }
  return { ...resumed.training, options };
}

/** Before any time is spent: the network may not take images of this size, or not exist with these options. */
function summaryOf(options: LearningOptions, data: TrainingData): ModelSummary {
  const { height, width, channels } = data.training.set;
  const modelOptions = modelOptionsFor(options, data);
  try {
    return asUsage('--model', () => modelSummary(options.model, modelOptions, [height, width, channels]));
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    const images = `images of ${height}x${width}x${channels}, as ${data.name} has them`;
    throw new UsageError(sentence(`--model ${options.model} does not take ${images}: ${error.message}`));
  }
}

/** A process that is killed while it saves leaves the beginning of a file beside the whole one. */
function removeHalfWritten(folder: string): void {
  for (const name of readdirSync(folder)) {
    if (/^\.tenfold-[0-9a-f-]+\.tmp$/.test(name)) rmSync(join(folder, name));
  }
}

/** Better to hear now than after an epoch that nothing can be saved there. */
function prepareFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    removeHalfWritten(folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TenfoldError(`cannot save in ${folder} (${reason}); name another folder with --out.`);
  }
}

function differentVersion({ versions }: Resumable): string[] {
  if (versions.tenfold === version) return [];
  return [`the run was saved by tenfold ${versions.tenfold}; this is ${version}, which may give other bits`];
}
