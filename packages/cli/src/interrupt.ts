/** The person at the keyboard (or the system) asked the command to stop, and it did so in good order. */
export class Interrupted extends Error {}

/** Aborted by the first Ctrl-C or SIGTERM; the second one ends the process at once. */
export function abortOnSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Interrupted('interrupted'));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return controller.signal;
}
