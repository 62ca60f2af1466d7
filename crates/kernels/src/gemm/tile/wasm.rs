//! The tile in wasm, instruction by instruction: a function for each height and width, so that what is alive at any point is what we say.
//!
//! ```text
//! fovea_tile_6x8(tiles, k, a, row, step, panel, to, stride, add, scale)        addresses and distances in bytes
//! loop over tiles:
//!     p₀ … p₅ = the six rows of a; sums = 0
//!     loop over k:
//!         b₀, b₁ = the panel's next eight
//!         per row: f = *p in every lane;  s₀ += f · b₀;  s₁ += f · b₁;  p += step
//!     per row: s = add ? s + *to : s · scale;  *to = s;  to += stride
//! ```

use super::{Into, Left};
use core::arch::global_asm;

/// Where each argument and value lives; those of a row come behind.
macro_rules! local {
    (tiles) => { "0\n" };
    (k) => { "1\n" };
    (a) => { "2\n" };
    (row) => { "3\n" };
    (step) => { "4\n" };
    (panel) => { "5\n" };
    (to) => { "6\n" };
    (stride) => { "7\n" };
    (add) => { "8\n" };
    (scale) => { "9\n" };
    (left) => { "10\n" };
    (at) => { "11\n" };
    (factor) => { "12\n" };
    (b0) => { "13\n" };
    (b1) => { "14\n" };
    ($other:literal) => { concat!($other, "\n") };
}

macro_rules! get { ($local:tt) => { concat!("local.get ", local!($local)) }; }
macro_rules! set { ($local:tt) => { concat!("local.set ", local!($local)) }; }
macro_rules! advance { ($local:tt by $by:tt) => { concat!(get!($local), get!($by), "i32.add\n", set!($local)) }; }
macro_rules! advance_bytes { ($local:tt by $by:literal) => { concat!(get!($local), "i32.const ", $by, "\ni32.add\n", set!($local)) }; }
macro_rules! count_down { ($local:tt) => { concat!(get!($local), "i32.const -1\ni32.add\nlocal.tee ", local!($local), "br_if 0\nend_loop\n") }; }

/// `sum = factor · b + sum`, as `Lane::madd`.
#[cfg(target_feature = "relaxed-simd")]
macro_rules! madd { ($b:tt, $sum:literal) => { concat!(get!(factor), get!($b), get!($sum), "f32x4.relaxed_madd\n", set!($sum)) }; }
#[cfg(not(target_feature = "relaxed-simd"))]
macro_rules! madd { ($b:tt, $sum:literal) => { concat!(get!(factor), get!($b), "f32x4.mul\n", get!($sum), "f32x4.add\n", set!($sum)) }; }

macro_rules! load { ($local:tt, $from:tt, $offset:literal) => { concat!(get!($from), "v128.load ", $offset, ":p2align=2\n", set!($local)) }; }
macro_rules! clear { ($sum:literal) => { concat!("v128.const 0, 0, 0, 0\n", set!($sum)) }; }
macro_rules! add_to { ($sum:literal, $offset:literal) => { concat!(get!($sum), get!(to), "v128.load ", $offset, ":p2align=2\nf32x4.add\n", set!($sum)) }; }
macro_rules! multiply { ($sum:literal) => { concat!(get!($sum), get!(factor), "f32x4.mul\n", set!($sum)) }; }
macro_rules! store { ($sum:literal, $offset:literal) => { concat!(get!(to), get!($sum), "v128.store ", $offset, ":p2align=2\n") }; }
macro_rules! factor { ($p:literal) => { concat!(get!($p), "v128.load32_splat 0:p2align=2\n", set!(factor), advance!($p by step)) }; }

macro_rules! head {
    ($name:literal, $locals:literal) => {
        concat!(
            ".text\n.globl ", $name, "\n.type ", $name, ",@function\n", $name, ":\n",
            ".functype ", $name, " (i32, i32, i32, i32, i32, i32, i32, i32, i32, f32) -> ()\n",
            ".local i32, i32, ", $locals,
        )
    };
}

macro_rules! eight_columns {
    ($($name:literal $(($p:literal $s0:literal $s1:literal))*;)*) => { $(global_asm!(concat!(
        head!($name, "v128, v128, v128"), $(eight_columns!(@local $p),)* "\n",
        "loop\n",
        $(get!(a), set!($p), advance!(a by row), clear!($s0), clear!($s1),)*
        get!(panel), set!(at), get!(k), set!(left),
        "loop\n",
        load!(b0, at, 0), load!(b1, at, 16),
        $(factor!($p), madd!(b0, $s0), madd!(b1, $s1),)*
        advance_bytes!(at by 32),
        count_down!(left),
        get!(scale), "f32x4.splat\n", set!(factor),
        $(
            get!(add), "if\n", add_to!($s0, 0), add_to!($s1, 16), "else\n", multiply!($s0), multiply!($s1), "end_if\n",
            store!($s0, 0), store!($s1, 16), advance!(to by stride),
        )*
        count_down!(tiles),
        "end_function\n",
    ));)* };
    (@local $p:literal) => { ", i32, v128, v128" };
}

