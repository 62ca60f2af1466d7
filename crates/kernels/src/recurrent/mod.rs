//! One direction of one recurrent layer (Elman 1990; Hochreiter and Schmidhuber 1997; Cho et al. 2014), over all its steps:
//!
//! ```text
//! a = x Wᵢₕᵀ + bᵢₕ                          of all steps at once, by `gemm`, before
//! for each step:    u = h Wₕₕᵀ + bₕₕ
//!     tanh, relu    h = tanh(a + u)
//!     LSTM          i, f, o = σ(a + u)      g = tanh(a + u)      c = f c + i g      h = o tanh(c)
//!     GRU           r, z = σ(a + u)         n = tanh(a + r u)    h = n + z (h − n)
//! ```
//!
//! Gates lie in PyTorch's order, those above, `hidden` columns each. Rows are the steps of item after item, each item as long as `lengths`
//! says: padding is nowhere. In reverse an item is walked from its own end.
//!
//! - A task takes some items and walks all their steps: items never meet, so nobody waits for anybody and the bits are the same for any number
//!   of threads. Its items are sorted, the longest first: those that still run at a step are then the first rows of one small product.
//! - `Wₕₕ` is packed once for all steps; the task's rows and a panel of it stay in L1. Where there are fewer rows in all than packing is worth (one
//!   step of decoding), products are taken of `Wₕₕ` as it lies.
//! - Activated gates replace `a`, and with `c` (LSTM) or the candidate's `u` (GRU) they are all that is saved: backward computes no
//!   product twice.
//! - Backward walks the steps the other way and leaves the gradients of `a` and `u` and the state each row started from, so that every
//!   gradient of a weight is one product over all rows, by `gemm`, afterwards.

mod backward;
mod cell;
mod forward;
mod lanes;

pub use backward::{Gradients, Inputs, backward};
pub use cell::Cell;
pub use forward::{Outputs, forward};

use core::ops::Range;

/// The most items of a task.
const ITEMS: usize = 16;
/// Tasks a batch is cut into, if that leaves each [`LEAST`] items.
const TASKS: usize = 4;
const LEAST: usize = 4;

/// What forward and backward are told.
#[derive(Clone, Copy)]
pub struct Layer<'a> {
    /// What a step computes.
    pub cell: Cell,
    /// Width of the state.
    pub hidden: usize,
    /// Steps of each item.
    pub lengths: &'a [i32],
    /// From each item's last step to its first.
    pub reverse: bool,
    /// `Wₕₕ`, `[gates · hidden, hidden]`.
    pub weight: &'a [f32],
    /// The first state of each item, `[batch, hidden]`; 0 if there is none.
    pub h0: Option<&'a [f32]>,
    /// The same of the LSTM's cell.
    pub c0: Option<&'a [f32]>,
}

impl Layer<'_> {
    /// Columns of all gates.
    fn width(&self) -> usize {
        self.cell.gates() * self.hidden
    }

    /// Items of a task: by shape alone.
    fn items_per_task(&self) -> usize {
        self.lengths.len().div_ceil(TASKS).clamp(LEAST, ITEMS)
    }

    fn tasks(&self) -> usize {
        self.lengths.len().div_ceil(self.items_per_task())
    }

    /// What a task takes, roughly: its products at 40 operations a nanosecond, and a nanosecond an element for what bends them.
    fn nanoseconds(&self, rows: usize) -> usize {
        rows.div_ceil(self.tasks().max(1)) * self.width() * (self.hidden / 20 + 1)
    }
}

/// One item of a task.
#[derive(Clone, Copy)]
struct Slot {
    /// Of the batch.
    item: usize,
    /// Its first row, counted from the task's first.
    start: usize,
    len: usize,
}

impl Slot {
    /// Its row at a step.
    fn row(&self, step: usize, reverse: bool) -> usize {
        self.start + if reverse { self.len - 1 - step } else { step }
    }
}

/// The items of one task, the longest first.
struct Slots {
    slots: [Slot; ITEMS],
    items: Range<usize>,
    rows: Range<usize>,
}

impl Slots {
    fn new(layer: &Layer, task: usize) -> Self {
        let len = |item: usize| layer.lengths[item].max(0) as usize;
        let together = layer.items_per_task();
        let items = task * together..((task + 1) * together).min(layer.lengths.len());
        let first: usize = (0..items.start).map(len).sum();
        let mut slots = [Slot { item: 0, start: 0, len: 0 }; ITEMS];
        let mut rows = 0;
        for (count, item) in items.clone().enumerate() {
            let slot = Slot { item, start: rows, len: len(item) };
            let place = slots[..count].partition_point(|other| other.len >= slot.len);
            slots.copy_within(place..count, place + 1);
            slots[place] = slot;
            rows += slot.len;
        }
        Self { slots, items, rows: first..first + rows }
    }

    fn all(&self) -> &[Slot] {
        &self.slots[..self.items.len()]
    }

    /// Those that have a step number `step`.
    fn running(&self, step: usize) -> &[Slot] {
        let all = self.all();
        &all[..all.partition_point(|slot| slot.len > step)]
    }

    /// Steps of the longest.
    fn steps(&self) -> usize {
        self.all().first().map_or(0, |slot| slot.len)
    }
}

/// `columns` elements for each of `range`.
fn span(range: &Range<usize>, columns: usize) -> Range<usize> {
    range.start * columns..range.end * columns
}

/// Row `i` of rows of `columns`.
fn row(x: &[f32], i: usize, columns: usize) -> &[f32] {
    &x[i * columns..][..columns]
}

fn row_mut(x: &mut [f32], i: usize, columns: usize) -> &mut [f32] {
    &mut x[i * columns..][..columns]
}

/// `from` as row `i`, if there are rows.
#[inline(never)]
fn copy_row(from: &[f32], to: &mut Option<&mut [f32]>, i: usize) {
    if let Some(to) = to {
        row_mut(to, i, from.len()).copy_from_slice(from);
    }
}

/// Row `i`, or zeros where there are no rows.
#[inline(never)]
fn fill_row(to: &mut [f32], x: Option<&[f32]>, i: usize) {
    match x {
        Some(x) => to.copy_from_slice(row(x, i, to.len())),
        None => to.fill(0.0),
    }
}
