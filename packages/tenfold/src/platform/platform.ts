/** What both platforms offer and ask for. */

/** Where a file is: in Node a path or `file:` address; in a page an address, or `opfs:` and the name of a file in the
 * origin private file system. A Blob, and so a File that a person picked, is read as it is. */
export type FileSource = string | URL | Blob;

/** What a file is called in messages. */
export function fileName(source: FileSource): string {
  if (!(source instanceof Blob)) return String(source);
  return 'name' in source && typeof source.name === 'string' ? source.name : 'the given Blob';
}

export interface WorkerHandle {
  terminate(): Promise<unknown>;
}

export interface WorkerEvents<Message> {
  readonly message: (message: Message) => void;
  /** The worker ended, though nobody asked it to. */
  readonly ended: (reason: string) => void;
}

/** A worker's program: the text of a function `(data, post) => void`, or a module that runs it. */
export type WorkerProgram = { readonly source: string } | { readonly url: string | URL };

/** A dedicated worker, of a page or of Node. */
export interface WorkerLike {
  postMessage(message: unknown): void;
  terminate(): unknown;
}

/** One end of the connection between a worker and who made it. */
export interface Port {
  post(message: unknown): void;
  listen<Message>(events: {
    readonly message: (message: Message) => void;
    /** The other end is no more. */
    readonly failed: (reason: string) => void;
  }): void;
  terminate(): void;
}
