//! One tile of scores and the products around it, shared by forward and backward.

use super::mask::Seen;
use super::{Head, HeadRows, KEYS, Mask, Scores, Shape};
use crate::gemm::pack::columns_from_rows;
use crate::gemm::tile::{self, Left, PANEL, PANEL_VECTORS, Right, Sink};
use crate::lanes::{Lane, WIDTH};
use crate::math;
use crate::parallel::Disjoint;
use core::ops::Range;

/// From a row of a tile to the next, whatever its number of keys.
pub const STRIDE: usize = KEYS;

/// Rows of keys or values as columns: `[width, KEYS]`, zero past the last.
pub fn pack_columns(rows: &HeadRows, keys: &Range<usize>, packed: &mut [f32]) {
    columns_from_rows(rows.from(keys.start), rows.stride, keys.len(), rows.width, STRIDE, packed);
}

/// Rows `range`, copied side by side and filled up with zeros to whole vectors. Rows of one head lie a token apart, often a power of two: as
/// they lie, a tile's worth of them falls into a few sets of the cache and does not stay there.
pub fn gather(rows: &HeadRows, range: &Range<usize>, copy: &mut [f32]) {
    let stride = rows.width.next_multiple_of(WIDTH);
    for (to, row) in copy.chunks_exact_mut(stride).zip(range.clone()) {
        to[..rows.width].copy_from_slice(rows.row(row));
        to[rows.width..].fill(0.0);
    }
}

/// Whether every element of rows `range` is finite.
pub fn is_finite(rows: &HeadRows, range: &Range<usize>) -> bool {
    // 0 · x is 0 for a finite x and NaN for any other.
    let zero = Lane::zero();
    let sum = range.clone().fold(zero, |sum, row| {
        rows.row(row).chunks(WIDTH).fold(sum, |sum, four| Lane::load_partial(four, 0.0).madd(zero, sum))
    });
    sum.sum() == 0.0
}

/// What becomes of a product's sums.
pub enum Into<'a> {
    /// `to = sums · scale`
    Store {
        /// Multiplies the sums.
        scale: f32,
    },
    /// `to = to · factors[row] + sums`
    Rescale {
        /// One per row.
        factors: &'a [f32],
    },
    /// `to = to + sums`
    Add,
}

/// Rows that a product is written to.
pub trait Target {
    /// Columns `columns` of row `row`.
    fn part(&mut self, row: usize, columns: Range<usize>) -> &mut [f32];
}

/// Rows of a buffer of our own: row `r` starts at `r · stride`.
pub struct Own<'a> {
    pub to: &'a mut [f32],
    pub stride: usize,
}

impl Target for Own<'_> {
    #[inline(always)]
    fn part(&mut self, row: usize, columns: Range<usize>) -> &mut [f32] {
        &mut self.to[row * self.stride..][columns]
    }
}

/// Rows of one head in a buffer that holds all heads, those of other tasks too.
pub struct Shared<'a, 'b> {
    to: &'a Disjoint<'b, f32>,
    start: usize,
    stride: usize,
}

impl<'a, 'b> Shared<'a, 'b> {
    /// Row `r` starts at `start + r · stride`.
    ///
    /// # Safety
    /// No other task touches the columns of these rows that will be asked for.
    #[allow(unsafe_code)]
    pub unsafe fn new(to: &'a Disjoint<'b, f32>, start: usize, stride: usize) -> Self {
        Self { to, start, stride }
    }
}

impl Target for Shared<'_, '_> {
    #[inline(always)]
    #[allow(unsafe_code)]
    fn part(&mut self, row: usize, columns: Range<usize>) -> &mut [f32] {
        let start = self.start + row * self.stride;
        // SAFETY: this task's columns by the promise of `new`, and one part at a time by the borrow of self.
        unsafe { self.to.part(start + columns.start..start + columns.end) }
    }
}

/// One panel's sums on their way to the target.
struct PanelSink<'t, 'a, T> {
    target: &'t mut T,
    columns: usize,
    /// First column of the panel.
    from: usize,
    into: Into<'a>,
}

impl<T: Target> Sink for PanelSink<'_, '_, T> {
    #[inline(always)]
    fn take<const VECTORS: usize>(&mut self, row: usize, sums: [Lane; VECTORS]) {
        let end = self.columns.min(self.from + VECTORS * WIDTH);
        let to = self.target.part(row, self.from..end);
        let finish = |before: Lane, sum: Lane| match &self.into {
            Into::Store { scale } => sum * Lane::splat(*scale),
            Into::Rescale { factors } => before.madd(Lane::splat(factors[row]), sum),
            Into::Add => before + sum,
        };
        if to.len() == VECTORS * WIDTH {
            for (v, sum) in sums.into_iter().enumerate() {
                finish(Lane::load(&to[v * WIDTH..]), sum).store(&mut to[v * WIDTH..]);
            }
        } else {
            for (to, sum) in to.chunks_mut(WIDTH).zip(sums) {
                finish(Lane::load_partial(to, 0.0), sum).store_partial(to);
            }
        }
    }
}

