import type { Command } from 'commander';
import { analysis, start, stop, TenfoldError, writeFileAtomic } from 'tenfold';
import type { Measurements } from '../inspection/measurements.js';
import { findSubject, type Subject } from '../inspection/subject.js';
import { terminalReport } from '../inspection/terminal-report.js';
import { type Reader, sentence, settings, UsageError, wholeNumber } from '../options.js';

interface InspectOptions {
  readonly input?: readonly number[];
  readonly modelOption?: Readonly<Record<string, string | number | boolean>>;
  readonly depth: number;
  readonly json?: boolean;
  readonly html?: string;
  readonly run?: boolean;
  readonly effective?: boolean;
  readonly threads?: number;
}

export function addInspectCommand(program: Command): void {
  program
    .command('inspect')
    .description(
      'Say what a network costs, what it sees and what it connects, before anything is trained. No weight is touched.',
    )
    .argument(
      '<network>',
      'the name of a published network, a checkpoint, or a JavaScript file that exports a function that builds one',
    )
    .option('--input <shape>', 'what it reads, batch x height x width x channels: 1x224x224x3', inputShape)
    .option(
      '--model-option <name=value>',
      'an option of a published network, such as width=0.5; may be repeated',
      settings('--model-option'),
    )
    .option('--depth <number>', 'how many modules deep the table goes', wholeNumber('--depth', 1), 2)
    .option('--html <file>', 'write a page with drawings')
    .option('--run', 'run it, too, and measure the time of each layer')
    .option('--effective', 'run it on noise, too, and measure the effective receptive field')
    .option(
      '--threads <number>',
      'threads for --run and --effective (default: all cores)',
      wholeNumber('--threads', 1, 256),
    )
    .option('--json', 'print everything as JSON on standard output')
    .action(inspectNetwork);
}

const inputShape: Reader<readonly number[]> = (text) => {
  const sides = text.split('x').map(Number);
  const isShape = sides.length >= 2 && sides.every((side) => Number.isSafeInteger(side) && side > 0);
  if (isShape) return sides;
  throw new UsageError(`--input takes a shape such as 1x224x224x3, but was given '${text}'.`);
};

async function inspectNetwork(word: string, options: InspectOptions): Promise<void> {
  const subject = await findSubject(word, options.input, options.modelOption ?? {});
  const examination = examined(word, subject);
  const measured = await measurements(subject, options);
  if (options.html !== undefined) {
    // Loaded only now: drawings take longer to load than a network to inspect.
    const { inspectionPage } = await import('../inspection/page/page.js');
    const page = await inspectionPage(subject.name, examination, measured);
    await writeFileAtomic(options.html, new TextEncoder().encode(page));
  }
  const { inspection } = examination;
  if (options.json) {
    const { times, effectiveField } = measured;
    const layers = inspection.layers.map((layer, index) => ({
      ...layer,
      ...(times && { milliseconds: times[index] }),
    }));
    const effective = effectiveField && { effectiveReceptiveField: { side: effectiveField.side } };
    process.stdout.write(
      `${JSON.stringify({ network: subject.name, ...inspection, ...effective, layers })}\n`,
    );
    return;
  }
  const { depth } = options;
  const columns = process.stdout.columns ?? 100;
  const lines = terminalReport(subject.name, inspection, { depth, columns, ...measured });
  if (options.html !== undefined) lines.push('', `the page is ${options.html}`);
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** @throws UsageError with the reason alone, if a network that somebody wrote has mistakes of its own. */
function examined(word: string, { build, input }: Subject): analysis.Examination {
  try {
    return analysis.examine(build, input);
  } catch (error) {
    if (error instanceof TenfoldError || error instanceof UsageError || !(error instanceof Error))
      throw error;
    throw new UsageError(
      sentence(`the network of ${word} fails on an input of ${input.join('x')}: ${error.message}`),
    );
  }
}

/** What can only be found by running the network. */
async function measurements(
  { build, input }: Subject,
  { run, effective, threads }: InspectOptions,
): Promise<Measurements> {
  if (!run && !effective) return {};
  const [, height, width, channels] = input;
  if (effective && input.length !== 4) {
    throw new UsageError('--effective is for networks that read images.');
  }
  await start(threads === undefined ? {} : { threads });
  try {
    const effectiveField = effective
      ? await analysis.effectiveReceptiveField(build, [1, height!, width!, channels!])
      : undefined;
    if (!run) return { effectiveField };
    const model = build();
    const times = analysis.layerTimes(model, input);
    model.dispose();
    return { times, effectiveField };
  } finally {
    await stop();
  }
}
