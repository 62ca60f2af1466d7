//! The `kernels!` macro: an export per entry, slices from offsets.
//!
//! What makes the slices sound is checked in TypeScript, by the generated call that is the only caller of these exports
//! (`ts/runtime/kernels.gen.ts`): before Rust runs, every buffer is alive, 4-byte aligned, exactly as long as its expression says,
//! and no written buffer overlaps another argument. That guard is what the `SAFETY:` notes below name.
#![allow(non_camel_case_types)]
#![allow(dead_code)] // not every kind of argument is in use

// The kinds of argument, as the types that cross the boundary: only numbers.
pub type read = u32;
pub type read_i32 = u32;
pub type read_u8 = u32;
pub type maybe = u32;
pub type maybe_i32 = u32;
pub type maybe_u8 = u32;
pub type write = u32;
pub type write_i32 = u32;
pub type write_u8 = u32;
pub type maybe_write = u32;
pub type maybe_update = u32;
pub type update = u32;
pub type scratch = u32;
pub type threads = u32;
pub type dim = u32;
pub type flag = u32;
pub type int = i32;
pub type scalar = f32;

/// `len` elements at byte offset `start` of the memory.
///
/// # Safety
/// They lie in memory, aligned, initialised, and nothing writes them while the slice lives.
pub unsafe fn borrow<'a, T>(start: u32, len: usize) -> &'a [T] {
    if len == 0 {
        return &[];
    }
    // SAFETY: the caller's promise, word for word.
    unsafe { core::slice::from_raw_parts(start as usize as *const T, len) }
}

/// The same, to be written.
///
/// # Safety
/// As [`borrow`], and nothing else reads or writes them while the slice lives.
pub unsafe fn borrow_mut<'a, T>(start: u32, len: usize) -> &'a mut [T] {
    if len == 0 {
        return &mut [];
    }
    // SAFETY: the caller's promise, word for word.
    unsafe { core::slice::from_raw_parts_mut(start as usize as *mut T, len) }
}

pub const fn div_ceil(a: usize, b: usize) -> usize {
    a.div_ceil(b)
}

pub const fn round_up(a: usize, to: usize) -> usize {
    a.div_ceil(to) * to
}

/// Numbers first, since lengths are made of them: dims, flags and threads become `usize`.
macro_rules! number {
    (dim $name:ident) => {
        let $name = $name as usize;
    };
    (flag $name:ident) => {
        let $name = $name as usize;
    };
    (threads $name:ident) => {
        let $name = $name as usize;
    };
    ($other:ident $name:ident) => {};
}

/// Then buffers: offsets become slices.
macro_rules! buffer {
    (read $name:ident $len:expr) => {
        // SAFETY: the generated call's guard (see the top of this file).
        let $name: &[f32] = unsafe { $crate::declare::borrow($name, $len) };
    };
    (read_i32 $name:ident $len:expr) => {
        // SAFETY: the generated call's guard.
        let $name: &[i32] = unsafe { $crate::declare::borrow($name, $len) };
    };
    (read_u8 $name:ident $len:expr) => {
        // SAFETY: the generated call's guard.
        let $name: &[u8] = unsafe { $crate::declare::borrow($name, $len) };
    };
    (maybe $name:ident $len:expr) => {
        // SAFETY: the generated call's guard.
        let $name: Option<&[f32]> = ($name != 0).then(|| unsafe { $crate::declare::borrow($name, $len) });
    };
    (maybe_i32 $name:ident $len:expr) => {
        // SAFETY: the generated call's guard.
        let $name: Option<&[i32]> = ($name != 0).then(|| unsafe { $crate::declare::borrow($name, $len) });
    };
    (maybe_u8 $name:ident $len:expr) => {
        // SAFETY: the generated call's guard.
        let $name: Option<&[u8]> = ($name != 0).then(|| unsafe { $crate::declare::borrow($name, $len) });
    };
    (maybe_write $name:ident $len:expr) => {
        // SAFETY: the generated call's guard.
        let $name: Option<&mut [f32]> = ($name != 0).then(|| unsafe { $crate::declare::borrow_mut($name, $len) });
    };
    (maybe_update $name:ident $len:expr) => {
        // SAFETY: the generated call's guard.
        let $name: Option<&mut [f32]> = ($name != 0).then(|| unsafe { $crate::declare::borrow_mut($name, $len) });
    };
    (write $name:ident $len:expr) => {
        // SAFETY: the generated call's guard.
        let $name: &mut [f32] = unsafe { $crate::declare::borrow_mut($name, $len) };
    };
    (write_i32 $name:ident $len:expr) => {
        // SAFETY: the generated call's guard.
        let $name: &mut [i32] = unsafe { $crate::declare::borrow_mut($name, $len) };
    };
    (write_u8 $name:ident $len:expr) => {
        // SAFETY: the generated call's guard.
        let $name: &mut [u8] = unsafe { $crate::declare::borrow_mut($name, $len) };
    };
    (update $name:ident $len:expr) => {
        // SAFETY: the generated call's guard.
        let $name: &mut [f32] = unsafe { $crate::declare::borrow_mut($name, $len) };
    };
    (scratch $name:ident $len:expr) => {
        // SAFETY: the generated call lends a region of its own to each scratch argument.
        let $name: &mut [f32] = unsafe { $crate::declare::borrow_mut($name, $len) };
    };
}

macro_rules! kernels {
    ($(
        $(#[$doc:meta])*
        $kernel:ident($($name:ident: $kind:ident $([$len:expr])?),* $(,)?) $body:block
    )*) => {
        $(
            $(#[$doc])*
            #[allow(unused_braces)] // a body is a block, even of one call
            #[wasm_bindgen::prelude::wasm_bindgen]
            pub fn $kernel($($name: $crate::declare::$kind),*) {
                $($crate::declare::number!($kind $name);)*
                $($($crate::declare::buffer!($kind $name $len);)?)*
                $body
            }
        )*
    };
}

pub(crate) use {buffer, kernels, number};
