use super::cell::{Bends, Saved};
use super::{ITEMS, Layer, Slot, Slots, copy_row, fill_row, row, row_mut, span};
use crate::gemm::add_packed;
use crate::gemm::pack::{pack_right, packed_len};
use crate::parallel::{Disjoint, Parallel};

/// What forward saved, and the gradients of its results; those that nobody used are left out.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    /// Activated, `[rows, gates · hidden]`.
    pub gates: &'a [f32],
    /// `[rows, hidden]`.
    pub out: &'a [f32],
    /// `[rows, hidden]`, of LSTM and GRU.
    pub cells: Option<&'a [f32]>,
    /// `[rows, hidden]`.
    pub d_out: Option<&'a [f32]>,
    /// `[batch, hidden]`.
    pub d_hn: Option<&'a [f32]>,
    /// `[batch, hidden]`.
    pub d_cn: Option<&'a [f32]>,
}

/// What backward writes.
pub struct Gradients<'a> {
    /// Of `a`, `[rows, gates · hidden]`.
    pub d_gates: &'a mut [f32],
    /// Of `u`, where it is not that of `a`: GRU.
    pub d_products: Option<&'a mut [f32]>,
    /// The state each row started from, `[rows, hidden]`: with the gradient of `u` it makes that of `Wₕₕ`.
    pub before: Option<&'a mut [f32]>,
    /// `[batch, hidden]`.
    pub d_h0: Option<&'a mut [f32]>,
    /// `[batch, hidden]`.
    pub d_c0: Option<&'a mut [f32]>,
}

/// All steps, backwards. `packed` holds `Wₕₕ` packed, `scratch` `16 · hidden · (gates + 2) + hidden` elements for each thread.
pub fn backward(layer: &Layer, inputs: &Inputs, gradients: Gradients, packed: &mut [f32], scratch: &mut [f32], pool: &impl Parallel) {
    let (hidden, width) = (layer.hidden, layer.width());
    let packed = &mut packed[..packed_len(width, hidden)];
    pack_right(layer.weight, width, hidden, false, packed, pool);
    let packed = &*packed;
    let shared = Shared::new(gradients);
    let (scratch, each) = (Disjoint::new(scratch), ITEMS * (width + 2 * hidden) + hidden);
    pool.for_each(layer.tasks(), layer.nanoseconds(inputs.out.len() / hidden.max(1)), &|task, thread| {
        let slots = Slots::new(layer, task);
        // SAFETY: no other task is on this thread now.
        #[allow(unsafe_code)]
        let scratch = unsafe { scratch.part(thread * each..(thread + 1) * each) };
        walk(layer, packed, &slots, &inputs.of(layer, &slots), shared.part(layer, &slots), scratch);
    });
}

/// The steps of one task.
fn walk(layer: &Layer, packed: &[f32], slots: &Slots, inputs: &Inputs, mut part: Gradients, scratch: &mut [f32]) {
    let (hidden, width) = (layer.hidden, layer.width());
    let bends = Bends::held();
    let (d_states, rest) = scratch.split_at_mut(ITEMS * hidden);
    let (d_cells, rest) = rest.split_at_mut(ITEMS * hidden);
    let (d_products, zeros) = rest.split_at_mut(ITEMS * width);
    zeros.fill(0.0);
    for (place, slot) in slots.all().iter().enumerate() {
        fill_row(row_mut(d_states, place, hidden), inputs.d_hn, slot.item - slots.items.start);
        fill_row(row_mut(d_cells, place, hidden), inputs.d_cn, slot.item - slots.items.start);
    }
    for step in (0..slots.steps()).rev() {
        let running = slots.running(step);
        for (place, slot) in running.iter().enumerate() {
            let at = slot.row(step, layer.reverse);
            let saved = inputs.saved(layer, slot, step, zeros);
            let (d_h, d_c) = (row_mut(d_states, place, hidden), row_mut(d_cells, place, hidden));
            let d_u = row_mut(d_products, place, width);
            layer.cell.backward(&bends, &saved, d_h, d_c, row_mut(part.d_gates, at, width), d_u);
            copy_row(d_u, &mut part.d_products, at);
            copy_row(saved.h_before, &mut part.before, at);
        }
        // u = h Wₕₕᵀ
        let running = running.len();
        add_packed(&d_products[..running * width], packed, &mut d_states[..running * hidden], width, hidden);
    }
    for (place, slot) in slots.all().iter().enumerate() {
        copy_row(row(d_states, place, hidden), &mut part.d_h0, slot.item - slots.items.start);
        copy_row(row(d_cells, place, hidden), &mut part.d_c0, slot.item - slots.items.start);
    }
}

