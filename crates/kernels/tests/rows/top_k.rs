use crate::harness::*;
use fovea_kernels::parallel::Serial;
use fovea_kernels::top_k::top_k;
use std::cmp::Ordering;

/// All indices in order: NaN above all numbers, equal ones as they come.
fn sorted(x: &[f32], smallest: bool) -> Vec<i32> {
    let mut indices: Vec<i32> = (0..x.len() as i32).collect();
    indices.sort_by(|&a, &b| {
        let (a, b) = (x[a as usize], x[b as usize]);
        let order = a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()));
        if smallest { order } else { Ordering::reverse(order) }
    });
    indices
}

#[test]
fn every_k_of_every_length() {
    let mut random = Random(1);
    for (rows, len, ks) in [(1, 1, vec![0, 1]), (3, 2, vec![1, 2]), (2, 7, (0..=7).collect()), (5, 64, vec![1, 10, 63, 64]), (2, 5003, vec![1, 50, 5003])] {
        let mut x = random.normals(rows * len);
        // Equal numbers, both zeros, NaN of either sign, infinities.
        for (at, value) in [(1, 0.0), (2, -0.0), (3, x[0]), (4, f32::NAN), (5, f32::INFINITY), (6, -f32::NAN), (9, f32::NEG_INFINITY)] {
            if at < x.len() {
                x[at] = value;
            }
        }
        for k in ks {
            for smallest in [false, true] {
                let (mut values, mut indices) = (unset(rows * k), vec![-7; rows * k]);
                top_k(&x, &mut values, &mut indices, [len, k], smallest, &Serial);
                for row in 0..rows {
                    let x = &x[row * len..][..len];
                    let indices = &indices[row * k..][..k];
                    assert_eq!(indices, &sorted(x, smallest)[..k], "{k} of {len}, smallest {smallest}");
                    assert!(indices.iter().zip(&values[row * k..]).all(|(&i, v)| v.to_bits() == x[i as usize].to_bits()));
                }
            }
        }
    }
}

#[test]
fn same_bits_on_any_pool() {
    let x = Random(2).normals(50 * 3000);
    assert_same_on_any_pool(|pool| {
        let (mut values, mut indices) = (unset(50 * 20), vec![0; 50 * 20]);
        top_k(&x, &mut values, &mut indices, [3000, 20], false, pool);
        vec![values, indices.iter().map(|&index| index as f32).collect()]
    });
}
