use burn::tensor::{Device, Tensor, TensorData};
use rival_case::{Compute, Error, Inputs, Results};

/// A case that is one function of tensors in place.
pub struct Function<F, const D: usize> {
    pub names: &'static [&'static str],
    pub compute: F,
    /// From its own layout to that of `bench/README.md`.
    pub layout: fn(Tensor<D>) -> Tensor<D>,
}

impl<F: FnMut() -> Vec<Tensor<D>>, const D: usize> Compute for Function<F, D> {
    fn run(&mut self) -> Result<(), Error> {
        (self.compute)();
        Ok(())
    }

    fn result(&mut self) -> Results {
        let values = (self.compute)().into_iter().map(|each| values((self.layout)(each)));
        Ok(self.names.iter().copied().zip(values.collect::<Result<Vec<_>, _>>()?).collect())
    }
}

/// One result, `out`, laid out as it should be.
pub fn out<const D: usize>(mut compute: impl FnMut() -> Tensor<D> + 'static) -> Box<dyn Compute> {
    Box::new(Function { names: &["out"], compute: move || vec![compute()], layout: |out| out })
}

pub fn values<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, Error> {
    tensor.into_data().try_to_vec().map_err(|error| format!("{error:?}").into())
}

pub fn tensor<const D: usize>(inputs: &mut Inputs, name: &str, shape: [usize; D], device: &Device) -> Result<Tensor<D>, Error> {
    Ok(Tensor::from_data(TensorData::new(inputs.floats(name)?, shape), device))
}
