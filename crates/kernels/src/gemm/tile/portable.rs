//! The tile as loops.

use super::{Into, Left};
use crate::lanes::{Lane, WIDTH};

/// `tiles` tiles of `height` rows below each other.
///
/// # Safety
/// `tiles · height` rows of `a` have `k` steps, `panel` has `k` rows of `width`, and `to` as many rows, `stride` apart, that nobody else touches.
pub unsafe fn tiles(
    height: usize,
    width: usize,
    tiles: usize,
    k: usize,
    a: Left,
    panel: &[f32],
    to: *mut f32,
    stride: usize,
    into: Into,
) {
    for row in 0..tiles * height {
        for column in (0..width).step_by(WIDTH) {
            let mut sum = Lane::zero();
            for step in 0..k {
                let factor = Lane::splat(a.data[row * a.row_stride + step * a.step_stride]);
                sum = factor.madd(Lane::load(&panel[step * width + column..]), sum);
            }
            // SAFETY: within the rows of `to` by the caller's promise.
            let to = unsafe { core::slice::from_raw_parts_mut(to.add(row * stride + column), WIDTH) };
            match into {
                Into::Store => sum,
                Into::Scale(by) => sum * Lane::splat(by),
                Into::Add => sum + Lane::load(to),
            }
            .store(to);
        }
    }
}
