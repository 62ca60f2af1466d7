use crate::compute::values;
use crate::transformer::{encoder, load_linear};
use burn::module::{Module, Param};
use burn::nn::loss::{CrossEntropyLoss, CrossEntropyLossConfig};
use burn::nn::transformer::{TransformerEncoder, TransformerEncoderInput};
use burn::nn::{
    Dropout, DropoutConfig, Embedding, EmbeddingConfig, Linear, LinearConfig, PositionalEncoding, PositionalEncodingConfig,
};
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Int, Tensor, TensorData};
use rival_case::{Compute, EncoderLayer, Error, Inputs, Results, Started, Training};

#[derive(Module, Debug)]
struct Classifier {
    embedding: Embedding,
    positions: PositionalEncoding,
    dropout: Dropout,
    encoder: TransformerEncoder,
    head: Linear,
}

impl Classifier {
    fn new(dims: Training, inputs: &mut Inputs, device: &Device) -> Result<Self, Error> {
        let Training { batch, seq_len, embed_dim, num_heads, dim_feedforward, .. } = dims;
        let layer = EncoderLayer { batch, seq_len, embed_dim, num_heads, dim_feedforward };
        let name = |at| format!("encoder.layers.{at}.");
        let mut embedding = EmbeddingConfig::new(dims.vocab_size, embed_dim).init(device);
        let weight = TensorData::new(inputs.floats("embedding.weight")?, [dims.vocab_size, embed_dim]);
        embedding.weight = Param::from_data(weight, device);
        let mut head = LinearConfig::new(embed_dim, dims.num_classes).init(device);
        load_linear(&mut head, inputs, "classifier.", device)?;
        Ok(Self {
            embedding,
            positions: PositionalEncodingConfig::new(embed_dim).with_max_sequence_size(seq_len).init(device),
            dropout: DropoutConfig::new(dims.dropout).init(),
            encoder: encoder(layer, dims.num_layers, dims.dropout, inputs, name, device)?,
            head,
        })
    }

    fn forward(&self, ids: Tensor<2, Int>) -> Tensor<2> {
        let x = self.dropout.forward(self.positions.forward(self.embedding.forward(ids)));
        let x = self.encoder.forward(TransformerEncoderInput::new(x));
        self.head.forward(x.mean_dim(1).squeeze_dim::<2>(1))
    }
}

struct Step {
    /// None only while the optimizer has it.
    model: Option<Classifier>,
    optimizer: ModuleOptimizer,
    criterion: CrossEntropyLoss,
    ids: Tensor<2, Int>,
    labels: Tensor<1, Int>,
}

impl Step {
    fn take(&mut self) -> Result<f32, Error> {
        let model = self.model.take().ok_or("a step before this one failed")?;
        let loss = self.criterion.forward(model.forward(self.ids.clone()), self.labels.clone());
        let gradients = GradientsParams::from_grads(loss.backward(), &model);
        self.model = Some(self.optimizer.step(1e-3, model, gradients));
        Ok(values(loss.inner())?[0])
    }
}

impl Compute for Step {
    fn run(&mut self) -> Result<(), Error> {
        self.take()?;
        Ok(())
    }

    fn result(&mut self) -> Results {
        let losses = (0..3).map(|_| self.take()).collect::<Result<_, _>>()?;
        Ok(vec![("losses", losses)])
    }
}

pub fn step(dims: Training, inputs: &mut Inputs) -> Started {
    let device = Device::flex().autodiff();
    let ids = Tensor::from_data(TensorData::new(inputs.ints("ids")?, [dims.batch, dims.seq_len]), &device);
    let labels = Tensor::from_data(TensorData::new(inputs.ints("labels")?, [dims.batch]), &device);
    let model = Classifier::new(dims, inputs, &device)?;
    let optimizer = AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(0.01).init();
    let criterion = CrossEntropyLossConfig::new().init(&device);
    Ok(Box::new(Step { model: Some(model), optimizer, criterion, ids, labels }))
}
