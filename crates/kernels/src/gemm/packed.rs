//! A product whose right operand was packed before, on the calling thread: what a recurrent layer does at every step.

use super::KC;
use super::tile::{Into, Left, PANEL, Target, multiply};
use crate::lanes::WIDTH;
use crate::parallel::Disjoint;

/// `out += a · b`: `a` `[m, k]`, `out` `[m, n]`, `b` as [`super::pack::pack_right`] leaves it. Sums over k are in order, in blocks of KC.
pub fn add_packed(a: &[f32], packed: &[f32], out: &mut [f32], k: usize, n: usize) {
    let m = a.len() / k.max(1);
    let left = Left { data: a, row_stride: k, step_stride: 1 };
    let out = Disjoint::new(out);
    for step in (0..k).step_by(KC) {
        let steps = KC.min(k - step);
        for from in (0..n).step_by(PANEL) {
            let columns = PANEL.min(n - from);
            let panel = &packed[from * k + step * columns.next_multiple_of(WIDTH)..];
            // SAFETY: `out` is ours alone.
            #[allow(unsafe_code)]
            let target = unsafe { Target::new(&out, from, n) };
            multiply([m, steps, columns], left.from(0, step), panel, target, Into::Add);
        }
    }
}
