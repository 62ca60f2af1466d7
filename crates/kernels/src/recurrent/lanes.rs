//! A loop over several rows at once, some of them written.

use crate::lanes::{Lane, WIDTH};

/// Several at once: `(to[0][i], to[1][i], …) = f((to[0][i], to[1][i], …), x[i])`, for slices of one length, eight of each sort at most. `f` is
/// large where this is used, so its loop stands in the code once, and what is done about tails once for all of them.
#[inline(always)]
pub fn update_each<const N: usize, const M: usize>(
    mut to: [&mut [f32]; M],
    x: [&[f32]; N],
    f: impl Fn([Lane; M], [Lane; N]) -> [Lane; M],
) {
    with_tail(&mut to, &x, &|to, x| update_lanes(to, x, &f));
}

#[inline(always)]
fn update_lanes<const N: usize, const M: usize>(
    to: &mut [&mut [f32]],
    x: &[&[f32]],
    f: &impl Fn([Lane; M], [Lane; N]) -> [Lane; M],
) {
    let count = to[0].len() / WIDTH;
    let x: [_; N] = core::array::from_fn(|n| &x[n].as_chunks::<WIDTH>().0[..count]);
    let mut to = to.iter_mut();
    let mut to: [_; M] = core::array::from_fn(|_| &mut to.next().unwrap().as_chunks_mut::<WIDTH>().0[..count]);
    for i in 0..count {
        let before = to.each_ref().map(|to| Lane::from_array(to[i]));
        let after = f(before, x.map(|x| Lane::from_array(x[i])));
        for (to, after) in to.iter_mut().zip(after) {
            to[i] = after.to_array();
        }
    }
}

/// Runs `lanes`, which leaves the last one to three elements alone, and runs it again on those, filled up with zeros.
#[inline(never)]
fn with_tail(to: &mut [&mut [f32]], x: &[&[f32]], lanes: &dyn Fn(&mut [&mut [f32]], &[&[f32]])) {
    const MOST: usize = 8;
    lanes(to, x);
    let len = to[0].len();
    let rest = len / WIDTH * WIDTH;
    if rest == len {
        return;
    }
    let (mut last, mut last_x) = ([[0.0; WIDTH]; MOST], [[0.0; WIDTH]; MOST]);
    for (last, to) in last.iter_mut().zip(&*to) {
        last[..len - rest].copy_from_slice(&to[rest..]);
    }
    for (last, x) in last_x.iter_mut().zip(x) {
        last[..len - rest].copy_from_slice(&x[rest..len]);
    }
    lanes(&mut last.each_mut().map(|to| &mut to[..])[..to.len()], &last_x.each_ref().map(|x| &x[..])[..x.len()]);
    for (to, last) in to.iter_mut().zip(&last) {
        to[rest..].copy_from_slice(&last[..len - rest]);
    }
}
