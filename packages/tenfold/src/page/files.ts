/** Files that go to a person and come from one. */

/** Offers bytes to the person as a file to be saved: `download('digits.safetensors', serializeCheckpoint(checkpoint))`. */
export function download(name: string, bytes: Uint8Array): void {
  const address = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser reads it after this turn.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/**
 * Asks the person for a file, which `openCheckpoint` and `readSafetensors` take as it is. Browsers allow that only in
 * answer to a click or a key.
 *
 * @param accept Endings of names, or media types.
 * @returns undefined if they chose none.
 */
export function pickFile(accept: readonly string[] = ['.safetensors']): Promise<File | undefined> {
  const input = document.createElement('input');
  input.type = 'file';
  input.accept = accept.join(',');
  return new Promise((resolve) => {
    input.onchange = () => resolve(input.files?.[0]);
    input.oncancel = () => resolve(undefined);
    input.click();
  });
}
