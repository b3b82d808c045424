// Unrolls the loops of kernels that ask for it: `// unroll 8` above `do { ... } while (x < end);`, whose body ends with the
// steps of its pointers, `x += 4;`.
//
// A turn of a loop costs V8 a look for interrupts, a jump and an addition for each pointer, and processors are fed no more
// than five or six instructions a cycle: eight copies of its body make the loop of a matrix product 1.25 times as fast, and
// the whole product 1.1 times. But copies that simply follow one another are slower than none: V8 then begins with the loads of all of them, more than
// there are registers for. So each copy ends as the loop does, by its condition, and V8 takes them one after the other.

const loop = /^( *)\/\/ unroll (\d+)\n\1do \{\n([\s\S]*?)\n\1\} while \((\w+) < (\w+)\);$/gm;
const step = /^(\w+) \+= (\w+);$/;

/** `text` with the copies of a body on one line, so that lines keep their numbers. */
export function unroll(text) {
  const unrolled = text.replaceAll(loop, (_, indentation, times, content, pointer, end) => {
    const lines = content.split('\n').map((line) => line.trim());
    const steps = new Map();
    while (step.test(lines.at(-1))) {
      const [, name, distance] = step.exec(lines.pop());
      steps.set(name, distance);
    }
    const copies = Array.from({ length: Number(times) }, (_, turn) => {
      const copy = `{ ${moved(lines.join(' '), steps, turn)} }`;
      const turns = turn + 1;
      const moves = [...steps].map(([name, distance]) => `${name} += ${turns} * ${distance};`).join(' ');
      if (turns === Number(times)) return `${copy} ${moves}`;
      return `${copy} if (${pointer} + ${turns} * ${steps.get(pointer)} >= ${end}) { ${moves} break; }`;
    });
    const blank = '\n'.repeat(content.split('\n').length);
    return `\n${indentation}do {${blank}${copies.join(' ')}\n${indentation}} while (${pointer} < ${end});`;
  });
  const [left] = unrolled.match(/\/\/ unroll .*\n.*/) ?? [];
  if (left !== undefined) throw new Error(`only a do { ... } while (x < end); can be unrolled, not ${left}`);
  return unrolled;
}

/** The body as it is `turn` steps later: what it loads lies so much further. */
function moved(body, steps, turn) {
  const later = body.replaceAll(
    /(\w*load\w*(?:<\w+>)?)\((\w+)(?:, (\w+))?\)/g,
    (all, load, name, offset = '0') =>
      steps.has(name) ? `${load}(@${name}, ${offset} + ${turn} * ${steps.get(name)})` : all,
  );
  for (const name of steps.keys()) {
    if (new RegExp(`(?<!@)\\b${name}\\b`).test(later)) {
      throw new Error(`a loop that is unrolled may only load from ${name}: ${body}`);
    }
  }
  return later.replaceAll('@', '');
}
