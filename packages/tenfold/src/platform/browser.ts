import { FileError } from '../errors.js';
import type { FileSource, Port, WorkerEvents, WorkerHandle, WorkerLike, WorkerProgram } from './platform.js';

const privateScheme = 'opfs:';

/**
 * Reads a whole file: fetches an address, opens `opfs:NAME` in the origin private file system, or takes a Blob's bytes.
 *
 * @throws {FileError} There is no such file, or it cannot be read; `details` are the `path` and the `code`.
 */
export async function readFile(source: FileSource): Promise<Uint8Array> {
  if (source instanceof Blob) return bytesOf(source);
  const path = String(source);
  if (path.startsWith(privateScheme)) {
    const { directory, name } = await privatePlace('read', path, false);
    try {
      return await bytesOf(await (await directory.getFileHandle(name)).getFile());
    } catch (error) {
      throw fileError('read', path, error);
    }
  }
  let response: Response;
  try {
    response = await fetch(source);
  } catch (cause) {
    throw new FileError(
      `cannot read ${path}: the browser could not fetch it (${messageOf(cause)}); is the server reachable, and does it allow this page's origin (CORS)?`,
      { path, code: 'fetch' },
    );
  }
  if (!response.ok) {
    throw new FileError(
      `cannot read ${path}: the server answered ${response.status} ${response.statusText}`,
      {
        path,
        code: String(response.status),
      },
    );
  }
  return new Uint8Array(await response.arrayBuffer());
}

/**
 * Writes `opfs:NAME`, a file in the origin private file system, so that it holds either the earlier content or all of
 * the new one. NAME may have folders, which are made as needed.
 *
 * @throws {FileError} The file cannot be written; an earlier file of that name is untouched.
 */
export async function writeFileAtomic(
  path: string,
  content: Uint8Array | readonly Uint8Array[],
): Promise<void> {
  if (!path.startsWith(privateScheme)) {
    throw new FileError(
      `cannot write ${path}: a page has no folders of its own; name it ${privateScheme}${path} to keep it in this site's private file system, or offer it to the person with download(name, bytes)`,
      { path, code: 'not opfs' },
    );
  }
  const { directory, name } = await privatePlace('write', path, true);
  try {
    // What is written here goes to a temporary file, which takes the place of the file when it is closed.
    const stream = await (await directory.getFileHandle(name, { create: true })).createWritable();
    try {
      for (const chunk of content instanceof Uint8Array ? [content] : content) {
        await stream.write(chunk as Uint8Array<ArrayBuffer>);
      }
    } catch (error) {
      await stream.abort();
      throw error;
    }
    await stream.close();
  } catch (error) {
    throw fileError('write', path, error);
  }
}

async function bytesOf(blob: Blob): Promise<Uint8Array> {
  return new Uint8Array(await blob.arrayBuffer());
}

type Action = 'read' | 'write';

async function privatePlace(
  action: Action,
  path: string,
  create: boolean,
): Promise<{ directory: FileSystemDirectoryHandle; name: string }> {
  const folders = path
    .slice(privateScheme.length)
    .split('/')
    .filter((part) => part !== '');
  const name = folders.pop();
  if (name === undefined) {
    throw new FileError(`cannot ${action} ${path}: it names no file; write opfs:weights.safetensors, say`, {
      path,
      code: 'no name',
    });
  }
  try {
    let directory = await navigator.storage.getDirectory();
    for (const folder of folders) directory = await directory.getDirectoryHandle(folder, { create });
    return { directory, name };
  } catch (error) {
    throw fileError(action, path, error);
  }
}

function fileError(action: Action, path: string, cause: unknown): FileError {
  const code = cause instanceof Error ? cause.name : 'unknown';
  return new FileError(`cannot ${action} ${path}: ${explain(action, code) ?? messageOf(cause)}`, {
    path,
    code,
  });
}

