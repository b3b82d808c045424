import { Command, CommanderError } from 'commander';
import { TenfoldError } from 'tenfold';
import { addConvertCommand } from './commands/convert.js';
import { addEvaluateCommand } from './commands/evaluate.js';
import { addHdcCommand } from './commands/hdc.js';
import { addInspectCommand } from './commands/inspect.js';
import { addModelsCommand } from './commands/models.js';
import { addPredictCommand } from './commands/predict.js';
import { addTrainCommand } from './commands/train.js';
import { Interrupted } from './interrupt.js';
import { UsageError } from './options.js';
import { version } from './version.js';

const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 };

const program = new Command('tenfold')
  .description('Train convolutional networks from a terminal, measure them and use them.')
  .version(version)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'tenfold: ')) });

addTrainCommand(program);
addEvaluateCommand(program);
addPredictCommand(program);
addModelsCommand(program);
addConvertCommand(program);
addInspectCommand(program);
addHdcCommand(program);

// A reader that has seen enough (`tenfold models | head -1`) ends the command, and there is nothing to be said about it.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? exitCodes.failed : report(error)),
);

try {
  await program.parseAsync();
  process.exitCode = exitCodes.done;
} catch (error) {
  process.exitCode = report(error);
}

/** Says what went wrong, and returns the exit code for it. */
function report(error: unknown): number {
  // Commander has printed its own message, or the help that was asked for.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof Interrupted) return say(error.message, exitCodes.interrupted);
  if (error instanceof UsageError) return say(error.message, exitCodes.usage);
  if (error instanceof TenfoldError || isSystemError(error)) return say(error.message, exitCodes.failed);
  console.error(error);
  return exitCodes.failed;
}

function say(message: string, exitCode: number): number {
  console.error(`tenfold: ${message}`);
  return exitCode;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}
