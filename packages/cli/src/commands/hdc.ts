import type { Command } from 'commander';
import { hdcCheck, hdcDesign } from 'tenfold';
import { hdcLines } from '../inspection/hdc-report.js';
import { UsageError, wholeNumber } from '../options.js';

interface HdcOptions {
  readonly kernel: number;
  readonly design?: boolean;
  readonly layers?: number;
  readonly field?: number;
  readonly json?: boolean;
}

export function addHdcCommand(program: Command): void {
  program
    .command('hdc')
    .description(
      'Say whether dilated convolutions in a row leave pixels unseen (Hybrid Dilated Convolution, Wang et al. 2018), ' +
        'or find rates that leave none.',
    )
    .argument('[rates]', 'the rates of the layers, 1,2,5')
    .option('--kernel <size>', 'the side of the kernels', wholeNumber('--kernel', 1, 99), 3)
    .option('--design', 'find rates for --layers and --field instead')
    .option('--layers <number>', 'how many layers', wholeNumber('--layers', 1))
    .option('--field <pixels>', 'the side of the receptive field', wholeNumber('--field', 1))
    .option('--json', 'print the report as JSON on standard output')
    .action(hdc);
}

function hdc(text: string | undefined, options: HdcOptions): void {
  const rates = options.design ? designed(text, options) : given(text, options);
  const { vertical: axis, ok, reason } = hdcCheck(rates, options.kernel);
  if (options.json) process.stdout.write(`${JSON.stringify({ ok, reason, ...axis })}\n`);
  else process.stdout.write(`${hdcLines(axis, process.stdout.columns ?? 100).join('\n')}\n`);
}

function designed(text: string | undefined, { layers, field, kernel }: HdcOptions): readonly number[] {
  if (text !== undefined) throw new UsageError('--design finds the rates, so none can be given.');
  if (layers === undefined || field === undefined) {
    throw new UsageError('--design takes --layers and --field: tenfold hdc --design --layers 3 --field 17.');
  }
  return hdcDesign({ kernelSize: kernel, layers, receptiveField: field }) as readonly number[];
}

function given(text: string | undefined, { layers, field }: HdcOptions): number[] {
  if (text === undefined) {
    throw new UsageError('hdc takes rates, 1,2,5, or --design with --layers and --field.');
  }
  if (layers !== undefined || field !== undefined) {
    throw new UsageError('--layers and --field are for --design.');
  }
  const rates = text.split(',').map((rate) => (rate.trim() === '' ? Number.NaN : Number(rate)));
  if (rates.every((rate) => Number.isSafeInteger(rate) && rate >= 1)) return rates;
  throw new UsageError(`rates are whole numbers of 1 or more between commas, such as 1,2,5, not '${text}'.`);
}
