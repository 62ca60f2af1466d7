//! The thread pool: workers that JavaScript started wait in [`worker_loop`] on a ticket, the caller publishes a job, bumps the ticket and
//! works too. The tasks are cut into a part for each thread, with a counter of its own; who has finished his part helps with the
//! others'. The caller returns when every worker has left the job.
//!
//! ```text
//! caller                                 worker
//! write JOB                              spin a little, then wait until TICKET changes
//! NEXT = starts, LEFT = workers          (it reads JOB only after it saw the new ticket)
//! TICKET += 1                            for its own part, then the others':
//! notify, if anybody is asleep             while (i = NEXT[part]++) < end: run i
//! run tasks, like a worker               LEFT -= 1
//! spin until LEFT = 0                    back to waiting
//! ```
//! Parts are for the caches: in the next kernel, over the same rows, a thread meets those that it has written itself.
//!
//! The caller never waits in the engine, which a page's main thread may not. Every worker checks in for every job, so a job's memory is
//! never read after `for_each` has returned.

use fovea_kernels::parallel::{Parallel, Serial, Task};

/// The pool behind every kernel.
pub static POOL: Pool = Pool;

/// See the top of this file.
pub struct Pool;

/// Work below this is done by the caller alone. A job for two threads costs less than 1 µs in Node 24 while the worker still spins
/// (two idle cores, November 2026). Kernels say what a task takes with caution: what streams from a cache is done in a quarter of it.
#[cfg(target_feature = "atomics")]
const SERIAL_BELOW_NANOSECONDS: usize = 20_000;

#[cfg(not(target_feature = "atomics"))]
impl Parallel for Pool {
    fn run(&self, tasks: usize, nanoseconds: usize, task: &dyn Task) {
        Serial.run(tasks, nanoseconds, task);
    }

    fn threads(&self) -> usize {
        1
    }
}

#[cfg(target_feature = "atomics")]
mod threaded {
    use super::{Parallel, Pool, SERIAL_BELOW_NANOSECONDS, Serial, Task};
    use core::arch::wasm32::{memory_atomic_notify, memory_atomic_wait32};
    use core::cell::UnsafeCell;
    use core::hint::spin_loop;
    use core::ops::Range;
    use core::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
    use wasm_bindgen::prelude::wasm_bindgen;

    struct Job {
        task: *const dyn Task,
        tasks: usize,
        threads: usize,
    }

    /// Written by the caller before it bumps `TICKET`, read by workers after they saw that.
    struct JobCell(UnsafeCell<Option<Job>>);
    // SAFETY: `TICKET` orders the write before the reads, and `LEFT` the reads before the next write.
    unsafe impl Sync for JobCell {}

    /// A word with a cache line of its own: what one thread polls must not share it with what another writes.
    #[repr(align(64))]
    struct Line<T>(T);

    static JOB: JobCell = JobCell(UnsafeCell::new(None));
    static TICKET: Line<AtomicI32> = Line(AtomicI32::new(0));
    /// The next task of each part.
    static NEXT: [Line<AtomicUsize>; MOST_PARTS] = [const { Line(AtomicUsize::new(0)) }; MOST_PARTS];
    static LEFT: Line<AtomicUsize> = Line(AtomicUsize::new(0));
    /// Workers that are about to wait or do. A worker counts itself before it looks at the ticket for the last time, the caller looks here after it
    /// has bumped the ticket, both in one order for all: one of them sees the other.
    static ASLEEP: Line<AtomicI32> = Line(AtomicI32::new(0));
    /// Threads that take part, the caller included: 1 is serial.
    static THREADS: AtomicUsize = AtomicUsize::new(1);
    static STOP: AtomicI32 = AtomicI32::new(0);
    static READY: AtomicI32 = AtomicI32::new(0);
    static TRAPPED: AtomicI32 = AtomicI32::new(0);
    /// Set while a job runs: a task that spreads work itself does it alone.
    static BUSY: AtomicI32 = AtomicI32::new(0);
    /// Jobs that were spread since the start: tests ask whether the threaded path ran.
    static SPREAD: AtomicI32 = AtomicI32::new(0);

    /// With more threads than that, some share a part.
    const MOST_PARTS: usize = 64;

    /// How often a worker looks for the next job before it sleeps: 0.35 ms, longer than TypeScript takes between most kernels of a training step. To be
    /// woken takes 60 to 300 µs in a virtual machine (docs/design/0007).
    const SPINS: usize = 1_000_000;

