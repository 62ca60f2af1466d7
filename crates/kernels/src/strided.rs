//! Copies between any two arrangements of the same axes: permute, transpose, slice with steps, flip, repeat, stack, concatenate, pad, and
//! the way back of each.
//!
//! ```text
//! for each index (i, j, …):   out[outOffset + i · outStrideᵢ + j · outStrideⱼ + …] = x[xOffset + i · xStrideᵢ + j · xStrideⱼ + …]
//! ```
//!
//! A stride of `x` may be 0 (repeat) or negative (flip). Those of `out` come from the largest to the smallest, each at least what the axes
//! after it span, so that no element is written twice. Two axes make a plane, the innermost and one more, which tasks cut into blocks:
//!
//! - both contiguous along the innermost: rows are copied;
//! - `x` contiguous along the other axis: blocks of 128 × 128, so that the pages touched stay few, of tiles of 16 × 16, which go through a
//!   buffer so that each cache line is read once and written once even where strides are powers of two and lines share a set;
//! - otherwise element by element.

use crate::lanes::{Lane, WIDTH};
use crate::lanewise::{COPY_TASK, TASK, map};
use crate::parallel::{Disjoint, Parallel};

/// Axes there may be, once those that lie together are one.
pub const MOST_AXES: usize = 8;
/// Rows and columns of a transposed tile: a cache line.
const TILE: usize = 16;
/// Elements of a row for which the engine's own copy takes longer to call than to do.
const SHORT: usize = 32;
/// Columns of a transposed block, and rows.
const BLOCK: usize = 128;

#[derive(Clone, Copy)]
struct Axis {
    size: usize,
    x: isize,
    out: usize,
}

const ONCE: Axis = Axis { size: 1, x: 0, out: 0 };

/// `axes` are `[size, stride of x, stride of out]`, the outermost first.
pub fn copy(x: &[f32], out: &mut [f32], axes: &[i32], [x_offset, out_offset]: [usize; 2], pool: &impl Parallel) {
    let mut all = [ONCE; MOST_AXES];
    let count = axes.len() / 3;
    assert!(count <= MOST_AXES, "strided: at most 8 axes");
    for (axis, of) in all.iter_mut().zip(axes.chunks_exact(3)) {
        *axis = Axis { size: of[0] as usize, x: of[1] as isize, out: of[2] as usize };
    }
    let all = &mut all[..count];
    if all.iter().any(|axis| axis.size == 0) {
        return;
    }
    assert_nested(all);
    let (outer, rows, cols) = planes(all);
    let out = Disjoint::new(out);
    let block = Block::new(rows, cols);
    let (down, across) = (rows.size.div_ceil(block.rows), cols.size.div_ceil(block.cols));
    let blocks = outer.iter().map(|axis| axis.size).product::<usize>() * down * across;
    let together = (TASK / (block.rows.min(rows.size) * block.cols)).max(1);
    pool.for_each(blocks.div_ceil(together), if block.transposed { 3 * COPY_TASK } else { COPY_TASK }, &|task, _| {
        for index in task * together..blocks.min((task + 1) * together) {
            let (plane, row, col) = (index / across / down, index / across % down * block.rows, index % across * block.cols);
            let (at_x, at_out) = offset(outer, plane);
            let rows = Axis { size: block.rows.min(rows.size - row), ..rows };
            let cols = Axis { size: block.cols.min(cols.size - col), ..cols };
            let at_x = x_offset as isize + at_x + row as isize * rows.x + col as isize * cols.x;
            let at_out = out_offset + at_out + row * rows.out + col * cols.out;
            block.copy(x, at_x, &out, at_out, rows, cols);
        }
    });
}

/// The elements of `out` that a task writes are its own if no two indices lead to the same: that is checked here.
fn assert_nested(axes: &[Axis]) {
    let mut span = 1;
    for axis in axes.iter().rev() {
        assert!(axis.size == 1 || axis.out >= span, "strided: elements of out overlap");
        span += (axis.size - 1) * axis.out;
    }
}

/// The axes but two; and these two: the innermost and, if `x` is not contiguous along that, the one along which it is.
fn planes(axes: &mut [Axis]) -> (&[Axis], Axis, Axis) {
    let Some((&mut cols, rest)) = axes.split_last_mut() else { return (&[], ONCE, ONCE) };
    let contiguous = rest.iter().position(|axis| axis.x == 1 && axis.size > 1 && cols.x > 1);
    let Some(last) = rest.len().checked_sub(1) else { return (&[], ONCE, cols) };
    rest.swap(contiguous.unwrap_or(last), last);
    (&rest[..last], rest[last], cols)
}

