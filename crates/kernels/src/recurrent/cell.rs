//! One step of one item: how the gates bend what was multiplied, forward and then backward.

use crate::lanes::Lane;
use crate::math::{Powers, Tanh};

use super::lanes::update_each;

/// What a step computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    /// `tanh(a + u)`.
    Tanh,
    /// `max(a + u, 0)`.
    Relu,
    /// Long short-term memory (Hochreiter and Schmidhuber 1997).
    Lstm,
    /// Gated recurrent unit (Cho et al. 2014), the reset gate after the product, as cuDNN and PyTorch have it.
    Gru,
}

impl Cell {
    /// 0 tanh, 1 ReLU, 2 LSTM, 3 GRU; panics for any other number.
    pub fn new(cell: i32) -> Self {
        match cell {
            0 => Self::Tanh,
            1 => Self::Relu,
            2 => Self::Lstm,
            3 => Self::Gru,
            other => panic!("recurrent: cell is 0, 1, 2 or 3, got {other}"),
        }
    }

    /// How many gates there are, each as wide as the state.
    pub fn gates(self) -> usize {
        match self {
            Self::Tanh | Self::Relu => 1,
            Self::Lstm => 4,
            Self::Gru => 3,
        }
    }

    /// From `a` in `gates` and `u`: the activated gates, and the new `h`. `c` is the LSTM's cell, which is renewed; of a GRU it receives the
    /// candidate's `u`.
    pub(super) fn forward(self, bends: &Bends, gates: &mut [f32], u: &[f32], c: &mut [f32], h: &mut [f32]) {
        let hidden = h.len();
        let (sigmoid, tanh) = (|x| bends.powers.sigmoid(x), |x| bends.tanh.of(x));
        match self {
            Self::Tanh => update_each([gates, h], [u], |[a, _], [u]| [tanh(a + u); 2]),
            Self::Relu => update_each([gates, h], [u], |[a, _], [u]| [relu(a + u); 2]),
            Self::Lstm => {
                let [i, f, g, o] = split_mut(gates, hidden);
                update_each([i, f, g, o, c, h], split(u, hidden), |[i, f, g, o, c, _], [ui, uf, ug, uo]| {
                    let (i, f, g, o) = (sigmoid(i + ui), sigmoid(f + uf), tanh(g + ug), sigmoid(o + uo));
                    let c = f.madd(c, i * g);
                    [i, f, g, o, c, o * tanh(c)]
                });
            }
            Self::Gru => {
                let [r, z, n] = split_mut(gates, hidden);
                update_each([r, z, n, c, h], split(u, hidden), |[r, z, n, _, h], [ur, uz, un]| {
                    let (r, z) = (sigmoid(r + ur), sigmoid(z + uz));
                    let n = tanh(r.madd(un, n));
                    [r, z, n, un, z.madd(h - n, n)]
                });
            }
        }
    }

    /// The step undone. `d_h` and `d_c` come from the step after and leave as what this step adds to the step before, of `d_h` that part which does not
    /// go through `u`. `d_a` and `d_u` are the gradients of `a` and `u`.
    pub(super) fn backward(self, bends: &Bends, saved: &Saved, d_h: &mut [f32], d_c: &mut [f32], d_a: &mut [f32], d_u: &mut [f32]) {
        let Saved { gates, h_before, c, c_before, d_out } = *saved;
        let hidden = d_h.len();
        let (zero, one) = (Lane::zero(), Lane::splat(1.0));
        match self {
            Self::Tanh => update_each([d_h, d_u], [gates, d_out], |[d_h, _], [h, d]| [zero, (d_h + d) * (one - h * h)]),
            Self::Relu => update_each([d_h, d_u], [gates, d_out], |[d_h, _], [h, d]| [zero, zero.lt(h).select(d_h + d, zero)]),
            Self::Lstm => {
                let [di, df, dg, do_] = split_mut(d_u, hidden);
                let [i, f, g, o] = split(gates, hidden);
                let x = [i, f, g, o, c, c_before, d_out];
                update_each([d_h, d_c, di, df, dg, do_], x, |[d_h, d_c, ..], [i, f, g, o, c, c_before, d]| {
                    let (d_h, tanh_c) = (d_h + d, bends.tanh.of(c));
                    // h = o tanh(c)
                    let d_o = d_h * tanh_c;
                    let d_c = (d_h * o).madd(one - tanh_c * tanh_c, d_c);
                    // c = f c + i g
                    let (d_i, d_f, d_g) = (d_c * g, d_c * c_before, d_c * i);
                    let slope = |gate: Lane| gate * (one - gate);
                    [zero, d_c * f, d_i * slope(i), d_f * slope(f), d_g * (one - g * g), d_o * slope(o)]
                });
            }
            Self::Gru => {
                let [dr, dz, dn] = split_mut(d_u, hidden);
                let [r, z, n] = split(gates, hidden);
                let d_candidate = &mut d_a[2 * hidden..];
                let x = [r, z, n, c, h_before, d_out];
                update_each([d_h, dr, dz, dn, d_candidate], x, |[d_h, ..], [r, z, n, un, h_before, d]| {
                    let d_h = d_h + d;
                    // h = n + z (h − n), n = tanh(a + r u)
                    let d_z = d_h * (h_before - n);
                    let d_n = (d_h - d_h * z) * (one - n * n);
                    let d_r = d_n * un;
                    let slope = |gate: Lane| gate * (one - gate);
                    [d_h * z, d_r * slope(r), d_z * slope(z), d_n * r, d_n]
                });
                d_a[..2 * hidden].copy_from_slice(&d_u[..2 * hidden]);
                return;
            }
        }
        d_a.copy_from_slice(d_u);
    }
}

/// What bends a gate, its constants held.
pub(super) struct Bends {
    powers: Powers,
    tanh: Tanh,
}

impl Bends {
    pub fn held() -> Self {
        Self { powers: Powers::held(), tanh: Tanh::held() }
    }
}

/// What backward knows of a step.
#[derive(Clone, Copy)]
pub(super) struct Saved<'a> {
    /// Activated.
    pub gates: &'a [f32],
    /// The state it started from.
    pub h_before: &'a [f32],
    /// The LSTM's cell after it; the GRU's `u` of the candidate.
    pub c: &'a [f32],
    /// The LSTM's cell before it.
    pub c_before: &'a [f32],
    /// The gradient of its output.
    pub d_out: &'a [f32],
}

fn relu(x: Lane) -> Lane {
    x.lt(Lane::zero()).select(Lane::zero(), x)
}

/// `N` neighbours of `hidden` elements each.
fn split<const N: usize>(x: &[f32], hidden: usize) -> [&[f32]; N] {
    core::array::from_fn(|i| &x[i * hidden..][..hidden])
}

fn split_mut<const N: usize>(x: &mut [f32], hidden: usize) -> [&mut [f32]; N] {
    let mut parts = x.chunks_exact_mut(hidden);
    core::array::from_fn(|_| parts.next().unwrap())
}
