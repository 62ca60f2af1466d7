//! The door: the only crate that sees raw pointers. JavaScript passes offsets into a memory that it owns, dims and scalars; a kernel
//! gets slices. Nothing here allocates or keeps a pointer; the only state is the thread pool.
#![no_std]
#![cfg_attr(target_feature = "atomics", feature(stdarch_wasm_atomic_wait))]

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
compile_error!("fovea-wasm is built for wasm32 with +simd128: run `npm run build:wasm` (see crates/README.md)");

mod allocator;
mod declare;
mod kernels;
mod pool;
mod probe;

/// A panic is a trap: nobody could read its text in wasm, and without one the code that would write it is not there either.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
