use crate::harness::*;
use fovea_kernels::embedding::{backward, forward};
use fovea_kernels::parallel::Serial;

fn ids(random: &mut Random, count: usize, vocab: usize) -> Vec<i32> {
    // Squared, so that low ids repeat as those of words do.
    (0..count).map(|_| (random.uniform().powi(2) * vocab as f64) as i32).collect()
}

#[test]
fn rows_by_id_and_back() {
    let mut random = Random(1);
    for (count, vocab, cols) in [(0, 5, 3), (1, 1, 1), (7, 3, 5), (100, 31, 4), (65, 1000, 7), (300, 2000, 65), (50, 3, 20_001)] {
        let (ids, weight, d_out) = (ids(&mut random, count, vocab), random.normals(vocab * cols), random.normals(count * cols));
        let mut out = unset(count * cols);
        forward(&ids, &weight, &mut out, cols, &Serial);
        assert!((0..count * cols).all(|i| out[i] == weight[ids[i / cols] as usize * cols + i % cols]));

        for padding_idx in [-1, vocab as i32 / 2] {
            let (mut d_weight, mut want) = (unset(vocab * cols), vec![0.0; vocab * cols]);
            backward(&ids, &d_out, &mut d_weight, cols, padding_idx, &Serial);
            for i in (0..count * cols).filter(|i| ids[i / cols] != padding_idx) {
                want[ids[i / cols] as usize * cols + i % cols] += d_out[i] as f64;
            }
            assert_close(&format!("{count} of {vocab} by {cols}"), &d_weight, &want, 1e-5);
        }
    }
}

#[test]
fn ids_outside_the_vocabulary_are_refused() {
    for id in [-1, 4, i32::MIN, i32::MAX] {
        let refused = std::panic::catch_unwind(|| forward(&[id], &[0.0; 12], &mut [0.0; 3], 3, &Serial));
        assert!(refused.is_err(), "{id}");
    }
}

#[test]
fn same_bits_on_any_pool() {
    let mut random = Random(2);
    let (count, vocab, cols) = (3000, 5000, 33);
    let (ids, weight, d_out) = (ids(&mut random, count, vocab), random.normals(vocab * cols), random.normals(count * cols));
    assert_same_on_any_pool(|pool| {
        let (mut out, mut d_weight) = (unset(count * cols), unset(vocab * cols));
        forward(&ids, &weight, &mut out, cols, pool);
        backward(&ids, &d_out, &mut d_weight, cols, 7, pool);
        vec![out, d_weight]
    });
}
