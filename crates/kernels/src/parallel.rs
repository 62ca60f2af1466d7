//! Threads are a parameter. Work is cut into tasks by shape, never by the number of threads, and every task writes its own part of the
//! output, so that results have the same bits on any pool.

use core::marker::PhantomData;
use core::ops::Range;

/// Runs tasks, in any order, on any thread.
pub trait Parallel: Sync {
    /// What [`Self::for_each`] does, of tasks behind a pointer.
    fn run(&self, tasks: usize, nanoseconds: usize, task: &dyn Task);

    /// Calls `task(index, thread)` once for each index below `tasks` and returns when all are done. `thread` is below [`Self::threads`]
    /// and no two tasks have the same one at a time: it picks a task's scratch. `nanoseconds` is what one task takes, roughly; work
    /// that is not worth waking anybody for is done here and now.
    #[inline(always)]
    fn for_each(&self, tasks: usize, nanoseconds: usize, task: &(impl Fn(usize, usize) + Sync)) {
        self.run(tasks, nanoseconds, task);
    }

    /// The most threads that ever work at once.
    fn threads(&self) -> usize;
}

/// A task. Not `dyn Fn`, behind which stand three functions, `call`, `call_mut` and `call_once`, each with all of the
/// task's code in it.
pub trait Task: Sync {
    /// Does task `index` on `thread`.
    fn run(&self, index: usize, thread: usize);
}

impl<F: Fn(usize, usize) + Sync> Task for F {
    fn run(&self, index: usize, thread: usize) {
        self(index, thread);
    }
}

/// One thread: the caller's.
pub struct Serial;

impl Parallel for Serial {
    fn run(&self, tasks: usize, _: usize, task: &dyn Task) {
        (0..tasks).for_each(|index| task.run(index, 0));
    }

    fn threads(&self) -> usize {
        1
    }
}

/// A buffer whose parts are written by different tasks.
pub struct Disjoint<'a, T> {
    start: *mut T,
    len: usize,
    borrow: PhantomData<&'a mut [T]>,
}

// SAFETY: the pointer is only reached through `part`, whose callers promise that no two live parts overlap.
unsafe impl<T: Send> Sync for Disjoint<'_, T> {}

impl<'a, T> Disjoint<'a, T> {
    /// Lends out `buffer` in parts.
    pub fn new(buffer: &'a mut [T]) -> Self {
        Self { start: buffer.as_mut_ptr(), len: buffer.len(), borrow: PhantomData }
    }

    /// Elements of the whole buffer.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the buffer has no elements.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The elements in `range`; panics if it reaches past the buffer.
    ///
    /// # Safety
    /// No other part that overlaps `range` may be alive.
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn part(&self, range: Range<usize>) -> &mut [T] {
        assert!(range.start <= range.end && range.end <= self.len);
        // SAFETY: in bounds by the assertion; exclusive by the caller's promise.
        unsafe { core::slice::from_raw_parts_mut(self.start.add(range.start), range.end - range.start) }
    }
}

/// Cuts `out` into chunks of `chunk` elements (the last may be shorter) and calls `task(index, chunk)` for each.
pub fn for_each_chunk<T: Send>(
    pool: &impl Parallel,
    out: &mut [T],
    chunk: usize,
    nanoseconds: usize,
    task: impl Fn(usize, &mut [T]) + Sync,
) {
    for_each_chunks(pool, [(out, chunk)], nanoseconds, |index, [part]| task(index, part));
}

/// The same for several buffers that are cut alike: chunk `i` of each, `(buffer, its chunk size)`. All must give the same number of chunks.
pub fn for_each_chunks<T: Send, const N: usize>(
    pool: &impl Parallel,
    outs: [(&mut [T], usize); N],
    nanoseconds: usize,
    task: impl Fn(usize, [&mut [T]; N]) + Sync,
) {
    let outs = outs.map(|(out, chunk)| (out, chunk.max(1)));
    let tasks = outs.iter().map(|(out, chunk)| out.len().div_ceil(*chunk)).max().unwrap_or(0);
    let outs = outs.map(|(out, chunk)| (Disjoint::new(out), chunk));
    pool.for_each(tasks, nanoseconds, &|index, _| {
        // SAFETY: chunk `index` of each buffer is asked for by task `index` alone.
        let parts = outs.each_ref().map(|(out, chunk)| unsafe {
            out.part((index * chunk).min(out.len())..((index + 1) * chunk).min(out.len()))
        });
        task(index, parts);
    });
}
