import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { renderReport } from '../packages/cli/dist/report/html.js';
import { attribute, Page, textOf, within } from './report-page.js';
import { epoch, mistake, runOver, runRecord } from './report-records.js';

const render = async (record = runRecord()) => new Page(await renderReport(record));

describe('a report', () => {
  let html: string;
  let page: Page;

  beforeAll(async () => {
    html = await renderReport(runRecord());
    page = new Page(html);
  });

  /** One of the lists of settings, as names and values. */
  const list = (name: string) => {
    const found = within(page.section('setup'), 'dl').find(({ parentNode }) =>
      textOf(parentNode!).startsWith(name),
    );
    const rows = within(found!, 'div');
    return Object.fromEntries(rows.map((row) => ['dt', 'dd'].map((tag) => textOf(within(row, tag)[0]!))));
  };

  test('is HTML without a fault', () => {
    expect(page.errors).toEqual([]);
    expect(html.startsWith('<!doctype html>')).toBe(true);
    const identifiers = page.elements.flatMap((element) => attribute(element, 'id') ?? []);
    expect(new Set(identifiers).size).toBe(identifiers.length);
  });

  test('says the result in words', () => {
    expect(textOf(page.one('h1'))).toBe('petNet gets 93.60 % of the Pets test images right');
    expect(textOf(page.one('title'))).toBe('petNet on Pets: 93.60 %');
    expect(textOf(page.one('p', 'lead'))).toBe(
      '936 of 1,000 images that it had never seen. The hardest class is cat (92.01 %); the most frequent mistake ' +
        'takes cat for dog (22 times). It learned from 5,401 images for 3 epochs, which took 5 min 20 s on ' +
        '5 threads; the weights are those of epoch 2.',
    );
    expect(page.all('p', 'notice')).toEqual([]);
  });

  test('has its figures', () => {
    const figures = within(page.one('dl', 'figures'), 'div').map(textOf);
    expect(figures).toEqual([
      // Wilson: (0.936 + 1.9208 / 1000 -+ 1.96 sqrt(0.936 * 0.064 / 1000 + 3.8416 / 4e6)) / 1.0038416
      'Test accuracy93.60 %95 % interval 91.91 % to 94.96 %',
      'Test loss0.2468cross-entropy, nats',
      'Parameters1,485numbers that it learns',
      'Multiply-accumulates273,657for one image',
      'Time5 min 20 s3 epochs of 5,401 images',
      'Speed2,567/straining images, on 5 threads',
    ]);
  });

  test('has a table of the epochs with the best one marked', () => {
    const [header, ...rows] = page.table('Table of epochs');
    expect(header).toEqual([
      ...['epoch', 'training loss', 'training accuracy', 'validation loss', 'validation accuracy'],
      ...['learning rate', 'images/s', 'time'],
    ]);
    expect(rows).toEqual([
      ['1', '1.2346', '56.78 %', '1.4566', '45.68 %', '0.0712', '2,456', '18.3 s'],
      ['2', '0.6173', '78.39 %', '0.7283', '72.84 %', '0.0356', '2,567', '19.3 s'],
      ['3', '0.4115', '85.59 %', '0.4855', '81.89 %', '0.02373', '2,678', '20.3 s'],
    ]);
    expect(page.all('tr', 'best').map((row) => textOf(within(row, 'th')[0]!))).toEqual(['2']);
  });

  test('draws the learning curves, with a text for each and a mark in words for each point', () => {
    const section = page.section('curves');
    expect(within(section, 'figcaption').map((caption) => textOf(within(caption, 'strong')[0]!))).toEqual([
      ...['Loss', 'Accuracy', 'Learning rate', 'Speed'],
    ]);
    const charts = within(section, 'svg');
    expect(charts.map((chart) => attribute(chart, 'role'))).toEqual(['img', 'img', 'img', 'img']);
    expect(attribute(charts[0]!, 'aria-label')).toBe(
      'Loss by epoch. On the training images from 1.2346 to 0.4115; on the validation images lowest in epoch 3, 0.4855.',
    );
    const marks = within(charts[1]!, 'path').flatMap((path) => attribute(path, 'aria-label') ?? []);
    expect(marks.map((mark) => mark.replaceAll('\u00a0', ' '))).toEqual([
      ...['epoch 1, training: 56.78 %', 'epoch 2, training: 78.39 %', 'epoch 3, training: 85.59 %'],
      ...['epoch 1, validation: 45.68 %', 'epoch 2, validation: 72.84 %', 'epoch 3, validation: 81.89 %'],
    ]);
    for (const [chart, axis] of [
      'cross-entropy (nats)',
      'accuracy (%)',
      'learning rate',
      'images per second',
    ].entries()) {
      const texts = within(charts[chart]!, 'text').map(textOf);
      expect(texts).toContain(axis);
      expect(texts).toContain('epoch');
    }
    expect(within(charts[0]!, 'text').map(textOf)).toEqual(
      expect.arrayContaining(['training', 'validation']),
    );
  });

  test('has the confusion matrix and its most frequent mistakes', () => {
    expect(page.table('Table of the confusion matrix').slice(1)).toEqual([
      ['true class', 'cat', 'dog', 'rabbit'],
      ['cat', '311', '22', '5'],
      ['dog', '17', '302', '9'],
      ['rabbit', '3', '8', '323'],
    ]);
    const tints = page.all('td', 'wrong').map((cell) => attribute(cell, 'style'));
    // 22 of 338 cats is the largest share of a class, 17 of 328 dogs 80 % of it.
    expect(tints.slice(0, 3)).toEqual(['--tint:100%', '--tint:23%', '--tint:80%']);
    expect(page.table('Table of the most frequent mistakes')).toEqual([
      ['true class', 'taken for', 'images', 'of the class'],
      ['cat', 'dog', '22', '6.51 %'],
      ['dog', 'cat', '17', '5.18 %'],
      ['dog', 'rabbit', '9', '2.74 %'],
      ['rabbit', 'dog', '8', '2.40 %'],
      ['cat', 'rabbit', '5', '1.48 %'],
      ['rabbit', 'cat', '3', '0.90 %'],
    ]);
  });

  test('has the accuracy of each class, weakest first', () => {
    expect(page.table('Table of classes')).toEqual([
      ['class', 'images', 'right', 'accuracy'],
      ['cat', '338', '311', '92.01 %'],
      ['dog', '328', '302', '92.07 %'],
      ['rabbit', '334', '323', '96.71 %'],
    ]);
    const section = page.section('classes');
    expect(textOf(section)).toContain(
      'Always naming the largest class would get 33.80 % of the test images right.',
    );
    const [chart] = within(section, 'svg');
    expect(within(chart!, 'text').map(textOf)).toEqual(
      expect.arrayContaining(['cat', 'dog', 'rabbit', 'accuracy (%)']),
    );
  });

  test('shows the worst mistakes as pictures', () => {
    const figures = within(page.section('mistakes'), 'figure');
    expect(figures.map(textOf)).toEqual([
      'true cat taken for dog 98.76 % sure1.24 % for the truthimage 4321',
      'true rabbit taken for cat 65.43 % sure34.57 % for the truthimage 77',
    ]);
    const pictures = figures.map((figure) => within(figure, 'img')[0]!);
    expect(pictures.map((picture) => attribute(picture, 'alt'))).toEqual([
      'Test image 4321: cat, taken for dog',
      'Test image 77: rabbit, taken for cat',
    ]);
    expect(pictures.map((picture) => attribute(picture, 'src'))).toEqual(
      runRecord().mistakes.map(({ image }) => image),
    );
  });

  test('has the table of the network', () => {
    expect(page.table('Table of operators')).toEqual([
      ['name', 'operator', 'options', 'output', 'parameters', 'multiply-accumulates'],
      ['stem.conv', 'conv2d', '5x5, stride 2', '1 x 12 x 16 x 19', '1,425', '273,600'],
      ['', 'relu', '', '1 x 12 x 16 x 19', '', ''],
      ['classifier', 'linear', '', '1 x 3', '60', '57'],
      ['total', '1,485', '273,657'],
    ]);
    expect(textOf(page.section('network'))).toContain('petNet reads images of 24 x 32 pixels in 3 channels.');
  });

  test('has the exact command, every option, the data and the machine', () => {
    expect(textOf(page.one('pre', 'command'))).toBe('tenfold train --epochs 3 --out runs/pets');
    expect(list('Options')).toEqual({
      '--epochs': '3',
      '--batch-size': '48',
      '--lr': '0.075',
      '--json': 'no',
      '--data-dir': '\u2013',
      '--crop': '24, 32',
    });
    expect(list('Data')).toEqual({
      name: 'Pets',
      'training images': '5,401',
      'validation images': '607',
      'test images': '1,000',
      image: '24 x 32 x 3',
      classes: '3',
      mean: '0.4811, 0.4522, 0.4033',
      deviation: '0.2644, 0.2555, 0.2766',
      augmentation: 'mirror left to right; shift by up to 2 pixels',
    });
    expect(list('Run')).toEqual({
      date: '24 November 2026, 05:31 UTC',
      time: '5 min 20 s',
      processor: 'AMD EPYC 7763, 6 cores',
      threads: '5',
      memory: '8.0 GiB',
      system: 'linux x64',
      device: 'wasm, 5 threads',
      tenfold: '0.1.7',
      node: '20.19.3',
      'best weights': 'runs/pets/best.safetensors',
      'last weights': 'runs/pets/last.safetensors',
    });
  });

  test('is the same for the same record', async () => {
    expect(await renderReport(runRecord())).toBe(html);
  });

  test('stays white on paper', () => {
    const dark = [...html.matchAll(/@media ([^{]*)prefers-color-scheme: dark/g)].map(([, media]) => media);
    expect(dark).toEqual(['screen and (']);
    expect(html).toContain('@page { size: A4;');
  });
});

describe('a report carries everything itself', () => {
  test('it fetches nothing, and the browser is told to refuse if it would', async () => {
    const html = await renderReport(runRecord());
    const page = new Page(html);
    expect(page.elements.map(({ tagName }) => tagName)).not.toContain('link');
    for (const element of page.elements) {
      for (const { name, value } of element.attrs) {
        expect(name).not.toMatch(/^(on|xlink|action|formaction|srcset|data$)/);
        if (['src', 'href'].includes(name)) expect(value).toMatch(/^data:image\/png;base64,/);
      }
    }
    expect(html).not.toMatch(/https?:|@import|url\(/);
    const policy = attribute(
      page.all('meta').find((element) => attribute(element, 'http-equiv'))!,
      'content',
    )!;
    expect(policy).toContain("default-src 'none'; img-src data:;");
    const [, script] = /<script>(.*?)<\/script>/s.exec(html)!;
    const hash = createHash('sha256').update(script!).digest('base64');
    expect(policy.split('; ')).toContain(`script-src 'sha256-${hash}'`);
  });

  test('a picture that is not in the record is not shown', async () => {
    const far = { ...mistake(5, 'cat', 'dog', 0.9), image: 'https://example.org/track.png' };
    const odd = { ...mistake(6, 'cat', 'dog', 0.8), image: 'data:image/svg+xml,<svg onload=alert(1)>' };
    const page = await render(runRecord({ mistakes: [far, odd] }));
    expect(page.all('img')).toEqual([]);
    expect(page.all('div', 'no-picture').map((element) => attribute(element, 'aria-label'))).toEqual([
      'Test image 5: cat, taken for dog',
      'Test image 6: cat, taken for dog',
    ]);
  });
});

describe('names are text, whatever they hold', () => {
  const names = [
    '<script>alert(1)</script>',
    '</style><img src=http://example.org/x onerror=alert(1)>',
    '"><b onmouseover="alert(2)">\' &amp; &',
    '\u732b \u0642\u0637\u0629 \ud83d\udc08\u200d\u2b1b Gew\u00f6hnlicher L\u00f6wenzahn',
    'Donaudampfschifffahrtsgesellschaftskapit\u00e4nsm\u00fctzenabzeichen'.repeat(3),
    '{{x}} %s $& \\u0041',
  ];

  test.each([names.length, 30])('with %i classes', async (count) => {
    const classes = Array.from({ length: count }, (_, index) => names[index % names.length]!);
    const base = runRecord();
    const html = await renderReport(
      runOver(classes, {
        command: `tenfold train --out '${names[0]}'`,
        status: 'failed',
        failure: names[1]!,
        data: { ...base.data, name: names[0]!, classes, augmentation: [names[1]!] },
        model: {
          ...base.model,
          name: names[2]!,
          layers: [{ ...base.model.layers[0]!, name: names[0]!, operator: names[1]!, detail: names[2]! }],
        },
        machine: { ...base.machine, cpu: names[1]! },
        versions: { [names[0]!]: names[1]! },
        options: { [names[0]!]: names[1]! },
        mistakes: names.map((name, index) => mistake(index, name, names.at(-1 - index)!, 0.5)),
        checkpoints: { best: names[0]!, last: names[1]! },
        resumed: { checkpoint: names[2]!, epoch: 1 },
      }),
    );
    const page = new Page(html);
    expect(page.errors).toEqual([]);
    expect(page.all('script')).toHaveLength(1);
    expect(page.all('style')).toHaveLength(1);
    expect(page.all('img')).toHaveLength(names.length);
    expect(page.elements.flatMap(({ attrs }) => attrs).filter(({ name }) => name.startsWith('on'))).toEqual(
      [],
    );
    const cells = page.table('Table of classes').map(([name]) => name);
    for (const name of names) expect(cells).toContain(name);
    const captions = within(page.section('mistakes'), 'bdi').map(textOf);
    for (const name of names) expect(captions).toContain(name);
    expect(textOf(page.one('pre', 'command'))).toBe(`tenfold train --out '${names[0]}'`);
  });

  test('an empty name is replaced by the number', async () => {
    const page = await render(runOver(['', 'dog', '  ']));
    const [, ...names] = page.table('Table of classes').map(([name]) => name);
    expect(names.sort()).toEqual(['class 0', 'class 2', 'dog']);
  });

  test('two classes of one name are two', async () => {
    const page = await render(runOver(['cat', 'cat', 'dog']));
    const [chart] = within(page.section('classes'), 'svg');
    expect(
      within(chart!, 'text')
        .map(textOf)
        .filter((text) => text === 'cat'),
    ).toHaveLength(2);
  });
});

describe('extreme runs', () => {
  test('one epoch is a row, not a curve', async () => {
    const page = await render(runRecord({ history: [epoch(1)], bestEpoch: 1 }));
    const section = page.section('curves');
    expect(within(section, 'svg')).toEqual([]);
    expect(within(section, 'details')).toEqual([]);
    expect(page.table('Table of epochs')).toHaveLength(2);
  });

  test('three epochs have three ticks', async () => {
    const page = await render();
    const [chart] = within(page.section('curves'), 'svg');
    expect(within(chart!, 'text').map(textOf)).toEqual(expect.arrayContaining(['1', '2', '3']));
  });

  test('200 epochs are lines without dots, and all in the table', async () => {
    const history = Array.from({ length: 200 }, (_, index) => epoch(index + 1));
    const page = await render(runRecord({ history, bestEpoch: 187 }));
    const [chart] = within(page.section('curves'), 'svg');
    expect(within(chart!, 'path').flatMap((path) => attribute(path, 'aria-label') ?? [])).toEqual([]);
    expect(page.table('Table of epochs')).toHaveLength(201);
    // The loss spans more than a factor of 20, so that its axis is logarithmic.
    expect(within(chart!, 'text').map(textOf)).toEqual(
      expect.arrayContaining(['1', '0.5', '0.2', '0.1', '0.01']),
    );
  });

  test('an axis over many powers of ten names only these', async () => {
    const history = [10, 1, 0.1, 0.001].map((trainLoss, index) => {
      const { validationLoss: _, ...rest } = epoch(index + 1);
      return { ...rest, trainLoss };
    });
    const page = await render(runRecord({ history }));
    const [chart] = within(page.section('curves'), 'svg');
    const texts = within(chart!, 'text').map(textOf);
    expect(texts).toEqual(expect.arrayContaining(['10', '1', '0.1', '0.01', '0.001']));
    expect(texts).not.toContain('0.5');
  });

  test('without validation there is one line and no word of it', async () => {
    const history = [1, 2, 3].map((number) => {
      const { validationLoss: _, validationAccuracy: __, ...rest } = epoch(number);
      return rest;
    });
    const base = runRecord();
    const page = await render(runRecord({ history, data: { ...base.data, validation: 0 } }));
    const section = page.section('curves');
    expect(within(section, 'figcaption').map(textOf)[1]).toBe(
      'Accuracy Epoch 2: 78.39 % of the training images.',
    );
    expect(textOf(within(section, 'p')[0]!)).toBe(
      'The dotted line marks epoch 2; its weights are the result.',
    );
    expect(page.table('Table of epochs')[1]!.slice(3, 5)).toEqual(['\u2013', '\u2013']);
    const [chart] = within(section, 'svg');
    expect(within(chart!, 'text').map(textOf)).not.toContain('validation');
  });

  test('two classes', async () => {
    const page = await render(runOver(['yes', 'no']));
    expect(page.table('Table of the confusion matrix').slice(1)).toEqual([
      ['true class', 'yes', 'no'],
      ['yes', '50', '0'],
      ['no', '1', '49'],
    ]);
  });

  test('100 classes are a heat map without numbers, with the most confused pairs', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `class of kind ${index}`);
    const record = runOver(names);
    const page = await render(record);
    const section = page.section('confusion');
    expect(page.all('table', 'confusion')).toEqual([]);
    const [chart] = within(section, 'svg');
    const cells = within(chart!, 'path').flatMap(
      (path) => attribute(path, 'aria-label')?.replaceAll('\u00a0', ' ') ?? [],
    );
    const filled = record.test!.confusion.flat().filter((images) => images > 0);
    expect(cells).toHaveLength(filled.length);
    expect(cells).toContain('class of kind 17, called class of kind 18: 8 images (16.00 %)');
    const texts = within(chart!, 'text').map(textOf);
    expect(texts).toEqual(expect.arrayContaining(['predicted class', 'true class', 'class of kind 0']));
    expect(texts.filter((text) => /^\d+$/.test(text))).toEqual([]);
    const [, ...pairs] = page.table('Table of the most frequent mistakes');
    expect(pairs).toHaveLength(12);
    expect(pairs[0]).toEqual(['class of kind 8', 'class of kind 9', '8', '16.00 %']);
    expect(textOf(section)).toContain('And 76 rarer pairs.');
    expect(within(page.section('classes'), 'svg')).toHaveLength(2);
    expect(page.table('Table of classes')).toHaveLength(101);
  });

  test('the largest matrix with numbers has 20 classes', async () => {
    const names = (count: number) => Array.from({ length: count }, (_, index) => `c${index}`);
    expect((await render(runOver(names(20)))).all('table', 'confusion')).toHaveLength(1);
    expect((await render(runOver(names(21)))).all('table', 'confusion')).toHaveLength(0);
  });

  test('no mistakes', async () => {
    const base = runOver(['cat', 'dog']);
    const perfect = { images: 50, correct: 50, accuracy: 1 };
    const test = {
      ...base.test!,
      accuracy: 1,
      confusion: [
        [50, 0],
        [0, 50],
      ],
      perClass: [perfect, perfect],
    };
    const page = await render({ ...base, test });
    expect(textOf(page.one('h1'))).toBe('petNet gets 100.00 % of the Pets test images right');
    expect(textOf(page.one('p', 'lead'))).toContain('It made no mistake.');
    expect(textOf(page.section('confusion'))).toContain('No image was taken for one of another class.');
    expect(textOf(page.section('mistakes'))).toContain('None was recorded.');
  });

  test('a class without test images', async () => {
    const base = runOver(['cat', 'dog', 'unseen']);
    const test = {
      ...base.test!,
      confusion: [
        [40, 10, 0],
        [0, 50, 0],
        [0, 0, 0],
      ],
      perClass: [...base.test!.perClass.slice(0, 2), { images: 0, correct: 0, accuracy: null }],
    };
    const html = await renderReport({ ...base, test });
    const page = new Page(html);
    expect(page.table('Table of classes').at(-1)).toEqual(['unseen', '0', '0', '\u2013']);
    expect(html).not.toContain('NaN');
  });

  test('a network of many operators is summed up by kind and folded away', async () => {
    const base = runRecord();
    const layers = Array.from({ length: 41 }, (_, index) => base.model.layers[index % 3]!);
    const page = await render(runRecord({ model: { ...base.model, layers } }));
    expect(page.table('Table of kinds of operators')).toEqual([
      ['operator', 'uses', 'parameters', 'multiply-accumulates'],
      ['conv2d', '14', '19,950', '3,830,400'],
      ['linear', '13', '780', '741'],
      ['relu', '14', '', ''],
    ]);
    expect(page.table('Table of operators')).toHaveLength(43);
    expect(within(page.section('network'), 'summary').map(textOf)).toEqual(['All 41 operators in order']);
  });
});

