// How threads share a kernel's blocks: one 64-bit ticket, the job's generation above and the next block below.
//
// A thread that comes late, after the job has ended or another has begun, finds another generation in the ticket and
// takes nothing; so no one ever has to wait for a thread that never came.

/** The next block of the job, or -1 if there is none left or the job is over. */
export function takeBlock(ticket: usize, generation: i32, blocks: i32): i32 {
  let seen = atomic.load<u64>(ticket);
  while (u32(seen >> 32) == u32(generation) && i32(seen) < blocks) {
    const found = atomic.cmpxchg<u64>(ticket, seen, seen + 1);
    if (found == seen) return i32(seen);
    seen = found;
  }
  return -1;
}

/** Opens a job. Between jobs the ticket shows more blocks than any job has. */
export function openJob(ticket: usize, generation: i32): void {
  atomic.store<u64>(ticket, u64(u32(generation)) << 32);
}

/** Closes the previous job before the next one's fields are written. */
export function closeJob(ticket: usize, generation: i32): void {
  atomic.store<u64>(ticket, (u64(u32(generation)) << 32) | 0x7fffffff);
}
