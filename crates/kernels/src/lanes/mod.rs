//! Four float32 lanes, the width every wasm engine gives. Kernels are written once over [`Lane`]; which instructions it becomes is
//! decided here and nowhere else.
//!
//! | file | on | `madd(a, b, c)` |
//! | --- | --- | --- |
//! | `portable.rs` | any other target; the readable definition, used by native tests | `a * b + c`, rounded twice |
//! | `simd128.rs` | wasm with `simd128` | `a * b + c`, rounded twice: the same bits as portable |
//! | `relaxed.rs` | wasm with `relaxed-simd` | fused where the processor can: rounded once |

#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
#[path = "portable.rs"]
mod lane;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[path = "simd128.rs"]
mod lane;

#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
mod relaxed;

pub use lane::{Lane, LaneI32, LaneMask};

/// How many elements a [`Lane`] holds.
pub const WIDTH: usize = 4;

impl Lane {
    /// Four zeros.
    #[inline(always)]
    pub fn zero() -> Self {
        Self::splat(0.0)
    }

    /// Each value in every lane of its own.
    pub const fn splats<const N: usize>(values: [f32; N]) -> [Self; N] {
        let mut lanes = [Self::splat(0.0); N];
        let mut i = 0;
        while i < N {
            lanes[i] = Self::splat(values[i]);
            i += 1;
        }
        lanes
    }

    /// The first four elements of `from`; panics if there are fewer.
    #[inline(always)]
    pub fn load(from: &[f32]) -> Self {
        let four: &[f32; WIDTH] = from[..WIDTH].try_into().unwrap();
        Self::from_array(*four)
    }

    /// The elements of `from`, at most four, and `fill` where there are none.
    #[inline(always)]
    pub fn load_partial(from: &[f32], fill: f32) -> Self {
        Self::from_array(match *from {
            [] => [fill; WIDTH],
            [a] => [a, fill, fill, fill],
            [a, b] => [a, b, fill, fill],
            [a, b, c] => [a, b, c, fill],
            [a, b, c, d, ..] => [a, b, c, d],
        })
    }

    /// Writes the first four elements of `to`; panics if there are fewer.
    #[inline(always)]
    pub fn store(self, to: &mut [f32]) {
        let four: &mut [f32; WIDTH] = (&mut to[..WIDTH]).try_into().unwrap();
        *four = self.to_array();
    }

    /// Writes as many of the four as `to` takes.
    #[inline(always)]
    pub fn store_partial(self, to: &mut [f32]) {
        let four = self.to_array();
        match to {
            [] => {}
            [a] => [*a] = [four[0]],
            [a, b] => [*a, *b] = [four[0], four[1]],
            [a, b, c] => [*a, *b, *c] = [four[0], four[1], four[2]],
            [a, b, c, d, ..] => [*a, *b, *c, *d] = four,
        }
    }

    /// The first `count` lanes, and 0 in the others.
    #[inline(always)]
    pub fn first_lanes(self, count: usize) -> Self {
        LaneMask::first(count).select(self, Self::zero())
    }

    /// The first lane.
    #[inline(always)]
    pub fn first(self) -> f32 {
        self.to_array()[0]
    }

    /// `(l0 + l2) + (l1 + l3)`: one order on every target.
    #[inline(always)]
    pub fn sum(self) -> f32 {
        let [a, b, c, d] = self.to_array();
        (a + c) + (b + d)
    }

    /// The largest lane. Among lanes and not among scalars: a choice between two of those is a branch in V8, which nobody can predict.
    #[inline(always)]
    pub fn largest(self) -> f32 {
        let pairs = self.max(self.swap_halves());
        pairs.max(pairs.swap_neighbours()).first()
    }
}

impl LaneMask {
    /// Yes in the first `count` lanes.
    #[inline(always)]
    pub fn first(count: usize) -> Self {
        Self::from_array([count > 0, count > 1, count > 2, count > 3])
    }
}