/// `left · right`: `[rows, steps] · [steps, columns]`. With `skip_zeros`, a step whose left factor is 0 is not read on the right (where it may be NaN);
/// the bits are the same otherwise.
#[inline(never)]
pub fn product<T: Target>(
    [rows, steps, columns]: [usize; 3],
    left: Left,
    right: Right,
    skip_zeros: bool,
    mut target: T,
    into: Into,
) {
    let mut sink = PanelSink { target: &mut target, columns, from: 0, into };
    for from in (0..columns).step_by(PANEL) {
        sink.from = from;
        let right = Right { data: &right.data[from..], ..right };
        if skip_zeros {
            panel_skipping_zeros([rows, steps, (columns - from).min(PANEL)], left, right, &mut sink);
        } else {
            let vectors = (columns - from).div_ceil(WIDTH).min(PANEL_VECTORS);
            tile::panel(vectors, rows, steps, left, right, &mut sink);
        }
    }
}

/// The readable product, for the rare tile that holds a NaN where nobody looks.
#[inline(never)]
fn panel_skipping_zeros([rows, steps, columns]: [usize; 3], left: Left, right: Right, sink: &mut impl Sink) {
    for row in 0..rows {
        let mut sums = [Lane::zero(); PANEL_VECTORS];
        for step in 0..steps {
            let factor = left.data[row * left.row_stride + step * left.step_stride];
            if factor == 0.0 {
                continue;
            }
            let from = &right.data[step * right.stride..];
            for (v, sum) in sums.iter_mut().enumerate().take(columns.div_ceil(WIDTH)) {
                *sum = Lane::splat(factor).madd(Lane::load_partial(&from[v * WIDTH..], 0.0), *sum);
            }
        }
        sink.take(row, sums);
    }
}

/// Everything about one head that its tiles share.
#[derive(Clone, Copy)]
pub struct Tiles<'a> {
    pub shape: &'a Shape,
    pub mask: &'a Mask<'a>,
    pub scores: &'a Scores,
    pub at: Head,
}

impl Tiles<'_> {
    /// What the queries see of the keys.
    pub fn seen(&self, queries: &Range<usize>, keys: &Range<usize>) -> Seen {
        self.mask.seen(self.shape, self.at, queries.clone(), keys.clone())
    }

    /// Keys that any query of the item may see.
    pub fn key_limit(&self) -> usize {
        let limit = self.mask.key_lengths.map_or(self.shape.key_len, |lengths| lengths[self.at.item].max(0) as usize);
        limit.min(self.shape.key_len)
    }

    /// Scores of `queries` (their `rows`) by `keys` into `tile`, after softcap, bias and mask (−∞; so too past the last key, up to a whole vector).
    /// `slopes` receives the derivative of softcap, if there is one.
    pub fn scores(
        &self,
        rows: Left,
        queries: &Range<usize>,
        keys: &Range<usize>,
        seen: Seen,
        packed: &[f32],
        tile: &mut [f32],
        slopes: Option<&mut [f32]>,
    ) {
        let width = keys.len().next_multiple_of(WIDTH);
        let right = Right { data: packed, stride: STRIDE };
        let capped = self.scores.softcap > 0.0;
        let into = Into::Store { scale: self.scores.scale };
        product([queries.len(), self.shape.head_dim, width], rows, right, false, Own { to: tile, stride: STRIDE }, into);
        if capped {
            self.cap(queries.len(), width, tile, slopes);
        }
        for (query, row) in queries.clone().zip(tile.chunks_exact_mut(STRIDE)) {
            if seen == Seen::Everything {
                row[keys.len()..width].fill(f32::NEG_INFINITY);
            } else {
                self.mask.apply(self.shape, self.at, query, keys.clone(), &mut row[..width]);
            }
        }
    }

    fn cap(&self, rows: usize, width: usize, tile: &mut [f32], mut slopes: Option<&mut [f32]>) {
        let (cap, inverse) = (Lane::splat(self.scores.softcap), Lane::splat(1.0 / self.scores.softcap));
        for at in (0..rows).flat_map(|row| (0..width).step_by(WIDTH).map(move |column| row * STRIDE + column)) {
            let tanh = math::tanh(Lane::load(&tile[at..]) * inverse);
            (cap * tanh).store(&mut tile[at..]);
            if let Some(slopes) = slopes.as_deref_mut() {
                (Lane::splat(1.0) - tanh * tanh).store(&mut slopes[at..]);
            }
        }
    }
}
