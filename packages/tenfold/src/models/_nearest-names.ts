/** The names, nearest first, that whoever wrote `given` may have meant. */
export function nearestNames(given: string, names: readonly string[]): string[] {
  const distances = new Map(names.map((name) => [name, editDistance(plain(given), plain(name))]));
  return [...names].sort((a, b) => distances.get(a)! - distances.get(b)!);
}

/** ResNet-18 and resnet18 are as good as the same. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** Letters to insert, delete or replace (Levenshtein 1966), row by row. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (let column = 1; column <= to.length; column++) {
      const replaced = row[column - 1]! + (letter === to[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[column]! + 1, next[column - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
