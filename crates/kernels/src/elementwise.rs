//! `out = factor · x`, which is its own backward, and what moves memory: accumulate, fill, copy. All of them wait for memory and nothing else.

use crate::lanes::Lane;
use crate::lanewise::{COPY_TASK, TASK, map_in_tasks, update_in_tasks};
use crate::parallel::{Parallel, for_each_chunk};

/// `out = factor · x`.
pub fn scale(x: &[f32], out: &mut [f32], factor: f32, pool: &impl Parallel) {
    map_in_tasks(pool, COPY_TASK, [x], out, |[x]| x * Lane::splat(factor));
}

/// `x = factor · x`.
pub fn scale_in_place(x: &mut [f32], factor: f32, pool: &impl Parallel) {
    update_in_tasks(pool, COPY_TASK, x, [], |x, []| x * Lane::splat(factor));
}

/// `sum = sum + x`.
pub fn accumulate(x: &[f32], sum: &mut [f32], pool: &impl Parallel) {
    update_in_tasks(pool, COPY_TASK, sum, [x], |sum, [x]| sum + x);
}

/// `out = value`.
pub fn fill(out: &mut [f32], value: f32, pool: &impl Parallel) {
    for_each_chunk(pool, out, TASK, COPY_TASK, |_, out| out.fill(value));
}

/// `out = x`.
pub fn copy(x: &[f32], out: &mut [f32], pool: &impl Parallel) {
    for_each_chunk(pool, out, TASK, COPY_TASK, |task, out| out.copy_from_slice(&x[task * TASK..][..out.len()]));
}
