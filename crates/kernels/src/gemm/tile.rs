//! The register tile: the innermost loop of every matrix product here, attention's included.
//!
//! ```text
//! for step in 0..k:
//!     for r in 0..ROWS: for v in 0..VECTORS: acc[r][v] += a[r][step] · b[step][4v .. 4v + 4]
//! ```
//! An engine has 16 vector registers and a multiply-add takes about 4 cycles, two of which start per cycle: a tile needs 8 or 9 independent
//! sums, and must leave room for `VECTORS` registers of `b` and one of `a`. Beyond that V8 spills. In GFLOP/s over 256 steps with both operands in L1,
//! Node 24, one idle core, November 2026:
//!
//! | rows × columns | relaxed | strict |
//! | --- | --- | --- |
//! | 2 × 16 | 53 | 43 |
//! | 3 × 12 | 55 | 46 |
//! | 4 × 8 | 50 | 45 |
//! | 8 × 4 | 42 | 40 |
//! | 3 × 16, 4 × 12, 5 × 8, 6 × 8 | 34–39 | 35–38 |
//!
//! So a panel of columns is 16 wide, the last one as wide as is left, each with the best tile of its width ([`panel`]).

use crate::lanes::{Lane, WIDTH};

/// The most vectors a panel is wide.
pub const PANEL_VECTORS: usize = 4;
/// The most columns a panel is wide.
pub const PANEL: usize = PANEL_VECTORS * WIDTH;

/// The left operand: element `(row, step)` is `data[row * row_stride + step * step_stride]`.
#[derive(Clone, Copy)]
pub struct Left<'a> {
    /// The elements.
    pub data: &'a [f32],
    /// From a row to the next.
    pub row_stride: usize,
    /// From a step to the next.
    pub step_stride: usize,
}

impl<'a> Left<'a> {
    /// The same from `row` and `step` on.
    #[inline(always)]
    pub fn from(&self, row: usize, step: usize) -> Self {
        let start = (row * self.row_stride + step * self.step_stride).min(self.data.len());
        Self { data: &self.data[start..], ..*self }
    }
}

/// The right operand: element `(step, column)` is `data[step * stride + column]`; columns are contiguous.
#[derive(Clone, Copy)]
pub struct Right<'a> {
    /// The elements.
    pub data: &'a [f32],
    /// From a step to the next.
    pub stride: usize,
}

/// Sums of one tile, over `k` steps.
#[inline(always)]
#[allow(unsafe_code)]
fn tile<const ROWS: usize, const VECTORS: usize>(k: usize, a: Left, b: Right) -> [[Lane; VECTORS]; ROWS] {
    let mut sums = [[Lane::zero(); VECTORS]; ROWS];
    if k == 0 {
        return sums;
    }
    assert!((ROWS - 1) * a.row_stride + (k - 1) * a.step_stride < a.data.len());
    assert!((k - 1) * b.stride + VECTORS * WIDTH <= b.data.len());
    let (mut at_a, mut at_b) = (0, 0);
    for _ in 0..k {
        let mut columns = [Lane::zero(); VECTORS];
        for (v, column) in columns.iter_mut().enumerate() {
            // SAFETY: at_b ≤ (k − 1) · stride, so this ends within the length asserted above.
            *column = unsafe { Lane::load_unchecked(b.data, at_b + v * WIDTH) };
        }
        for (r, row) in sums.iter_mut().enumerate() {
            // SAFETY: at_a ≤ (k − 1) · step_stride, so this is within the length asserted above.
            let factor = unsafe { Lane::splat_unchecked(a.data, at_a + r * a.row_stride) };
            for (sum, &column) in row.iter_mut().zip(&columns) {
                *sum = factor.madd(column, *sum);
            }
        }
        at_a += a.step_stride;
        at_b += b.stride;
    }
    sums
}

/// What becomes of a row of sums: `take(row, sums)`, where `sums` are the panel's columns.
pub trait Sink {
    /// Receives the sums of one row of one panel.
    fn take<const VECTORS: usize>(&mut self, row: usize, sums: [Lane; VECTORS]);
}

#[inline(always)]
fn rows<const ROWS: usize, const VECTORS: usize>(from: usize, m: usize, k: usize, a: Left, b: Right, sink: &mut impl Sink) -> usize {
    let mut row = from;
    while row + ROWS <= m {
        for (r, sums) in tile::<ROWS, VECTORS>(k, a.from(row, 0), b).into_iter().enumerate() {
            sink.take(row + r, sums);
        }
        row += ROWS;
    }
    row
}

/// Rows `0..m` times one panel of `vectors` × 4 columns.
#[inline(always)]
pub fn panel(vectors: usize, m: usize, k: usize, a: Left, b: Right, sink: &mut impl Sink) {
    match vectors {
        4 => {
            let row = rows::<2, 4>(0, m, k, a, b, sink);
            rows::<1, 4>(row, m, k, a, b, sink);
        }
        3 => {
            let row = rows::<3, 3>(0, m, k, a, b, sink);
            rows::<1, 3>(row, m, k, a, b, sink);
        }
        2 => {
            let row = rows::<4, 2>(0, m, k, a, b, sink);
            rows::<1, 2>(row, m, k, a, b, sink);
        }
        _ => {
            let row = rows::<8, 1>(0, m, k, a, b, sink);
            rows::<1, 1>(row, m, k, a, b, sink);
        }
    }
}
