/** `tenfold inspect` and `tenfold hdc`. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { analysis, hdcCheck, models, onDevice, writeCheckpoint } from 'tenfold';
import { reference } from 'tenfold/reference';
import { afterAll, describe, expect, test } from 'vitest';
import { hdcLines } from '../packages/cli/dist/inspection/hdc-report.js';
import { inspectionPage } from '../packages/cli/dist/inspection/page/page.js';
import { rowsOf } from '../packages/cli/dist/inspection/rows.js';
import { terminalReport } from '../packages/cli/dist/inspection/terminal-report.js';
import { tenfold } from './cli.js';
import { Page, textOf } from './report-page.js';

const folder = mkdtempSync(join(tmpdir(), 'tenfold-inspect-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const examined = (name: string) => {
  const { height, width, channels } = models.find(name).input;
  return analysis.examine(() => models.create(name), [1, height, width, channels]);
};

describe('the table', () => {
  const { inspection } = examined('resnet50');

  test.each([1, 2, 3, 4])('folds modules at depth %i, and loses nothing', (depth) => {
    const rows = rowsOf(inspection, depth);
    expect(rows.flatMap(({ layers }) => layers)).toEqual(inspection.layers);
    expect(rows.reduce((sum, { macs }) => sum + macs, 0)).toBe(inspection.macs);
    expect(rows.every(({ name }) => name.split(' ')[0]!.split('.').length <= depth)).toBe(true);
  });

  test('has a line for each module of the first level', () => {
    expect(rowsOf(inspection, 1).map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      'conv1 Conv2d',
      'bn1 BatchNorm2d',
      'relu relu',
      'maxpool MaxPool2d',
      ...[1, 2, 3, 4].map((stage) => `layer${stage} Sequential`),
      'globalAvgPool globalAvgPool',
      'flatten flatten',
      'fc Linear',
    ]);
  });

  test.each([60, 80, 100, 200])('fits into %i columns', (columns) => {
    const lines = terminalReport('resnet50', inspection, { depth: 3, columns });
    expect(lines.filter((line) => line.length > Math.max(columns, 72))).toEqual([]);
    expect(lines.join('\n')).toContain('4,089,184,256');
  });

  test('names what is known of DenseNet-201', () => {
    const text = terminalReport('densenet201', examined('densenet201').inspection, {
      depth: 2,
      columns: 300,
    }).join('\n');
    expect(text).toContain('20,013,928 (80.1 MB)');
    expect(text).toContain('sees 3863x3863 pixels, more than the image has, stride 32, the first from -1917');
    expect(text).toContain('3.16e29 of 4 to 200 layers');
  });
});

describe('the page', () => {
  test.each(['densenet201', 'inception_v3', 'tenfold_net', 'vgg16'])(
    'of %s is HTML without a fault',
    async (name) => {
      const html = await inspectionPage(name, examined(name));
      const page = new Page(html);
      expect(page.errors).toEqual([]);
      expect(textOf(page.one('h1'))).toBe(name);
      // It needs nothing from anywhere, and stays small.
      expect(html).not.toMatch(/(src|href)="(?!data:)/);
      expect(html.length).toBeLessThan(1_000_000);
      for (const svg of page.all('svg'))
        expect(svg.attrs.some(({ name }) => name === 'aria-label')).toBe(true);
      for (const image of page.all('img')) expect(image.attrs.some(({ name }) => name === 'alt')).toBe(true);
      expect(html.replaceAll(/base64,[^"]*/g, '')).not.toMatch(/NaN|undefined|Infinity/);
    },
  );
});

