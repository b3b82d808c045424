/**
 * Runs `body` for each item, some at a time, begun in order. Where several fail, the error is that of the first in
 * order, whichever failed first.
 */
export async function concurrently<Item>(
  items: readonly Item[],
  atATime: number,
  body: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  const failures: { index: number; error: unknown }[] = [];
  let next = 0;
  const runner = async () => {
    while (next < items.length && failures.length === 0) {
      const index = next++;
      try {
        await body(items[index]!, index);
      } catch (error) {
        failures.push({ index, error });
      }
    }
  };
  await Promise.all(Array.from({ length: atATime }, runner));
  const [first] = failures.sort((a, b) => a.index - b.index);
  if (first !== undefined) throw first.error;
}
