//! Rust's allocator, for wasm-bindgen, which takes from it each worker's stack and thread-locals, once. Kernels allocate nothing
//! ([`fovea_kernels`]), so it hands out whole pages and never takes any back; Rust's own is 8 kB of code.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::memory_grow;
use core::ptr::null_mut;

const PAGE: usize = 65_536;

struct Pages;

// SAFETY: pages that the memory has just grown by are nobody else's, and start at a multiple of any alignment up to theirs.
unsafe impl GlobalAlloc for Pages {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > PAGE {
            return null_mut();
        }
        match memory_grow::<0>(layout.size().div_ceil(PAGE)) {
            usize::MAX => null_mut(),
            page => (page * PAGE) as *mut u8,
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static PAGES: Pages = Pages;
