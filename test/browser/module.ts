import { rolldown } from 'rolldown';

/** A TypeScript file of the tests, and all that it imports, as one module for browsers. */
export async function browserModule(file: URL): Promise<string> {
  const built = await rolldown({ input: file.pathname, platform: 'browser', logLevel: 'warn' });
  try {
    const { output } = await built.generate({ format: 'esm', codeSplitting: false });
    return output[0].code;
  } finally {
    await built.close();
  }
}
