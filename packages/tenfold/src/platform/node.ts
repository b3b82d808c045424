import { randomUUID } from 'node:crypto';
import { open, readFile as readWholeFile, rename, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parentPort, Worker } from 'node:worker_threads';
import { FileError } from '../errors.js';
import type { FileSource, Port, WorkerEvents, WorkerHandle, WorkerLike, WorkerProgram } from './platform.js';

/**
 * Reads a whole file.
 *
 * @throws {FileError} The file is missing or cannot be read; `details` are the absolute `path` and the `code`.
 */
export async function readFile(source: FileSource): Promise<Uint8Array> {
  if (source instanceof Blob) return new Uint8Array(await source.arrayBuffer());
  const path = source instanceof URL ? fileURLToPath(source) : source;
  try {
    const buffer = await readWholeFile(path);
    return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  } catch (error) {
    throw fileError('read', path, error);
  }
}

/**
 * Writes a file so that at every moment, even across a crash, its path holds either the earlier content or all of
 * the new one. The content is one run of bytes or a list of them, written one after the other.
 *
 * @throws {FileError} The file cannot be written; an earlier file of that name is untouched.
 */
export async function writeFileAtomic(
  path: string,
  content: Uint8Array | readonly Uint8Array[],
): Promise<void> {
  const directory = dirname(resolve(path));
  // In the same directory, because a rename is atomic only within one file system.
  const temporary = join(directory, `.tenfold-${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      for (const chunk of content instanceof Uint8Array ? [content] : content) await file.writeFile(chunk);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw fileError('write', path, error);
  }
  await syncDirectory(directory);
}

/** Makes a rename last across a power cut. Not every system can; the file itself is whole either way. */
async function syncDirectory(directory: string): Promise<void> {
  try {
    const handle = await open(directory, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {}
}

function fileError(action: 'read' | 'write', path: string, cause: unknown): FileError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  const reason =
    explain(action, dirname(resolve(path)), code) ?? (cause instanceof Error ? cause.message : code);
  return new FileError(`cannot ${action} ${path}: ${reason}`, { path: resolve(path), code });
}

function explain(action: 'read' | 'write', directory: string, code: string): string | undefined {
  switch (code) {
    case 'ENOENT':
      return action === 'read'
        ? `there is no such file (looked in ${directory})`
        : `the directory ${directory} does not exist; create it first`;
    case 'ENOTDIR':
      return `${directory} is not a directory`;
    case 'EISDIR':
      return 'this is a directory, not a file; give the path of a file';
    case 'EACCES':
    case 'EPERM':
      return action === 'read'
        ? 'permission is refused; make the file readable for this user'
        : `permission is refused; make the directory ${directory} writable for this user`;
    case 'EROFS':
      return `${directory} is on a read-only file system; choose another place`;
    case 'ENOSPC':
      return 'the disk is full; the earlier file is untouched, free some space and try again';
    case 'EDQUOT':
      return 'the disk quota is used up; the earlier file is untouched, free some space and try again';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many files are open; close some or raise the limit (ulimit -n)';
    case 'ENAMETOOLONG':
      return 'the name is too long for this file system; choose a shorter one';
    case 'ERR_FS_FILE_TOO_LARGE':
      return 'the file is larger than the 2 GiB that can be read at once';
    default:
      return undefined;
  }
}

/** Whether the calling thread may block in Atomics.wait. */
export const canBlock: boolean = true;

/** How many threads the machine runs at once. */
export function availableThreads(): number {
  return availableParallelism();
}

/** Why this process cannot have threads that share memory; undefined if it can. */
export function noThreads(): string | undefined {
  return undefined;
}

/** Runs a program in a thread that never keeps the process alive. */
export function spawnWorker<Data, Message>(
  program: WorkerProgram,
  data: Data,
  { message, ended }: WorkerEvents<Message>,
): WorkerHandle {
  const worker =
    'url' in program
      ? new Worker(program.url, { workerData: data })
      : new Worker(
          // Not `require`: under --input-type=module the text is a module, too.
          `const { workerData, parentPort } = process.getBuiltinModule('node:worker_threads');
(${program.source})(workerData, (message) => parentPort.postMessage(message));`,
          { eval: true, workerData: data },
        );
  let expected = false;
  worker.on('message', message);
  worker.on('error', (error) => ended(error.message));
  worker.on('exit', (code) => {
    if (!expected) ended(`it exited with code ${code}`);
  });
  // After the listeners, which hold the process alive.
  worker.unref();
  return {
    terminate() {
      expected = true;
      return worker.terminate();
    },
  };
}

/** The worker as who made it sees it. */
export function workerPort(given: WorkerLike): Port {
  const worker = given as Worker;
  let expected = false;
  return {
    post: (message) => worker.postMessage(message),
    listen({ message, failed }) {
      worker.on('message', message);
      worker.on('error', (error) => failed(error.message));
      worker.on('exit', (code) => {
        if (!expected) failed(`it exited with code ${code}`);
      });
    },
    terminate() {
      expected = true;
      void worker.terminate();
    },
  };
}

/** Who made this worker, as the worker sees it; undefined if this is none. */
export function hostPort(): Port | undefined {
  const port = parentPort;
  if (port === null) return undefined;
  return {
    post: (message) => port.postMessage(message),
    listen({ message }) {
      port.on('message', message);
    },
    terminate: () => port.close(),
  };
}

/** Waits until timers, signals, input and finalizers have had their turn; awaiting a settled promise lets none of them in. */
export async function nextTurn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
