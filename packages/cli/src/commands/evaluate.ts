import { type Command, Option } from 'commander';
import { start, stop } from 'tenfold';
import { evaluate } from '../evaluation/evaluate.js';
import { type EvaluationDataOptions, openEvaluationData } from '../evaluation/evaluation-data.js';
import { evaluationLines } from '../evaluation/evaluation-report.js';
import { openClassifier } from '../evaluation/open-classifier.js';
import { abortOnSignal } from '../interrupt.js';
import { dataName, wholeNumber } from '../options.js';
import { testResult } from '../report/run-record.js';

interface EvaluateOptions extends EvaluationDataOptions {
  readonly threads?: number;
  readonly json?: boolean;
}

export function addEvaluateCommand(program: Command): void {
  program
    .command('evaluate')
    .description('Measure a trained network: loss, accuracy of each class, and what is taken for what.')
    .argument('<checkpoint>', 'a file that tenfold train has saved')
    .option('--data <name>', 'other images than the test images of its training', dataName)
    .option('--data-dir <folder>', 'where the files are')
    .option('--skip-unreadable', 'for folder: leave out damaged image files instead of stopping')
    .option(
      '--threads <number>',
      'threads to compute with (default: all cores)',
      wholeNumber('--threads', 1, 256),
    )
    .option('--json', 'print one JSON line on standard output')
    .addOption(
      new Option('--limit <number>', 'evaluate on at most so many images')
        .argParser(wholeNumber('--limit', 1))
        .hideHelp(),
    )
    .action(evaluateCheckpoint);
}

async function evaluateCheckpoint(file: string, options: EvaluateOptions): Promise<void> {
  await start(options.threads === undefined ? {} : { threads: options.threads });
  try {
    const signal = abortOnSignal();
    const checkpoint = await openClassifier(file);
    const { model, modelName, classNames, preprocessing } = checkpoint;
    const { part, description, notes } = await openEvaluationData(options, checkpoint);
    const say = (line: string) => (options.json ? process.stderr : process.stdout).write(`${line}\n`);
    for (const note of notes) say(note);
    say(`${modelName} of ${file} on ${description}`);
    const { confusion, loss } = await evaluate({
      model,
      part,
      normalisation: preprocessing,
      classes: classNames.length,
      signal,
    });
    const result = testResult(confusion, loss);
    if (options.json) {
      const perClass = result.perClass.map((each, index) => ({ class: classNames[index], ...each }));
      const report = { event: 'evaluation', checkpoint: file, model: modelName, ...result, perClass };
      process.stdout.write(`${JSON.stringify(report)}\n`);
    } else {
      for (const line of evaluationLines(result, classNames)) say(line);
    }
  } finally {
    await stop();
  }
}
