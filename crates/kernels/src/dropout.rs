//! ```text
//! forward    y = x / (1 − p) where element i is kept, else 0
//! backward   dx = dy / (1 − p) where element i is kept, else 0: the same function with the same key
//! ```
//!
//! Element i of the buffer is column i of row 0 of the random bits ([`crate::rng`]), whatever its shape. What is dropped is set to 0, not
//! multiplied by it, so that a NaN or an infinity can be dropped too; p = 1 gives zeros.

use crate::lanes::{Lane, WIDTH};
use crate::lanewise::{EXP_TASK, TASK};
use crate::parallel::{Parallel, for_each_chunk};
use crate::rng::{Dropout, DropoutRow};

/// `out` is `x`, dropped with probability `p` and scaled by `1 / (1 − p)` where kept.
pub fn forward(x: &[f32], out: &mut [f32], p: f32, key: i32, pool: &impl Parallel) {
    if p >= 1.0 {
        return crate::elementwise::fill(out, 0.0, pool);
    }
    let dropout = Dropout::new(p, key);
    if !dropout.is_active() {
        return crate::elementwise::copy(x, out, pool);
    }
    let stream = dropout.row(0);
    for_each_chunk(pool, out, TASK, EXP_TASK, |task, out| drop_part(&x[task * TASK..][..out.len()], out, task * TASK, &stream));
}

/// `first` is the index of `x[0]` in the whole buffer.
fn drop_part(x: &[f32], out: &mut [f32], first: usize, stream: &DropoutRow) {
    let kept = |x: Lane, i: usize| stream.kept(first + i).select(x * stream.scale(), Lane::zero());
    let (x_fours, x_tail) = x.as_chunks::<WIDTH>();
    let (fours, tail) = out.as_chunks_mut::<WIDTH>();
    for (i, (x, out)) in x_fours.iter().zip(fours).enumerate() {
        *out = kept(Lane::from_array(*x), i * WIDTH).to_array();
    }
    kept(Lane::load_partial(x_tail, 0.0), x.len() - tail.len()).store_partial(tail);
}