macro_rules! four_columns {
    ($($name:literal $(($p:literal $s0:literal))*;)*) => { $(global_asm!(concat!(
        head!($name, "v128, v128"), $(four_columns!(@local $p),)* "\n",
        "loop\n",
        $(get!(a), set!($p), advance!(a by row), clear!($s0),)*
        get!(panel), set!(at), get!(k), set!(left),
        "loop\n",
        load!(b0, at, 0),
        $(factor!($p), madd!(b0, $s0),)*
        advance_bytes!(at by 16),
        count_down!(left),
        get!(scale), "f32x4.splat\n", set!(factor),
        $(
            get!(add), "if\n", add_to!($s0, 0), "else\n", multiply!($s0), "end_if\n",
            store!($s0, 0), advance!(to by stride),
        )*
        count_down!(tiles),
        "end_function\n",
    ));)* };
    (@local $p:literal) => { ", i32, v128" };
}

eight_columns! {
    "fovea_tile_1x8" (15 16 17);
    "fovea_tile_2x8" (15 16 17) (18 19 20);
    "fovea_tile_3x8" (15 16 17) (18 19 20) (21 22 23);
    "fovea_tile_4x8" (15 16 17) (18 19 20) (21 22 23) (24 25 26);
    "fovea_tile_5x8" (15 16 17) (18 19 20) (21 22 23) (24 25 26) (27 28 29);
    "fovea_tile_6x8" (15 16 17) (18 19 20) (21 22 23) (24 25 26) (27 28 29) (30 31 32);
}
four_columns! {
    "fovea_tile_1x4" (14 15);
    "fovea_tile_2x4" (14 15) (16 17);
    "fovea_tile_3x4" (14 15) (16 17) (18 19);
    "fovea_tile_4x4" (14 15) (16 17) (18 19) (20 21);
    "fovea_tile_5x4" (14 15) (16 17) (18 19) (20 21) (22 23);
    "fovea_tile_6x4" (14 15) (16 17) (18 19) (20 21) (22 23) (24 25);
}

unsafe extern "C" {
    fn fovea_tile_1x4(tiles: usize, k: usize, a: *const f32, row: usize, step: usize, panel: *const f32, to: *mut f32, stride: usize, add: usize, scale: f32);
    fn fovea_tile_2x4(tiles: usize, k: usize, a: *const f32, row: usize, step: usize, panel: *const f32, to: *mut f32, stride: usize, add: usize, scale: f32);
    fn fovea_tile_3x4(tiles: usize, k: usize, a: *const f32, row: usize, step: usize, panel: *const f32, to: *mut f32, stride: usize, add: usize, scale: f32);
    fn fovea_tile_4x4(tiles: usize, k: usize, a: *const f32, row: usize, step: usize, panel: *const f32, to: *mut f32, stride: usize, add: usize, scale: f32);
    fn fovea_tile_5x4(tiles: usize, k: usize, a: *const f32, row: usize, step: usize, panel: *const f32, to: *mut f32, stride: usize, add: usize, scale: f32);
    fn fovea_tile_6x4(tiles: usize, k: usize, a: *const f32, row: usize, step: usize, panel: *const f32, to: *mut f32, stride: usize, add: usize, scale: f32);
    fn fovea_tile_1x8(tiles: usize, k: usize, a: *const f32, row: usize, step: usize, panel: *const f32, to: *mut f32, stride: usize, add: usize, scale: f32);
    fn fovea_tile_2x8(tiles: usize, k: usize, a: *const f32, row: usize, step: usize, panel: *const f32, to: *mut f32, stride: usize, add: usize, scale: f32);
    fn fovea_tile_3x8(tiles: usize, k: usize, a: *const f32, row: usize, step: usize, panel: *const f32, to: *mut f32, stride: usize, add: usize, scale: f32);
    fn fovea_tile_4x8(tiles: usize, k: usize, a: *const f32, row: usize, step: usize, panel: *const f32, to: *mut f32, stride: usize, add: usize, scale: f32);
    fn fovea_tile_5x8(tiles: usize, k: usize, a: *const f32, row: usize, step: usize, panel: *const f32, to: *mut f32, stride: usize, add: usize, scale: f32);
    fn fovea_tile_6x8(tiles: usize, k: usize, a: *const f32, row: usize, step: usize, panel: *const f32, to: *mut f32, stride: usize, add: usize, scale: f32);
}

/// `tiles` tiles of `height` rows below each other.
///
/// # Safety
/// `tiles · height` rows of `a` have `k` steps, `panel` has `k` rows of `width`, and `to` as many rows, `stride` apart, that nobody else touches;
/// `tiles`, `height` and `k` are not 0.
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
    const BYTES: usize = size_of::<f32>();
    let (a, row, step) = (a.data.as_ptr(), a.row_stride * BYTES, a.step_stride * BYTES);
    let (panel, stride, add) = (panel.as_ptr(), stride * BYTES, (into == Into::Add) as usize);
    let scale = if let Into::Scale(by) = into { by } else { 1.0 };
    macro_rules! call {
        ($tile:ident) => {
            // SAFETY: the caller's promise, word for word.
            unsafe { $tile(tiles, k, a, row, step, panel, to, stride, add, scale) }
        };
    }
    match (height, width) {
        (1, 4) => call!(fovea_tile_1x4),
        (2, 4) => call!(fovea_tile_2x4),
        (3, 4) => call!(fovea_tile_3x4),
        (4, 4) => call!(fovea_tile_4x4),
        (5, 4) => call!(fovea_tile_5x4),
        (_, 4) => call!(fovea_tile_6x4),
        (1, _) => call!(fovea_tile_1x8),
        (2, _) => call!(fovea_tile_2x8),
        (3, _) => call!(fovea_tile_3x8),
        (4, _) => call!(fovea_tile_4x8),
        (5, _) => call!(fovea_tile_5x8),
        (_, _) => call!(fovea_tile_6x8),
    }
}
