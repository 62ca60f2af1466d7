use super::cell::Bends;
use super::{ITEMS, Layer, Slots, copy_row, fill_row, row, row_mut, span};
use crate::gemm::pack::{pack_right, packed_len};
use crate::gemm::{add_packed, dot};
use crate::parallel::{Disjoint, Parallel};

/// From this many rows on, packing `Wₕₕ` pays; not for one item, as a tile of one row waits for its own sums: 64 steps of an LSTM 128 wide take
/// 0.62 ms packed and 0.45 as it lies (Node 24, relaxed, November 2026).
const PACK_FROM_ROWS: usize = 8;

/// What forward writes.
pub struct Outputs<'a> {
    /// `a` when it comes, the activated gates when it goes: `[rows, gates · hidden]`.
    pub gates: &'a mut [f32],
    /// The state after each row, `[rows, hidden]`.
    pub out: &'a mut [f32],
    /// LSTM: the cell after each row; GRU: the candidate's `u`. `[rows, hidden]`, for backward.
    pub cells: Option<&'a mut [f32]>,
    /// The last state of each item, `[batch, hidden]`.
    pub hn: &'a mut [f32],
    /// The LSTM's last cell of each item.
    pub cn: Option<&'a mut [f32]>,
}

/// All steps. `bias` is `bₕₕ`. `packed` holds `Wₕₕ` packed, `scratch` `16 · hidden · (gates + 2)` elements for each thread.
pub fn forward(layer: &Layer, bias: Option<&[f32]>, outputs: Outputs, packed: &mut [f32], scratch: &mut [f32], pool: &impl Parallel) {
    let (hidden, width) = (layer.hidden, layer.width());
    let rows = outputs.out.len() / hidden.max(1);
    let packed = (rows >= PACK_FROM_ROWS && layer.lengths.len() > 1).then(|| {
        let packed = &mut packed[..packed_len(hidden, width)];
        pack_right(layer.weight, hidden, width, true, packed, pool);
        &*packed
    });
    let nanoseconds = layer.nanoseconds(rows);
    let shared = Shared::new(outputs);
    let (scratch, each) = (Disjoint::new(scratch), ITEMS * (width + 2 * hidden));
    pool.for_each(layer.tasks(), nanoseconds, &|task, thread| {
        let slots = Slots::new(layer, task);
        // SAFETY: no other task is on this thread now.
        #[allow(unsafe_code)]
        let scratch = unsafe { scratch.part(thread * each..(thread + 1) * each) };
        walk(layer, bias, packed, &slots, shared.part(layer, &slots), scratch);
    });
}

/// The steps of one task.
fn walk(layer: &Layer, bias: Option<&[f32]>, packed: Option<&[f32]>, slots: &Slots, mut part: Outputs, scratch: &mut [f32]) {
    let (hidden, width) = (layer.hidden, layer.width());
    let bends = Bends::held();
    let (states, rest) = scratch.split_at_mut(ITEMS * hidden);
    let (cells, products) = rest.split_at_mut(ITEMS * hidden);
    for (place, slot) in slots.all().iter().enumerate() {
        fill_row(row_mut(states, place, hidden), layer.h0, slot.item);
        fill_row(row_mut(cells, place, hidden), layer.c0, slot.item);
    }
    for step in 0..slots.steps() {
        let running = slots.running(step);
        let products = &mut products[..running.len() * width];
        multiply(layer, bias, packed, &states[..running.len() * hidden], products);
        for (place, slot) in running.iter().enumerate() {
            let (h, c) = (row_mut(states, place, hidden), row_mut(cells, place, hidden));
            let at = slot.row(step, layer.reverse);
            layer.cell.forward(&bends, row_mut(part.gates, at, width), row(products, place, width), c, h);
            row_mut(part.out, at, hidden).copy_from_slice(h);
            copy_row(c, &mut part.cells, at);
        }
    }
    for (place, slot) in slots.all().iter().enumerate() {
        let item = slot.item - slots.items.start;
        row_mut(part.hn, item, hidden).copy_from_slice(row(states, place, hidden));
        copy_row(row(cells, place, hidden), &mut part.cn, item);
    }
}

/// `u = h Wₕₕᵀ + bₕₕ` for some rows.
fn multiply(layer: &Layer, bias: Option<&[f32]>, packed: Option<&[f32]>, states: &[f32], products: &mut [f32]) {
    let (hidden, width) = (layer.hidden, layer.width());
    for products in products.chunks_exact_mut(width) {
        fill_row(products, bias, 0);
    }
    if let Some(packed) = packed {
        return add_packed(states, packed, products, hidden, width);
    }
    for (h, products) in states.chunks_exact(hidden).zip(products.chunks_exact_mut(width)) {
        for (product, weight) in products.iter_mut().zip(layer.weight.chunks_exact(hidden)) {
            *product += dot(h, weight);
        }
    }
}

/// The outputs, shared among the tasks.
struct Shared<'a> {
    gates: Disjoint<'a, f32>,
    out: Disjoint<'a, f32>,
    cells: Option<Disjoint<'a, f32>>,
    hn: Disjoint<'a, f32>,
    cn: Option<Disjoint<'a, f32>>,
}

impl<'a> Shared<'a> {
    fn new(outputs: Outputs<'a>) -> Self {
        Self {
            gates: Disjoint::new(outputs.gates),
            out: Disjoint::new(outputs.out),
            cells: outputs.cells.map(Disjoint::new),
            hn: Disjoint::new(outputs.hn),
            cn: outputs.cn.map(Disjoint::new),
        }
    }

    /// The rows and items of one task.
    #[allow(unsafe_code)]
    fn part(&self, layer: &Layer, Slots { items, rows, .. }: &Slots) -> Outputs<'_> {
        let (hidden, width) = (layer.hidden, layer.width());
        // SAFETY: items, and so their rows, belong to one task, which asks once.
        unsafe {
            Outputs {
                gates: self.gates.part(span(rows, width)),
                out: self.out.part(span(rows, hidden)),
                cells: self.cells.as_ref().map(|cells| cells.part(span(rows, hidden))),
                hn: self.hn.part(span(items, hidden)),
                cn: self.cn.as_ref().map(|cn| cn.part(span(items, hidden))),
            }
        }
    }
}
