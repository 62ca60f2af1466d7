//! Mean over the middle of `[batch, len, cols]`, of the positions below the item's length whose `keep` is not 0:
//!
//! ```text
//! forward    y[b, c] = Σ_i kept(b, i) · x[b, i, c] / count(b)          0 where count is 0
//! backward   dx[b, i, c] = kept(b, i) · dy[b, c] / count(b)
//! ```
//!
//! Positions that do not count are never read, so that what padding holds, NaN or infinity, goes nowhere; going back they get 0.

use crate::lanes::Lane;
use crate::lanewise::{map, update};
use crate::parallel::{Parallel, for_each_chunk};

/// `out` `[batch, cols]`.
pub fn mean_forward(
    x: &[f32],
    lengths: Option<&[i32]>,
    keep: Option<&[u8]>,
    out: &mut [f32],
    len: usize,
    cols: usize,
    pool: &impl Parallel,
) {
    for_each_chunk(pool, out, cols.max(1), len * cols / 3, |item, out| {
        let kept = Kept::new(lengths, keep, item, len);
        out.fill(0.0);
        for i in kept.positions() {
            update(out, [&x[(item * len + i) * cols..][..cols]], |sum, [x]| sum + x);
        }
        let share = Lane::splat(kept.share());
        update(out, [], |sum, []| sum * share);
    });
}

/// `d_x` `[batch, len, cols]`.
pub fn mean_backward(
    d_out: &[f32],
    lengths: Option<&[i32]>,
    keep: Option<&[u8]>,
    d_x: &mut [f32],
    len: usize,
    cols: usize,
    pool: &impl Parallel,
) {
    for_each_chunk(pool, d_x, (len * cols).max(1), len * cols / 3, |item, d_x| {
        let kept = Kept::new(lengths, keep, item, len);
        let share = Lane::splat(kept.share());
        for (i, d_x) in d_x.chunks_exact_mut(cols).enumerate() {
            if kept.has(i) {
                map([&d_out[item * cols..][..cols]], d_x, |[d]| d * share);
            } else {
                d_x.fill(0.0);
            }
        }
    });
}

/// The positions of one item that count.
struct Kept<'a> {
    below: usize,
    keep: Option<&'a [u8]>,
}

impl<'a> Kept<'a> {
    /// Lengths beyond `len` mean `len`, negative ones 0.
    fn new(lengths: Option<&[i32]>, keep: Option<&'a [u8]>, item: usize, len: usize) -> Self {
        let below = lengths.map_or(len, |lengths| (lengths[item].max(0) as usize).min(len));
        Self { below, keep: keep.map(|keep| &keep[item * len..][..len]) }
    }

    fn has(&self, i: usize) -> bool {
        i < self.below && self.keep.is_none_or(|keep| keep[i] != 0)
    }

    fn positions(&self) -> impl Iterator<Item = usize> {
        (0..self.below).filter(|&i| self.has(i))
    }

    /// `1 / count`, 0 if that is none.
    fn share(&self) -> f32 {
        match self.positions().count() {
            0 => 0.0,
            count => 1.0 / count as f32,
        }
    }
}
