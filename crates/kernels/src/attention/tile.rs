//! One tile of scores and the products around it, shared by forward and backward.
//!
//! Operands are copied before they are used, each into the form its place in a product asks for: a left one as rows side by side, a right one
//! as panels of 8 columns ([`crate::gemm::pack`]). Rows of one head lie a token apart, often a power of two: as they lie, a tile's worth of them falls
//! into a few sets of the cache and does not stay there.

use super::mask::Seen;
use super::{Head, HeadRows, KEYS, Mask, Scores, Shape};
use crate::gemm::pack::{columns_from_rows, panel_from_rows};
use crate::gemm::tile::{self, Into, Left, PANEL, PANEL_VECTORS, Target};
use crate::lanes::{Lane, WIDTH};
use crate::lanewise;
use crate::math;
use crate::parallel::Disjoint;
use core::ops::Range;

/// From a row of a tile to the next, whatever its number of keys.
pub const STRIDE: usize = KEYS;

/// Rows `range` as the columns of panels: `[range, width]` transposed.
pub fn pack_columns(rows: &HeadRows, range: &Range<usize>, panels: &mut [f32]) {
    for from in (0..range.len()).step_by(PANEL) {
        let columns = PANEL.min(range.len() - from);
        columns_from_rows(rows.from(range.start + from), rows.stride, columns, rows.width, &mut panels[from * rows.width..]);
    }
}

/// Rows `range` as panels.
pub fn pack_rows(rows: &HeadRows, range: &Range<usize>, panels: &mut [f32]) {
    for from in (0..rows.width).step_by(PANEL) {
        let columns = PANEL.min(rows.width - from);
        let panel = &mut panels[from * range.len()..][..columns.next_multiple_of(WIDTH) * range.len()];
        panel_from_rows(&rows.from(range.start)[from..], rows.stride, columns, panel);
    }
}

/// Rows `range`, side by side.
pub fn gather(rows: &HeadRows, range: &Range<usize>, copy: &mut [f32]) {
    // Of a mere copy LLVM makes a call out of the module, for rows of 128 bytes too; so 0 is added.
    for (to, row) in copy.chunks_exact_mut(rows.width.max(1)).zip(range.clone()) {
        lanewise::map([rows.row(row)], to, |[x]| x + Lane::zero());
    }
}

/// Multiplies what was packed, so that nothing has to be multiplied afterwards.
pub fn scale(copy: &mut [f32], by: f32) {
    let by = Lane::splat(by);
    lanewise::update(copy, [], |x, []| x * by);
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

/// `left · right`: `[rows, steps] · [steps, columns]`, the right one in panels. With `skip_zeros`, a step whose left factor is 0 is not read on the right
/// (where it may be NaN); the bits are the same otherwise.
#[inline(never)]
pub fn product([rows, steps, columns]: [usize; 3], left: Left, right: &[f32], skip_zeros: bool, to: Target, into: Into) {
    for from in (0..columns).step_by(PANEL) {
        let (panel, to) = (&right[from * steps..], to.from(0, from));
        let sizes = [rows, steps, PANEL.min(columns - from)];
        if skip_zeros {
            assert!(into == Into::Add);
            add_skipping_zeros(sizes, left, panel, to);
        } else {
            tile::multiply(sizes, left, panel, to, into);
        }
    }
}

/// The readable product, for the rare tile that holds a NaN where nobody looks.
#[inline(never)]
fn add_skipping_zeros([rows, steps, columns]: [usize; 3], left: Left, panel: &[f32], to: Target) {
    let width = columns.next_multiple_of(WIDTH);
    tile::each_row(rows, columns, to, |row, to| {
        let mut sums = [Lane::zero(); PANEL_VECTORS];
        for step in 0..steps {
            let factor = left.data[row * left.row_stride + step * left.step_stride];
            if factor == 0.0 {
                continue;
            }
            for (sum, four) in sums.iter_mut().zip(panel[step * width..][..width].chunks_exact(WIDTH)) {
                *sum = Lane::splat(factor).madd(Lane::load(four), *sum);
            }
        }
        for (to, sum) in to.chunks_mut(WIDTH).zip(sums) {
            (sum + Lane::load_partial(to, 0.0)).store_partial(to);
        }
    });
}

/// Lends a buffer of the task's own as a target.
#[allow(unsafe_code)]
pub fn own(buffer: &mut [f32], stride: usize, run: impl FnOnce(Target)) {
    let buffer = Disjoint::new(buffer);
    // SAFETY: borrowed alone until this returns.
    run(unsafe { Target::new(&buffer, 0, stride) });
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
        let capped = self.scores.softcap > 0.0;
        let into = Into::Scale(self.scores.scale);
        own(tile, STRIDE, |to| product([queries.len(), self.shape.head_dim, width], rows, packed, false, to, into));
        if capped {
            self.cap(queries.len(), width, tile, slopes);
        }
        for (query, row) in queries.clone().zip(tile.chunks_exact_mut(STRIDE)) {
            self.mask.slope(self.at, query, keys, &mut row[..width]);
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
