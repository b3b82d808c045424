import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FileError } from 'tenfold';

/** A file or folder inside a folder. */
export interface Entry {
  /** In composed form (NFC), because some file systems decompose accents. */
  readonly name: string;
  readonly path: string;
  readonly isFolder: boolean;
  readonly isLink: boolean;
}

/** What a folder holds, hidden entries aside, in the order of its names: by code unit, so the same on every system. */
export async function entriesOf(folder: string): Promise<Entry[]> {
  const found = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw new FileError(`cannot read the folder ${folder}: ${reasons[error.code ?? ''] ?? error.message}.`, {
      path: folder,
      code: error.code ?? 'unknown',
    });
  });
  const entries = await Promise.all(
    found
      .filter(({ name }) => !name.startsWith('.'))
      .map(async (entry) => {
        const path = join(folder, entry.name);
        // A link counts as what it leads to; one that leads nowhere as a file, which says so when it is read.
        const target = entry.isSymbolicLink() ? await stat(path).catch(() => entry) : entry;
        return {
          name: entry.name.normalize('NFC'),
          path,
          isFolder: target.isDirectory(),
          isLink: entry.isSymbolicLink(),
        };
      }),
  );
  return entries.sort((a, b) => byCodeUnit(a.name, b.name) || byCodeUnit(a.path, b.path));
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'it is a file, not a folder',
  EACCES: 'permission is refused',
};

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