    impl Parallel for Pool {
        #[inline(never)] // or each of a hundred kernels has a copy of it
        fn run(&self, tasks: usize, nanoseconds: usize, task: &dyn Task) {
            let threads = THREADS.load(Ordering::Relaxed);
            let small = tasks < 2 || tasks.saturating_mul(nanoseconds) < SERIAL_BELOW_NANOSECONDS;
            if threads == 1 || small || BUSY.swap(1, Ordering::Acquire) == 1 {
                return Serial.run(tasks, nanoseconds, task);
            }
            // SAFETY: `LEFT` was 0 when the last job ended, so no worker reads the cell; the lifetime is only erased until
            // this function returns, which it does after every worker has left the job.
            unsafe {
                let task = core::mem::transmute::<*const dyn Task, *const (dyn Task + 'static)>(task);
                *JOB.0.get() = Some(Job { task, tasks, threads });
            }
            let parts = parts(threads);
            for (part, next) in NEXT[..parts].iter().enumerate() {
                next.0.store(range(tasks, part, parts).start, Ordering::Relaxed);
            }
            LEFT.0.store(threads - 1, Ordering::Relaxed);
            TICKET.0.fetch_add(1, Ordering::SeqCst);
            SPREAD.fetch_add(1, Ordering::Relaxed);
            if ASLEEP.0.load(Ordering::SeqCst) > 0 {
                // SAFETY: the address of a live, aligned i32.
                unsafe { memory_atomic_notify(TICKET.0.as_ptr(), (threads - 1) as u32) };
            }
            work(task, tasks, 0, threads);
            while LEFT.0.load(Ordering::Acquire) != 0 && TRAPPED.load(Ordering::Relaxed) == 0 {
                spin_loop();
            }
            BUSY.store(0, Ordering::Release);
        }

        fn threads(&self) -> usize {
            THREADS.load(Ordering::Relaxed)
        }
    }

    fn parts(threads: usize) -> usize {
        threads.min(MOST_PARTS)
    }

    /// Tasks of a part; parts differ by one task at most.
    fn range(tasks: usize, part: usize, parts: usize) -> Range<usize> {
        let start = |part| part * (tasks / parts) + (tasks % parts).min(part);
        start(part)..start(part + 1)
    }

    fn work(task: &dyn Task, tasks: usize, thread: usize, threads: usize) {
        let parts = parts(threads);
        for turn in 0..parts {
            let part = (thread + turn) % parts;
            let end = range(tasks, part, parts).end;
            loop {
                let index = NEXT[part].0.fetch_add(1, Ordering::Relaxed);
                if index >= end {
                    break;
                }
                task.run(index, thread);
            }
        }
    }

    /// Never returns until [`pool_stop`]: takes part in every job as thread `index` (1-based; the caller is 0).
    #[wasm_bindgen]
    pub fn worker_loop(index: usize) {
        let mut seen = TICKET.0.load(Ordering::Acquire);
        READY.fetch_add(1, Ordering::Release);
        loop {
            seen = next_ticket(seen);
            if STOP.load(Ordering::Acquire) != 0 {
                return;
            }
            // SAFETY: the ticket was bumped after the job was written, and the caller waits for `LEFT` before it ends.
            let (task, tasks, threads) = unsafe {
                let job = (*JOB.0.get()).as_ref().unwrap_unchecked();
                (&*job.task, job.tasks, job.threads)
            };
            work(task, tasks, index, threads);
            LEFT.0.fetch_sub(1, Ordering::Release);
        }
    }

    fn next_ticket(seen: i32) -> i32 {
        for _ in 0..SPINS {
            let now = TICKET.0.load(Ordering::Acquire);
            if now != seen {
                return now;
            }
            spin_loop();
        }
        ASLEEP.0.fetch_add(1, Ordering::SeqCst);
        let now = loop {
            // SAFETY: the address of a live, aligned i32.
            unsafe { memory_atomic_wait32(TICKET.0.as_ptr(), seen, -1) };
            let now = TICKET.0.load(Ordering::Acquire);
            if now != seen {
                break now;
            }
        };
        ASLEEP.0.fetch_sub(1, Ordering::SeqCst);
        now
    }

    /// From now on jobs are shared by `threads` threads: the caller and workers 1 to `threads − 1`, all of them in their loop.
    #[wasm_bindgen]
    pub fn pool_configure(threads: usize) {
        THREADS.store(threads.max(1), Ordering::Release);
    }

    /// Ends the workers' loops.
    #[wasm_bindgen]
    pub fn pool_stop() {
        THREADS.store(1, Ordering::Release);
        STOP.store(1, Ordering::Release);
        TICKET.0.fetch_add(1, Ordering::SeqCst);
        // SAFETY: the address of a live, aligned i32.
        unsafe { memory_atomic_notify(TICKET.0.as_ptr(), u32::MAX) };
    }

    /// Address of the count of workers that have entered their loop.
    #[wasm_bindgen]
    pub fn pool_ready_address() -> usize {
        READY.as_ptr() as usize
    }

    /// Address of a word that JavaScript sets when a worker has died, so that no caller waits for it.
    #[wasm_bindgen]
    pub fn pool_trapped_address() -> usize {
        TRAPPED.as_ptr() as usize
    }

    /// How many jobs were shared with workers so far.
    #[wasm_bindgen]
    pub fn pool_jobs() -> i32 {
        SPREAD.load(Ordering::Relaxed)
    }
}
