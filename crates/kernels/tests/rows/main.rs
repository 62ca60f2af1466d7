//! The row-wise kernels and recurrent layers against plain float64 loops, their backward passes against central differences of those loops, edge rows, and
//! the same bits on any number of threads.
//!
//! Sizes sit around what the code cuts by: lanes of 4, groups of 16, strips and groups of 64, blocks of 1,024 and 4,096, tasks of 16,384.

mod activations;
mod broadcast;
mod cross_entropy;
mod ctc;
mod descend;
mod elementwise;
mod elementwise_loss;
mod embedding;
mod fold;
mod gather;
mod harness;
mod layer_norm;
mod pooling;
mod recurrent;
mod reduce;
mod rms_norm;
mod rotary;
mod softmax;
mod strided;
mod top_k;
mod unfold;
