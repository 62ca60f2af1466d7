//! ```text
//! forward    y = max(x, 0)
//! backward   dx = dy where x > 0, else 0
//! ```
//!
//! NaN stays NaN going forward. At 0 the derivative is taken to be 0, as PyTorch does.

use crate::lanes::Lane;
use crate::lanewise::{COPY_TASK, map_in_tasks};
use crate::parallel::Parallel;

/// `out = max(x, 0)`.
pub fn forward(x: &[f32], out: &mut [f32], pool: &impl Parallel) {
    map_in_tasks(pool, COPY_TASK, [x], out, |[x]| x.max(Lane::zero()));
}

/// `d_x = d_out` where `x > 0`, else 0.
pub fn backward(x: &[f32], d_out: &[f32], d_x: &mut [f32], pool: &impl Parallel) {
    map_in_tasks(pool, COPY_TASK, [x, d_out], d_x, |[x, d_out]| Lane::zero().lt(x).select(d_out, Lane::zero()));
}