describe('runs that did not end well', () => {
  const { test: _, bestEpoch: __, ...untested } = runRecord({ mistakes: [] });

  test('an interrupted one says so, and shows the validation images instead', async () => {
    const record = { ...untested, status: 'interrupted' as const, history: [epoch(1), epoch(2)] };
    const page = await render(record);
    expect(textOf(page.one('h1'))).toBe('petNet gets 72.84 % of the Pets validation images right');
    expect(textOf(page.one('p', 'notice'))).toBe(
      'The run was interrupted after 2 of 3 epochs. It has not seen the test images; the numbers are those of the ' +
        'epochs so far.',
    );
    for (const id of ['confusion', 'classes', 'mistakes']) expect(() => page.section(id)).toThrow();
  });

  test('one that failed in its first epoch has its reason, its network and its settings', async () => {
    const failure = 'the loss became NaN in epoch 1, step 17.';
    const page = await render({ ...untested, status: 'failed', failure, history: [] });
    expect(textOf(page.one('h1'))).toBe('petNet has not finished an epoch on Pets');
    expect(textOf(page.one('p', 'notice'))).toBe(`The run failed after 0 of 3 epochs: ${failure}`);
    expect(page.table('Table of operators')).toHaveLength(5);
    expect(() => page.section('curves')).toThrow();
  });

  test('one that was killed says that it had not ended', async () => {
    const page = await render({ ...untested, status: 'running' });
    expect(textOf(page.one('p', 'notice'))).toContain(
      'The run had not ended when this was written, after 3 of 3 epochs.',
    );
  });

  test('a resumed one says from where', async () => {
    const resumed = { checkpoint: 'runs/pets/last.safetensors', epoch: 2 };
    const page = await render(runRecord({ resumed }));
    expect(textOf(page.one('p', 'lead'))).toContain(
      'The run continued from runs/pets/last.safetensors, after epoch 2.',
    );
  });
});
