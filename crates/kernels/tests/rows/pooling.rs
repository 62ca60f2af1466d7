use crate::harness::*;
use fovea_kernels::parallel::Serial;
use fovea_kernels::pooling::{mean_backward, mean_forward};

type Masks = (Option<Vec<i32>>, Option<Vec<u8>>);

fn masks(random: &mut Random, batch: usize, len: usize) -> [Masks; 4] {
    // Beyond len, none and negative among them.
    let lengths: Vec<i32> = (0..batch).map(|item| [len as i32 + 5, 0, -3, random.below(len + 1) as i32][item % 4]).collect();
    let keep: Vec<u8> = (0..batch * len).map(|_| random.below(3).min(1) as u8).collect();
    [(None, None), (Some(lengths.clone()), None), (None, Some(keep.clone())), (Some(lengths), Some(keep))]
}

fn kept((lengths, keep): &Masks, item: usize, i: usize, len: usize) -> bool {
    lengths.as_ref().is_none_or(|lengths| (i as i32) < lengths[item]) && keep.as_ref().is_none_or(|keep| keep[item * len + i] != 0)
}

fn forward64(x: &[f64], masks: &Masks, [batch, len, cols]: [usize; 3]) -> Vec<f64> {
    let mut out = vec![0.0; batch * cols];
    for item in 0..batch {
        let positions: Vec<usize> = (0..len).filter(|&i| kept(masks, item, i, len)).collect();
        for (c, i) in (0..cols).flat_map(|c| positions.iter().map(move |&i| (c, i))) {
            out[item * cols + c] += x[(item * len + i) * cols + c] / positions.len() as f64;
        }
    }
    out
}

#[test]
fn means_and_their_gradients() {
    let mut random = Random(1);
    for shape @ [batch, len, cols] in [[0, 3, 5], [1, 1, 1], [5, 3, 7], [4, 17, 4], [6, 2, 13], [3, 0, 4], [2, 9, 0]] {
        for masks in masks(&mut random, batch, len) {
            let (x, d_out) = (random.normals(batch * len * cols), random.normals(batch * cols));
            let (mut out, mut d_x) = (unset(batch * cols), unset(x.len()));
            mean_forward(&x, masks.0.as_deref(), masks.1.as_deref(), &mut out, len, cols, &Serial);
            mean_backward(&d_out, masks.0.as_deref(), masks.1.as_deref(), &mut d_x, len, cols, &Serial);
            assert_close(&format!("{shape:?}"), &out, &forward64(&wide(&x), &masks, shape), 1e-6);
            assert_gradient("d_x", &d_x, &gradient(&wide(&x), |x| dot(&forward64(x, &masks, shape), &d_out)));
        }
    }
}

#[test]
fn what_padding_holds_goes_nowhere() {
    let mut random = Random(2);
    let [batch, len, cols] = [7, 11, 5];
    for masks in masks(&mut random, batch, len) {
        let clean = random.normals(batch * len * cols);
        let poisoned: Vec<f32> = (0..clean.len())
            .map(|i| if kept(&masks, i / (len * cols), i / cols % len, len) { clean[i] } else { [f32::NAN, f32::INFINITY][i % 2] })
            .collect();
        let (mut out, mut want) = (unset(batch * cols), unset(batch * cols));
        mean_forward(&poisoned, masks.0.as_deref(), masks.1.as_deref(), &mut out, len, cols, &Serial);
        mean_forward(&clean, masks.0.as_deref(), masks.1.as_deref(), &mut want, len, cols, &Serial);
        assert_eq!(out, want);
    }
}

#[test]
fn same_bits_on_any_pool() {
    let (batch, len, cols) = (13, 40, 131);
    let (x, d_out) = (Random(3).normals(batch * len * cols), Random(4).normals(batch * cols));
    let [.., masks] = masks(&mut Random(5), batch, len);
    assert_same_on_any_pool(|pool| {
        let (mut out, mut d_x) = (unset(batch * cols), unset(x.len()));
        mean_forward(&x, masks.0.as_deref(), masks.1.as_deref(), &mut out, len, cols, pool);
        mean_backward(&d_out, masks.0.as_deref(), masks.1.as_deref(), &mut d_x, len, cols, pool);
        vec![out, d_x]
    });
}