function explain(action: Action, code: string): string | undefined {
  switch (code) {
    case 'NotFoundError':
      return 'there is no such file in the private file system of this site';
    case 'TypeMismatchError':
      return 'a folder and a file of that name are mixed up; choose another name';
    case 'QuotaExceededError':
      return 'the browser grants this site no more room; the earlier file is untouched, delete others and try again';
    case 'SecurityError':
      return 'the browser keeps no files for this page, as in private windows and sandboxed frames';
    case 'NoModificationAllowedError':
      return 'the file is open elsewhere, in another tab perhaps; close it and try again';
    case 'TypeError':
      return action === 'write'
        ? 'this browser has no private file system that can be written here; it needs https: (or localhost) and Chrome 86, Firefox 111 or Safari 26'
        : 'this browser has no private file system here; it needs https: or localhost';
    default:
      return undefined;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether the calling thread may block in Atomics.wait: workers may, the thread of a page must not. */
export const canBlock: boolean = typeof document === 'undefined';

/** How many threads the machine runs at once. */
export function availableThreads(): number {
  return navigator.hardwareConcurrency;
}

/** Why this page cannot have threads that share memory; undefined if it can. */
export function noThreads(): string | undefined {
  if (typeof Worker === 'undefined') return 'this browser has no workers here';
  if (globalThis.crossOriginIsolated) return undefined;
  if (!globalThis.isSecureContext) {
    return 'threads share memory, which browsers allow only to pages from https: or localhost';
  }
  return 'threads share memory, which browsers allow only to cross-origin isolated pages; serve this one with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp';
}

/** Runs a program in a Web Worker, which ends with the page at the latest. */
export function spawnWorker<Data, Message>(
  program: WorkerProgram,
  data: Data,
  { message, ended }: WorkerEvents<Message>,
): WorkerHandle {
  const { address, release } = addressOf(program);
  let blocked: string | undefined;
  const onViolation = ({ blockedURI, effectiveDirective }: SecurityPolicyViolationEvent) => {
    if (blockedURI === 'blob' || address.startsWith(blockedURI)) blocked = effectiveDirective;
  };
  addEventListener('securitypolicyviolation', onViolation);
  const started = () => {
    release();
    removeEventListener('securitypolicyviolation', onViolation);
  };
  const fail = (reason: string) => {
    started();
    ended(reason);
  };
  const explainStart = (detail: string) =>
    'url' in program ? explainUrl(address, detail) : explainBlob(blocked, detail);
  let worker: Worker;
  try {
    worker = new Worker(address, { name: 'tenfold', type: 'url' in program ? 'module' : 'classic' });
  } catch (error) {
    queueMicrotask(() => fail(explainStart(messageOf(error))));
    return { async terminate() {} };
  }
  worker.onmessage = (event: MessageEvent<Message>) => {
    started();
    message(event.data);
  };
  worker.onmessageerror = () => fail('the browser could not pass it the kernels and their memory');
  worker.onerror = (event) => {
    event.preventDefault();
    // A violation of the policy is reported in a task of its own, before this one or after it.
    if (event.message) fail(event.message);
    else setTimeout(() => fail(explainStart("the browser's console says why")), 50);
  };
  worker.postMessage(data);
  return {
    async terminate() {
      started();
      worker.terminate();
    },
  };
}

function addressOf(program: WorkerProgram): { address: string; release: () => void } {
  if ('url' in program) return { address: String(program.url), release() {} };
  const text = `addEventListener('message', ({ data }) => (${program.source})(data, (message) => postMessage(message)), { once: true });`;
  const address = URL.createObjectURL(new Blob([text], { type: 'text/javascript' }));
  return { address, release: () => URL.revokeObjectURL(address) };
}

function explainUrl(address: string, detail: string): string {
  return `the worker ${address} could not be started (${detail}); it must be a JavaScript module of this page's own origin and be served with Cross-Origin-Embedder-Policy: require-corp`;
}

function explainBlob(blockedBy: string | undefined, detail: string): string {
  if (blockedBy === undefined) return `a worker could not be started from source text (${detail})`;
  return `the content security policy of this page (${blockedBy}) forbids workers made from source text; allow worker-src blob:, or serve tenfold's pool-worker.js from this origin and pass its address as start({ workerUrl })`;
}

/** The worker as who made it sees it. */
export function workerPort(given: WorkerLike): Port {
  const worker = given as Worker;
  return {
    post: (message) => worker.postMessage(message),
    listen({ message, failed }) {
      let loaded = false;
      worker.addEventListener('message', ({ data }) => {
        loaded = true;
        message(data);
      });
      worker.addEventListener('messageerror', () => failed('the browser could not pass on what it sent'));
      // An error that nobody caught, once it runs, does not end a worker; the console tells of it.
      worker.addEventListener('error', (event) => {
        if (loaded) return;
        failed(
          event.message ||
            "its module, or one that it imports, could not be loaded; the browser's console says which and why",
        );
      });
    },
    // Chromium forgets to end the threads of a worker's own workers if it is terminated while they are ending.
    terminate: () => void setTimeout(() => worker.terminate(), 1000),
  };
}

/** Who made this worker, as the worker sees it; undefined if this is none. */
export function hostPort(): Port | undefined {
  if (typeof document !== 'undefined' || typeof postMessage === 'undefined') return undefined;
  return {
    post: (message) => postMessage(message),
    listen({ message }) {
      addEventListener('message', ({ data }) => message(data));
    },
    terminate: () => close(),
  };
}

/** Waits until timers, input and finalizers have had their turn; awaiting a settled promise lets none of them in. */
export async function nextTurn(): Promise<void> {
  await new Promise<void>((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
