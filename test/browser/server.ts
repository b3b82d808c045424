/** A web server for pages under test. */

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Makes a page, and the workers it starts, cross-origin isolated. */
export const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Lets pages of other origins, isolated ones too, load modules. */
export const forEveryone = {
  'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
};

export const distribution = fileURLToPath(new URL('../../packages/tenfold/dist', import.meta.url));

type Content = string | Uint8Array | ((request: IncomingMessage, body: Uint8Array) => string | undefined);

export interface Site {
  /** `http:`, the host and the port. */
  readonly origin: string;
  /** What is served at a path, the first of all places to look. */
  readonly content: Map<string, Content>;
  close(): void;
}

export interface SiteOptions {
  /** A folder whose files are served, and where; without `/` at either end. */
  readonly folders?: Readonly<Record<string, string>>;
  /** Sent with everything. */
  readonly headers?: Readonly<Record<string, string>>;
}

const kinds: Readonly<Record<string, string>> = {
  '': 'text/html',
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
};

export async function serve({ folders = {}, headers = {} }: SiteOptions = {}): Promise<Site> {
  // Browsers ask for an icon, and would complain about a missing one.
  const content = new Map<string, Content>([['/favicon.ico', '']]);
  const read = async (path: string, request: IncomingMessage) => {
    const found = content.get(path);
    if (typeof found === 'function') return found(request, await bodyOf(request)) ?? '';
    if (found !== undefined) return found;
    const folder = Object.keys(folders).find((name) => path.startsWith(name === '' ? '/' : `/${name}/`));
    return folder === undefined ? undefined : readFile(join(folders[folder]!, path.slice(folder.length + 1)));
  };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    const path = pathname.endsWith('/') && !content.has(pathname) ? `${pathname}index.html` : pathname;
    const body = await read(path, request).catch(() => undefined);
    const kind = kinds[extname(path)] ?? 'application/octet-stream';
    response.writeHead(body === undefined ? 404 : 200, { 'Content-Type': kind, ...headers });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    content,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}
