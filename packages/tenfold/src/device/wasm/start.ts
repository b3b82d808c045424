/** The one asynchronous door: compiles the kernels, finds memory, starts the threads and says what came of it. */

import { availableThreads } from '#platform';
import { OptionError, StateError } from '../../errors.js';
import { setStartedDevice } from '../current.js';
import { WasmDevice } from './device.js';
import { compressedWasm } from './kernels.generated.js';

const gibibyte = 1024 * 1024 * 1024;
const leastMemory = gibibyte / 16;
const pageBytes = 65536;

export interface StartOptions {
  /** Threads that compute, the calling one included. @default as many as the machine runs at once */
  readonly threads?: number;
  /**
   * Whether all convolutions are sums of products of the numbers themselves. Otherwise most of those with 3x3 kernels and
   * stride 1 are computed by Winograd's method, which is two to three times as fast and errs up to eight times as much:
   * by up to 5e-6 of the largest result. @default false
   */
  readonly exact?: boolean;
  /** The most memory that tensors may take, in bytes. @default 4 GiB, or what the system grants of it */
  readonly maximumMemory?: number;
  /** Where this package's `kernels.wasm` is served, to fetch it instead of the copy inside. */
  readonly wasmUrl?: string | URL;
  /** Where this package's `pool-worker.js` is served, for pages that may not make workers from source text. */
  readonly workerUrl?: string | URL;
  /** How long a thread may take to start, or to finish a block of work, before it counts as lost. @default 20 */
  readonly timeoutSeconds?: number;
}

let running: Promise<WasmDevice> | undefined;

/**
 * Starts the wasm device and makes it the one on which tensors are made.
 *
 * @throws OptionError for an impossible option; StateError if it is running already (call `stop` first), or if this
 *   engine lacks WebAssembly SIMD or shared memory.
 */
export async function start(options: StartOptions = {}): Promise<WasmDevice> {
  if (running !== undefined) {
    throw new StateError('tenfold has been started already; call `await stop()` before starting it anew');
  }
  running = createDevice(options);
  try {
    const device = await running;
    setStartedDevice(device);
    if (device.problem !== undefined) sayOnce(`tenfold runs on ${device.description}`);
    return device;
  } catch (error) {
    running = undefined;
    throw error;
  }
}

/** Ends the threads. Every tensor of the device is lost. Does nothing if nothing is running. */
export async function stop(): Promise<void> {
  const stopping = running;
  running = undefined;
  setStartedDevice(undefined);
  await (await stopping)?.stop();
}

/** A device by itself, which is nobody's current one. */
export async function createDevice(options: StartOptions): Promise<WasmDevice> {
  const {
    threads = availableThreads(),
    exact = false,
    maximumMemory = 4 * gibibyte,
    timeoutSeconds = 20,
  } = options;
  check(
    'threads',
    threads,
    Number.isInteger(threads) && threads >= 1 && threads <= 256,
    'a whole number from 1 to 256',
  );
  check(
    'maximumMemory',
    maximumMemory,
    maximumMemory >= 1048576 && maximumMemory <= 4 * gibibyte,
    'a number of bytes from 1 MiB to 4 GiB',
  );
  check('timeoutSeconds', timeoutSeconds, timeoutSeconds > 0, 'a positive number of seconds');
  const { memory, maximumBytes } = findMemory(maximumMemory);
  return WasmDevice.create({
    module: await compile(options.wasmUrl),
    memory,
    maximumBytes,
    threads,
    exact,
    workerUrl: options.workerUrl,
    timeoutMilliseconds: timeoutSeconds * 1000,
  });
}

async function compile(url: string | URL | undefined): Promise<WebAssembly.Module> {
  const bytes = url === undefined ? await decompress(compressedWasm) : await fetchKernels(url);
  if (!WebAssembly.validate(bytes)) {
    if (url !== undefined && !isWasm(bytes)) {
      throw new StateError(`${url} is not WebAssembly; wasmUrl is the address of tenfold's kernels.wasm`);
    }
    throw new StateError(
      'this engine cannot compile the kernels, which need WebAssembly with SIMD and threads: Node 20.19, Chrome 113, Firefox 115, Safari 16.4 or later, on a processor from 2008 or later',
    );
  }
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    throw new StateError(
      `the kernels may not be compiled here: ${(cause as Error).message}; a page with a content security policy must allow WebAssembly: script-src 'wasm-unsafe-eval'`,
    );
  }
}

async function fetchKernels(url: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const response = await fetch(url);
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  } catch (cause) {
    const forbidden =
      cause instanceof TypeError
        ? "; is the server reachable, and does it (CORS) and the page's content security policy (connect-src) allow it?"
        : '';
    throw new StateError(
      `the kernels cannot be fetched from ${url}: ${(cause as Error).message}${forbidden}`,
    );
  }
}

/** WebAssembly begins with a zero byte and "asm". */
function isWasm([first, ...letters]: Uint8Array): boolean {
  return first === 0 && String.fromCharCode(...letters.slice(0, 3)) === 'asm';
}

async function decompress(base64: string): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Some systems reserve the maximum at once and refuse a large one; telephones grant little. */
function findMemory(maximum: number): { memory: WebAssembly.Memory; maximumBytes: number } {
  let problem: unknown;
  for (let bytes = maximum; bytes >= Math.min(maximum, leastMemory); bytes = Math.floor(bytes / 2)) {
    try {
      const pages = Math.floor(bytes / pageBytes);
      const memory = new WebAssembly.Memory({ initial: Math.min(16, pages), maximum: pages, shared: true });
      return { memory, maximumBytes: pages * pageBytes };
    } catch (error) {
      problem = error;
    }
  }
  throw new StateError(
    `this system grants no shared memory of ${Math.min(maximum, leastMemory) / 1048576} MiB or more: ${(problem as Error).message}`,
  );
}

let said = false;

/** Fewer threads than were asked for are no failure, but nobody should wonder about them. */
function sayOnce(text: string): void {
  if (said) return;
  said = true;
  console.warn(text);
}

function check(name: string, value: number, valid: boolean, expected: string): void {
  if (valid) return;
  throw new OptionError(`${name} must be ${expected}, not ${value}`, {
    operator: 'start',
    rule: name,
    got: value,
    expected,
  });
}
