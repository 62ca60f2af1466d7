//! The register tile: the innermost loop of every matrix product here, attention's included.
//!
//! ```text
//! for step in 0..k:
//!     for r in 0..HEIGHT: for v in 0..2: sums[r][v] += a[r][step] · panel[step][4v .. 4v + 4]
//! ```
//! An engine has 16 vector registers, one of which V8 keeps for itself. Six rows of two vectors are 12 sums, which with the panel's two
//! vectors and one factor fill the other 15. A multiply-add takes 4 cycles and two start per cycle, so 8 sums would do if nothing were
//! ever late. Without a fused multiply-add the product needs a register too, and four rows are what fits.
//!
//! | file | on | |
//! | --- | --- | --- |
//! | `portable.rs` | any other target | the readable definition, used by native tests |
//! | `wasm.rs` | wasm | the same loop instruction by instruction |
//!
//! The loop is spelled out for wasm because LLVM, which may, puts all loads of a step in front of its multiply-adds: 20 values are then alive, and V8
//! spills. docs/design/0005-register-tile.md has the figures, `npm run bench:tile` measures the candidates.

#[cfg(not(target_arch = "wasm32"))]
#[path = "portable.rs"]
#[allow(unsafe_code)]
mod register;

#[cfg(target_arch = "wasm32")]
#[path = "wasm.rs"]
#[allow(unsafe_code)]
mod register;

use crate::lanes::WIDTH;
use crate::parallel::Disjoint;

/// Rows of a tile.
pub const HEIGHT: usize = if cfg!(all(target_arch = "wasm32", not(target_feature = "relaxed-simd"))) { 4 } else { 6 };
/// The most vectors a panel is wide.
pub const PANEL_VECTORS: usize = 2;
/// The most columns a panel is wide.
pub const PANEL: usize = PANEL_VECTORS * WIDTH;

/// Vectors of the panel that starts at column `from` of `n`.
pub fn panel_vectors(n: usize, from: usize) -> usize {
    (n - from).div_ceil(WIDTH).min(PANEL_VECTORS)
}

/// Rows of the tile that starts where `left` rows remain. Seven are cut into four and three, rather than six and one: a tile of one
/// row has two sums, which wait for each other.
pub fn height(left: usize) -> usize {
    if left > HEIGHT && left < HEIGHT + HEIGHT / 2 { left.div_ceil(2) } else { left.min(HEIGHT) }
}

/// The left operand: element `(row, step)` is `data[row * row_stride + step * step_stride]`.
#[derive(Clone, Copy)]
pub struct Left<'a> {
    /// The elements.
    pub data: &'a [f32],
    /// From a row to the next.
    pub row_stride: usize,
    /// From a step to the next.
    pub step_stride: usize,
}

impl<'a> Left<'a> {
    /// The same from `row` and `step` on.
    #[inline(always)]
    pub fn from(&self, row: usize, step: usize) -> Self {
        let start = (row * self.row_stride + step * self.step_stride).min(self.data.len());
        Self { data: &self.data[start..], ..*self }
    }
}

/// Where sums go: row `r` starts at `start + r · stride` of a buffer that other tasks may write to elsewhere.
#[derive(Clone, Copy)]
pub struct Target<'t, 'b> {
    to: &'t Disjoint<'b, f32>,
    start: usize,
    stride: usize,
}

impl<'t, 'b> Target<'t, 'b> {
    /// # Safety
    /// While it is in use nobody else touches the rows and columns that will be written.
    #[allow(unsafe_code)]
    pub unsafe fn new(to: &'t Disjoint<'b, f32>, start: usize, stride: usize) -> Self {
        Self { to, start, stride }
    }

    /// The same from `row` and `column` on.
    #[inline(always)]
    pub fn from(&self, row: usize, column: usize) -> Self {
        Self { start: self.start + row * self.stride + column, ..*self }
    }
}

/// What becomes of the sums.
#[derive(Clone, Copy, PartialEq)]
pub enum Into {
    /// They replace what was there.
    Store,
    /// Multiplied by that, they replace it.
    Scale(f32),
    /// They are added to it.
    Add,
}

/// Rows `0..m` of `a · panel` over `k` steps, into `columns` columns of `to`. `panel` is `[k, columns in whole vectors]`; of a last vector that is not
/// whole only the columns that count are written.
pub fn multiply([m, k, columns]: [usize; 3], a: Left, panel: &[f32], to: Target, into: Into) {
    let width = columns.next_multiple_of(WIDTH);
    if m == 0 || columns == 0 {
        return;
    }
    if width != columns {
        return multiply_narrow([m, k, columns], a, panel, to, into);
    }
    if k == 0 {
        return if into != Into::Add { each_row(m, columns, to, |_, to| to.fill(0.0)) };
    }
    assert!(width <= PANEL && (m - 1) * a.row_stride + (k - 1) * a.step_stride < a.data.len() && k * width <= panel.len());
    assert!(to.start + (m - 1) * to.stride + width <= to.to.len());
    let mut row = 0;
    while row < m {
        let height = height(m - row);
        let tiles = if height == HEIGHT { whole_tiles(m - row) } else { 1 };
        // SAFETY: rows `row..row + tiles · height` are below m, and what they reach is in bounds by the assertions above; nobody else has
        // the target by the promise of `Target::new`.
        #[allow(unsafe_code)]
        unsafe {
            register::tiles(height, width, tiles, k, a.from(row, 0), panel, to.from(row, 0).pointer(), to.stride, into);
        }
        row += tiles * height;
    }
}

/// How many whole tiles stand before the rest that [`height`] cuts.
fn whole_tiles(rows: usize) -> usize {
    let tiles = rows / HEIGHT;
    let rest = rows % HEIGHT;
    if rest > 0 && rest < HEIGHT / 2 { tiles - 1 } else { tiles }
}

impl Target<'_, '_> {
    #[allow(unsafe_code)]
    fn pointer(&self) -> *mut f32 {
        // SAFETY: empty, so nothing overlaps it; `part` checks that it is within the buffer.
        unsafe { self.to.part(self.start..self.start) }.as_mut_ptr()
    }
}

/// The same where the last vector reaches past the columns: through a buffer of our own.
#[inline(never)]
fn multiply_narrow([m, k, columns]: [usize; 3], a: Left, panel: &[f32], to: Target, into: Into) {
    const ROWS: usize = 4 * HEIGHT;
    let width = columns.next_multiple_of(WIDTH);
    let mut sums = [0.0; ROWS * PANEL];
    for first in (0..m).step_by(ROWS) {
        let rows = ROWS.min(m - first);
        let own = Disjoint::new(&mut sums);
        // SAFETY: the buffer is ours alone.
        #[allow(unsafe_code)]
        let whole = unsafe { Target::new(&own, 0, width) };
        multiply([rows, k, width], a.from(first, 0), panel, whole, if into == Into::Add { Into::Store } else { into });
        each_row(rows, columns, to.from(first, 0), |row, to| {
            for (to, sum) in to.iter_mut().zip(&sums[row * width..]) {
                *to = if into == Into::Add { sum + *to } else { *sum };
            }
        });
    }
}

/// Calls `task(row, its columns)`.
pub fn each_row(m: usize, columns: usize, to: Target, mut task: impl FnMut(usize, &mut [f32])) {
    for row in 0..m {
        let start = to.start + row * to.stride;
        // SAFETY: one row at a time, and nobody else has it by the promise of `Target::new`.
        #[allow(unsafe_code)]
        task(row, unsafe { to.to.part(start..start + columns) });
    }
}
