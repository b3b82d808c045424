/** Runs in the thread that resolves imports: whoever imports tenfold gets the library of this command. */

let library = '';

export function initialize(data: { readonly library: string }): void {
  library = data.library;
}

export async function resolve<Context, Resolved>(
  specifier: string,
  context: Context,
  next: (specifier: string, context: Context) => Promise<Resolved>,
): Promise<Resolved | { readonly url: string; readonly shortCircuit: true }> {
  return specifier === 'tenfold' ? { url: library, shortCircuit: true } : next(specifier, context);
}
