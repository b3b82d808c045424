// How threads share a kernel's blocks. The blocks are divided into parts, and each part has a ticket: 64 bits, the job's
// generation above and the part's next block below. A thread takes the blocks of its own part first, so that in kernel after
// kernel it meets the same rows, which its cache still holds, and then helps with the other parts.
//
// A thread that comes late, after the job has ended or another has begun, finds another generation in the tickets and
// takes nothing; so no one ever has to wait for a thread that never came.

/** Tickets lie in cache lines of their own, behind the control words. */
const LINE_BYTES: usize = 64;

// @ts-ignore: decorator
@inline
function ticketOf(part: i32): usize {
  return (usize(part) + 1) * LINE_BYTES;
}

/** The first block of a part. */
// @ts-ignore: decorator
@inline
function startOf(part: i32, parts: i32, blocks: i32): i32 {
  return (blocks * part) / parts;
}

/** The next block of the job, of part `own` if there is one left; -1 if there is none at all, or the job is over. */
export function takeBlock(own: i32, parts: i32, generation: i32, blocks: i32): i32 {
  let part = own;
  do {
    const end = startOf(part + 1, parts, blocks);
    let seen = atomic.load<u64>(ticketOf(part));
    while (u32(seen >> 32) == u32(generation) && i32(seen) < end) {
      const found = atomic.cmpxchg<u64>(ticketOf(part), seen, seen + 1);
      if (found == seen) return i32(seen);
      seen = found;
    }
    if (++part == parts) part = 0;
  } while (part != own);
  return -1;
}

/** Opens a job. Between jobs tickets show more blocks than any job has. */
export function openJob(parts: i32, generation: i32, blocks: i32): void {
  for (let part = 0; part < parts; part++) {
    atomic.store<u64>(ticketOf(part), (u64(u32(generation)) << 32) | u64(startOf(part, parts, blocks)));
  }
}

/** Closes the previous job before the next one's fields are written. */
export function closeJob(parts: i32, generation: i32): void {
  for (let part = 0; part < parts; part++) {
    atomic.store<u64>(ticketOf(part), (u64(u32(generation)) << 32) | 0x7fffffff);
  }
}