/// Where a plane starts in `x` and in `out`.
fn offset(outer: &[Axis], mut plane: usize) -> (isize, usize) {
    let (mut x, mut out) = (0, 0);
    for axis in outer.iter().rev() {
        let index = plane % axis.size;
        plane /= axis.size;
        x += index as isize * axis.x;
        out += index * axis.out;
    }
    (x, out)
}

/// How a plane is cut, and copied.
struct Block {
    rows: usize,
    cols: usize,
    transposed: bool,
}

impl Block {
    fn new(rows: Axis, cols: Axis) -> Self {
        let transposed = rows.x == 1 && rows.size > 1 && cols.x > 1 && cols.out == 1;
        let cols = cols.size.min(if transposed { BLOCK } else { TASK });
        let tall = (TASK / cols).max(1).next_multiple_of(if transposed { TILE } else { 1 });
        Self { rows: tall.min(rows.size), cols, transposed }
    }

    fn copy(&self, x: &[f32], at_x: isize, out: &Disjoint<f32>, at_out: usize, rows: Axis, cols: Axis) {
        if self.transposed {
            return transpose(x, at_x as usize, out, at_out, rows, cols);
        }
        for row in 0..rows.size {
            let from = (at_x + row as isize * rows.x) as usize;
            let to = at_out + row * rows.out;
            // SAFETY: `assert_nested`: no other row of any task has elements in this range.
            #[allow(unsafe_code)]
            let out = unsafe { out.part(to..to + (cols.size - 1) * cols.out + 1) };
            copy_row(x, from, out, cols);
        }
    }
}

fn copy_row(x: &[f32], from: usize, out: &mut [f32], cols: Axis) {
    if cols.size == 1 {
        out[0] = x[from];
    } else if cols.out == 1 && cols.x == 1 && cols.size <= SHORT {
        map([&x[from..][..cols.size]], out, |[x]| x);
    } else if cols.out == 1 && cols.x == 1 {
        out.copy_from_slice(&x[from..][..cols.size]);
    } else if cols.out == 1 && cols.x == 0 {
        out.fill(x[from]);
    } else {
        let mut at = from as isize;
        for out in out.iter_mut().step_by(cols.out) {
            *out = x[at as usize];
            at += cols.x;
        }
    }
}

/// `out[row, col] = x[col, row]`.
fn transpose(x: &[f32], at_x: usize, out: &Disjoint<f32>, at_out: usize, rows: Axis, cols: Axis) {
    let stride = cols.x as usize;
    for top in (0..rows.size).step_by(TILE) {
        for left in (0..cols.size).step_by(TILE) {
            let (from, to) = (at_x + top + left * stride, at_out + top * rows.out + left);
            if top + TILE <= rows.size && left + TILE <= cols.size {
                transpose_tile(&x[from..][..(TILE - 1) * stride + TILE], stride, out, to, rows.out);
                continue;
            }
            for row in 0..TILE.min(rows.size - top) {
                let start = to + row * rows.out;
                // SAFETY: `assert_nested`: this part of this row is this task's.
                #[allow(unsafe_code)]
                let out = unsafe { out.part(start..start + TILE.min(cols.size - left)) };
                out.iter_mut().enumerate().for_each(|(col, out)| *out = x[from + row + col * stride]);
            }
        }
    }
}

fn transpose_tile(x: &[f32], stride: usize, out: &Disjoint<f32>, at_out: usize, out_stride: usize) {
    let mut tile = [[Lane::zero(); TILE / WIDTH]; TILE];
    for (col, line) in tile.iter_mut().enumerate() {
        let x = &x[col * stride..][..TILE];
        *line = core::array::from_fn(|i| Lane::load(&x[i * WIDTH..]));
    }
    for group in 0..TILE / WIDTH {
        let fours: [[Lane; WIDTH]; TILE / WIDTH] =
            core::array::from_fn(|left| Lane::transpose(core::array::from_fn(|i| tile[left * WIDTH + i][group])));
        for i in 0..WIDTH {
            let start = at_out + (group * WIDTH + i) * out_stride;
            // SAFETY: `assert_nested`: these elements are this task's.
            #[allow(unsafe_code)]
            let out = unsafe { out.part(start..start + TILE) };
            fours.iter().zip(out.chunks_exact_mut(WIDTH)).for_each(|(four, out)| four[i].store(out));
        }
    }
}
