use crate::state::variables;
use crate::transformer::{Layer, Mode, dropped};
use candle_core::{Device, Result, Tensor};
use candle_nn::{AdamW, Dropout, Embedding, Linear, Module, Optimizer, ParamsAdamW, VarBuilder, embedding, linear, loss};
use rival_case::{Compute, EncoderLayer, Error, Inputs, Results, Started, Training};

struct Classifier {
    embedding: Embedding,
    positions: Tensor,
    dropout: Dropout,
    layers: Vec<Layer>,
    head: Linear,
}

impl Classifier {
    fn new(dims: Training, weights: VarBuilder) -> Result<Self> {
        let Training { batch, seq_len, embed_dim, num_heads, dim_feedforward, dropout, .. } = dims;
        let layer = EncoderLayer { batch, seq_len, embed_dim, num_heads, dim_feedforward };
        let layers = weights.pp("encoder.layers");
        Ok(Self {
            embedding: embedding(dims.vocab_size, embed_dim, weights.pp("embedding"))?,
            positions: sinusoids(seq_len, embed_dim)?,
            dropout: Dropout::new(dropout as f32),
            layers: (0..dims.num_layers).map(|at| Layer::new(layer, dropout, layers.pp(at))).collect::<Result<_>>()?,
            head: linear(embed_dim, dims.num_classes, weights.pp("classifier"))?,
        })
    }

    fn forward(&self, ids: &Tensor, mode: Mode) -> Result<Tensor> {
        let embedded = self.embedding.forward(ids)?.broadcast_add(&self.positions)?;
        let x = dropped(&self.dropout, &embedded, mode)?;
        let x = self.layers.iter().try_fold(x, |x, layer| layer.forward(&x, mode))?;
        self.head.forward(&x.mean(1)?)
    }
}

/// `[len, width]`, sine and cosine in turn.
fn sinusoids(len: usize, width: usize) -> Result<Tensor> {
    let value = |at: usize| {
        let (position, column) = ((at / width) as f64, at % width);
        let angle = position / 10_000f64.powf((column / 2 * 2) as f64 / width as f64);
        (if column % 2 == 0 { angle.sin() } else { angle.cos() }) as f32
    };
    Tensor::from_vec((0..len * width).map(value).collect(), (len, width), &Device::Cpu)
}

struct Step {
    model: Classifier,
    optimizer: AdamW,
    ids: Tensor,
    labels: Tensor,
    mode: Mode,
}

impl Step {
    fn take(&mut self) -> Result<f32> {
        let loss = loss::cross_entropy(&self.model.forward(&self.ids, self.mode)?, &self.labels)?;
        self.optimizer.backward_step(&loss)?;
        loss.to_scalar()
    }
}

impl Compute for Step {
    fn run(&mut self) -> std::result::Result<(), Error> {
        self.take()?;
        Ok(())
    }

    fn result(&mut self) -> Results {
        let losses = (0..3).map(|_| self.take()).collect::<Result<_>>()?;
        Ok(vec![("losses", losses)])
    }
}

pub fn step(dims: Training, inputs: &mut Inputs) -> Started {
    let ids = indices(inputs, "ids")?.reshape((dims.batch, dims.seq_len))?;
    let labels = indices(inputs, "labels")?;
    let (model, trained) = variables(inputs, |weights| Classifier::new(dims, weights))?;
    let optimizer = AdamW::new(trained, ParamsAdamW { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.01 })?;
    let mode = Mode::Training { drops: dims.dropout > 0.0 };
    Ok(Box::new(Step { model, optimizer, ids, labels, mode }))
}

fn indices(inputs: &mut Inputs, name: &str) -> std::result::Result<Tensor, Error> {
    let values: Vec<u32> = inputs.ints(name)?.iter().map(|&each| each as u32).collect();
    let len = values.len();
    Ok(Tensor::from_vec(values, len, &Device::Cpu)?)
}