describe('the command', () => {
  test('says what mnist_net costs', async () => {
    const { code, stdout, stderr } = await tenfold('inspect', 'mnist_net');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('mnist_net: 1x28x28x1 to 1x10\n');
    expect(stdout).toMatch(/MACs +4,673,280 forward, 9,189,760 backward/);
    expect(stdout).toContain('a pixel of relu 4 (7x7) sees 21x21 pixels, stride 4, the first from -10');
  });

  test('prints JSON of stable names, and measures', async () => {
    const { code, stdout } = await tenfold('inspect', 'mnist_net', '--json', '--run', '--threads', '1');
    expect(code).toBe(0);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({
      network: 'mnist_net',
      parameters: 66346,
      macs: 4673280,
      macsBackward: 9189760,
      receptiveField: {
        height: 21,
        width: 21,
        stride: [4, 4],
        start: [-10, -10],
        kind: 'fixed',
        layer: 'relu 4',
      },
      coverage: { pixels: 441, covered: 441, holes: 0 },
      gridding: { holes: 0, chains: [] },
      paths: { count: '1', shortest: 4, longest: 4 },
      connectivity: [{ module: '', inChannels: 1, outChannels: 10, complete: true }],
    });
    expect(found.layers).toHaveLength(15);
    expect(found.layers[0]).toMatchObject({
      name: 'conv1',
      operator: 'conv2d',
      outputShape: [1, 14, 14, 32],
    });
    expect(found.layers.every((layer: { milliseconds: number }) => layer.milliseconds > 0)).toBe(true);
  });

  const written = `import { blocks } from 'tenfold';
export const input = [1, 33, 33, 4];
export default () => new blocks.DilatedStack(4, 4, [2, 2, 2]);
`;

  test('reads a network from a file, wherever it lies, and draws it', async () => {
    const page = join(folder, 'page.html');
    const { code, stdout } = await tenfold('inspect', file('stack.mjs', written), '--html', page);
    expect(code).toBe(0);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'leaves 120 of the 169 pixels of its field in the image unread (gridding)',
    );
    expect(stdout).toContain('the page is ');
    expect(readFileSync(page, 'utf8')).toContain(
      '120 of the 169 pixels of its field in the image are never read',
    );
  });

  test('reads the network of a checkpoint', async () => {
    const options = models.optionsOf('mnist_net', { numClasses: 3, inChannels: 2 });
    const model = onDevice(reference, () => models.create('mnist_net', options));
    const checkpoint = join(folder, 'net.safetensors');
    await writeCheckpoint(checkpoint, {
      model: 'mnist_net',
      modelOptions: options,
      classNames: ['a', 'b', 'c'],
      preprocessing: { height: 20, width: 24, channels: 2, mean: [0, 0], std: [1, 1] },
      versions: {},
      weights: await model.stateDict(),
    });
    const { code, stdout } = await tenfold('inspect', checkpoint);
    expect(code).toBe(0);
    expect(stdout).toContain(`mnist_net of ${checkpoint}: 1x20x24x2 to 1x3\n`);
  });

  test.each<[string, readonly string[], string]>([
    [
      'an unknown name',
      ['resnet5'],
      "resnet5 is neither a network nor a file: there is no model 'resnet5'; the nearest names are",
    ],
    [
      'a file that is not there',
      ['runs/best.safetensors'],
      'tenfold: there is no file runs/best.safetensors.',
    ],
    [
      'a file that is no network',
      [file('text.txt', 'hello, this is no network')],
      `text.txt is neither a checkpoint nor a JavaScript file: header length is 8367736964726416744, but should be at most 100000000; is this a safetensors file?\n`,
    ],
    [
      'an option that the network does not have',
      ['mnist_net', '--model-option', 'depth=3'],
      "--model-option: there is no option 'depth', the nearest is ",
    ],
    [
      'a file that does not parse',
      [file('broken.mjs', 'export default (')],
      'broken.mjs cannot be read as a JavaScript module: ',
    ],
    [
      'an export that builds nothing',
      [file('number.mjs', 'export default 5')],
      "by default ('export default () => new Network()'), but its default export is of type number.",
    ],
    [
      'a function that returns no network',
      [file('none.mjs', 'export default () => 5; export const input = [1, 2, 2, 1]')],
      'must return a Module of tenfold, but returned number',
    ],
    [
      'a network without an input',
      [file('free.mjs', written.replace(/^export const.*$/m, ''))],
      'does not say what it reads: give --input',
    ],
    [
      'mistakes in a network',
      [
        file(
          'fails.mjs',
          `import { Module } from 'tenfold'; export const input = [1, 2, 2, 1]; export default class extends Module { forward(x) { return x.nothing.shape; } }`,
        ),
      ],
      'fails on an input of 1x2x2x1: Cannot read properties of undefined',
    ],
    [
      'an input that does not fit',
      ['mnist_net', '--input', '1x28x28x3'],
      'conv2d: input has 3 channels but weight [32, 1, 5, 5]',
    ],
    [
      'an input that is none',
      ['mnist_net', '--input', '28'],
      "--input takes a shape such as 1x224x224x3, but was given '28'",
    ],
    [
      'an option of no network',
      ['text.txt', '--model-option', 'a=1'],
      '--model-option is for published networks, and text.txt is none',
    ],
  ])('refuses %s in one sentence', async (_, words, message) => {
    const { code, stdout, stderr } = await tenfold('inspect', ...words);
    expect(code).toBeGreaterThan(0);
    expect(stdout).toBe('');
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(message);
  });
});

describe('tenfold hdc', () => {
  test('draws what the published rates read', async () => {
    const { code, stdout } = await tenfold('hdc', '1,2,5');
    expect(code).toBe(0);
    expect(stdout).toContain('rates 1, 2, 5, kernel 3: no hole: all 17 positions of the field are read');
    expect(stdout).toContain('passes  [1, 2, 5] has M_2 = 2, at most the kernel size 3');
  });

  test('draws holes', () => {
    expect(hdcLines(hdcCheck([2, 2, 2]).vertical, 100, false)).toEqual([
      'rates 2, 2, 2, kernel 3: 6 of 13 positions of the field are never read',
      '',
      'through rate 2       #.#.#',
      'through 2, 2       #.#.#.#.#',
      'through 2, 2, 2  #.#.#.#.#.#.#',
      'paths            1030607060301',
      '',
      'the rules of Wang et al. 2018, for each group of rates that do not fall:',
      '  passes  [2, 2, 2] has M_2 = 2, at most the kernel size 3',
      '  fails   [2, 2, 2] has the common factor 2',
      'exact coverage decides: 7 of 13',
    ]);
    expect(hdcLines(hdcCheck([1, 90]).vertical, 80, false)[2]).toBe(
      '(the field of 183 pixels is wider than the terminal, so it is not drawn)',
    );
  });

  test('designs', async () => {
    const { code, stdout } = await tenfold('hdc', '--design', '--layers', '3', '--field', '17', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, rates: [1, 2, 5], kernelSize: 3 });
  });

  test.each<[readonly string[], string]>([
    [[], 'hdc takes rates, 1,2,5, or --design with --layers and --field.'],
    [['1,x'], "rates are whole numbers of 1 or more between commas, such as 1,2,5, not '1,x'."],
    [['--design', '--layers', '3'], '--design takes --layers and --field'],
    [
      ['--design', '--layers', '2', '--field', '17'],
      'hdcDesign: 2 layers with kernel 3 have no receptive field of 17 without holes',
    ],
  ])('refuses %j', async (words, message) => {
    const { code, stderr } = await tenfold('hdc', ...words);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
