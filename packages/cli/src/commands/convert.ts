import type { Command } from 'commander';
import {
  FormatError,
  meta,
  models,
  onDevice,
  parseSafetensors,
  parseTorchFile,
  readFile,
  type StoredTensor,
  TenfoldError,
  writeCheckpoint,
  writeSafetensors,
} from 'tenfold';
import { plural } from '../inspection/figures.js';
import { list, UsageError } from '../options.js';
import { versions } from '../version.js';

interface ConvertOptions {
  readonly state?: string;
  readonly leaveOut?: readonly string[];
  readonly model?: string;
  readonly classes?: string;
}

type Weights = Map<string, StoredTensor>;

export function addConvertCommand(program: Command): void {
  program
    .command('convert')
    .description(
      'Turn the weights in a file of PyTorch (.pth, .pt, .ckpt) into a safetensors file, without running what it holds. ' +
        'With --model it becomes a checkpoint, which tenfold predict, evaluate and train --init open.',
    )
    .argument('<file>', 'a file of torch.save, or a safetensors file')
    .argument('<out>', 'the safetensors file to write')
    .option('--state <name>', 'which of several states of the file: model_ema')
    .option(
      '--leave-out <prefixes>',
      'leave out tensors whose names begin so, between commas: aux1,aux2',
      list('--leave-out'),
    )
    .option('--model <name>', 'the network of the weights, all of which must fit; tenfold models lists them')
    .option('--classes <file>', 'the names of its classes, one a line or as a JSON array')
    .action(convert);
}

async function convert(file: string, out: string, options: ConvertOptions): Promise<void> {
  if (options.classes !== undefined && options.model === undefined) {
    throw new UsageError('--classes names the classes of a network; --model says which it is.');
  }
  const weights = withoutWrapper(await read(file, options.state));
  for (const name of weights.keys()) {
    if (options.leaveOut?.some((prefix) => name.startsWith(prefix))) weights.delete(name);
  }
  if (options.model === undefined) await writeSafetensors(out, weights, { format: 'pt' });
  else await writeNetwork(out, weights, options.model, options.classes);
  const numbers = [...weights.values()].reduce((sum, { data }) => sum + data.length, 0);
  process.stdout.write(`${out}: ${plural(weights.size, 'tensor')}, ${plural(numbers, 'number')}\n`);
}

async function read(file: string, state: string | undefined): Promise<Weights> {
  const bytes = await readFile(file);
  // A safetensors file begins with the length of its header, and then the header.
  if (bytes[8] === '{'.charCodeAt(0)) {
    if (state === undefined) return parseSafetensors(bytes, file).tensors;
    throw new UsageError(
      `--state is for files of PyTorch; ${file} is a safetensors file, which holds one state.`,
    );
  }
  return parseTorchFile(bytes, file, state === undefined ? {} : { state }).tensors;
}

/** The names within the network, where torch.nn.DataParallel has put `module.` before each. */
function withoutWrapper(weights: Weights): Weights {
  const wrapper = 'module.';
  if (![...weights.keys()].every((name) => name.startsWith(wrapper))) return weights;
  return new Map([...weights].map(([name, tensor]) => [name.slice(wrapper.length), tensor]));
}

async function writeNetwork(
  out: string,
  weights: Weights,
  model: string,
  classes: string | undefined,
): Promise<void> {
  const { input, preprocessing } = models.find(model);
  const classNames = classes === undefined ? undefined : await readClassNames(classes);
  const numClasses = classNames?.length ?? models.optionsOf(model).numClasses;
  const modelOptions = models.optionsOf(model, { numClasses, inChannels: input.channels });
  try {
    onDevice(meta, () => models.create(model, modelOptions)).loadStateDict(weights);
  } catch (error) {
    if (!(error instanceof TenfoldError)) throw error;
    throw new FormatError(`these are not the weights of ${model}: ${error.message}`, error.details);
  }
  const { resize, mean, std } = preprocessing;
  await writeCheckpoint(out, {
    model,
    modelOptions,
    classNames: classNames ?? Array.from({ length: Number(numClasses) }, (_, index) => `class ${index}`),
    preprocessing: { ...input, ...(resize === undefined ? {} : { resize }), mean, std },
    versions,
    weights,
  });
}

async function readClassNames(file: string): Promise<string[]> {
  const text = new TextDecoder().decode(await readFile(file));
  const names: unknown = text.trimStart().startsWith('[') ? parsed(text) : text.trim().split(/\r?\n/);
  if (
    Array.isArray(names) &&
    names.length > 0 &&
    names.every((name) => typeof name === 'string' && name !== '')
  ) {
    return names;
  }
  throw new FormatError(`${file} is no list of class names: one a line, or a JSON array of strings`, {
    file,
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