impl<'a> Inputs<'a> {
    /// The rows and items of one task.
    fn of(&self, layer: &Layer, Slots { items, rows, .. }: &Slots) -> Self {
        let (items, width) = (span(items, layer.hidden), span(rows, layer.width()));
        let rows = span(rows, layer.hidden);
        Self {
            gates: &self.gates[width],
            out: &self.out[rows.clone()],
            cells: self.cells.map(|cells| &cells[rows.clone()]),
            d_out: self.d_out.map(|d_out| &d_out[rows]),
            d_hn: self.d_hn.map(|d_hn| &d_hn[items.clone()]),
            d_cn: self.d_cn.map(|d_cn| &d_cn[items]),
        }
    }

    /// What is known of one step of one item.
    fn saved<'s>(&self, layer: &Layer<'s>, slot: &Slot, step: usize, zeros: &'s [f32]) -> Saved<'s>
    where
        'a: 's,
    {
        let row_of = |x: Option<&'s [f32]>, i: usize| x.map_or(zeros, |x| row(x, i, zeros.len()));
        let at = slot.row(step, layer.reverse);
        let (h_before, c_before) = if step == 0 {
            (row_of(layer.h0, slot.item), row_of(layer.c0, slot.item))
        } else {
            let before = slot.row(step - 1, layer.reverse);
            (row_of(Some(self.out), before), row_of(self.cells, before))
        };
        let gates = row(self.gates, at, layer.width());
        Saved { gates, h_before, c: row_of(self.cells, at), c_before, d_out: row_of(self.d_out, at) }
    }
}

/// The gradients, shared among the tasks.
struct Shared<'a> {
    d_gates: Disjoint<'a, f32>,
    d_products: Option<Disjoint<'a, f32>>,
    before: Option<Disjoint<'a, f32>>,
    d_h0: Option<Disjoint<'a, f32>>,
    d_c0: Option<Disjoint<'a, f32>>,
}

impl<'a> Shared<'a> {
    fn new(gradients: Gradients<'a>) -> Self {
        Self {
            d_gates: Disjoint::new(gradients.d_gates),
            d_products: gradients.d_products.map(Disjoint::new),
            before: gradients.before.map(Disjoint::new),
            d_h0: gradients.d_h0.map(Disjoint::new),
            d_c0: gradients.d_c0.map(Disjoint::new),
        }
    }

    /// The rows and items of one task.
    #[allow(unsafe_code)]
    fn part(&self, layer: &Layer, Slots { items, rows, .. }: &Slots) -> Gradients<'_> {
        let (hidden, width) = (layer.hidden, layer.width());
        // SAFETY: items, and so their rows, belong to one task, which asks once.
        unsafe {
            Gradients {
                d_gates: self.d_gates.part(span(rows, width)),
                d_products: self.d_products.as_ref().map(|d| d.part(span(rows, width))),
                before: self.before.as_ref().map(|d| d.part(span(rows, hidden))),
                d_h0: self.d_h0.as_ref().map(|d| d.part(span(items, hidden))),
                d_c0: self.d_c0.as_ref().map(|d| d.part(span(items, hidden))),
            }
        }
    }
}
