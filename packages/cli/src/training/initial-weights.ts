import {
  checkpointFormat,
  type nn,
  predictionWeights,
  readCheckpoint,
  readSafetensors,
  type StoredTensor,
  TenfoldError,
} from 'tenfold';

/** What became of the tensors of a file and of the network's own. */
export interface Transfer {
  readonly loaded: readonly string[];
  /** The network has them and the file has not. */
  readonly fresh: readonly string[];
  /** The file has them and the network has not. */
  readonly skipped: readonly string[];
  /** Both have them, in different shapes. */
  readonly misshapen: readonly Misfit[];
}

interface Misfit {
  readonly name: string;
  readonly inFile: readonly number[];
  readonly inModel: readonly number[];
}

/**
 * Gives the network those tensors of a safetensors file (a checkpoint, or weights from elsewhere) that fit it by name
 * and shape; the others keep their first values.
 *
 * @throws FileError or FormatError if the file cannot be read; TenfoldError if nothing in it fits.
 */
export async function loadFitting(model: nn.Module, file: string): Promise<Transfer> {
  const given = await weightsOf(file);
  const own = await model.stateDict();
  const fitting = new Map<string, StoredTensor>();
  const misshapen: Misfit[] = [];
  for (const [name, { shape, dtype }] of own) {
    const found = given.get(name);
    if (found === undefined) continue;
    if (found.dtype === dtype && sameShape(found.shape, shape)) fitting.set(name, found);
    else misshapen.push({ name, inFile: found.shape, inModel: shape });
  }
  if (fitting.size === 0) {
    throw new TenfoldError(
      `${file} has nothing that fits: its tensors are ${few([...given.keys()])}, the network's ${few([...own.keys()])}.`,
      { file },
    );
  }
  model.loadStateDict(fitting, { strict: false });
  return {
    loaded: [...fitting.keys()],
    fresh: [...own.keys()].filter((name) => !given.has(name)),
    skipped: [...given.keys()].filter((name) => !own.has(name)),
    misshapen,
  };
}

/** One line for each kind of tensor that there is. */
export function describeTransfer(file: string, { loaded, fresh, skipped, misshapen }: Transfer): string[] {
  const shapes = misshapen.map(
    ({ name, inFile, inModel }) => `${name} [${inFile.join(', ')}] instead of [${inModel.join(', ')}]`,
  );
  return [
    `${loaded.length} tensors are from ${file}`,
    ...(fresh.length > 0 ? [`  new, because the file lacks them: ${few(fresh)}`] : []),
    ...(shapes.length > 0 ? [`  new, because the file has another shape: ${few(shapes)}`] : []),
    ...(skipped.length > 0 ? [`  skipped, because the network lacks them: ${few(skipped)}`] : []),
  ];
}

async function weightsOf(file: string): Promise<ReadonlyMap<string, StoredTensor>> {
  const { tensors, metadata } = await readSafetensors(file);
  if (metadata.get('format') !== checkpointFormat) return tensors;
  return predictionWeights(await readCheckpoint(file));
}

function sameShape(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((side, axis) => side === other[axis]);
}

function few(names: readonly string[]): string {
  const shown = names.slice(0, 8);
  return shown.join(', ') + (names.length > 8 ? ` and ${names.length - 8} more` : '');
}
