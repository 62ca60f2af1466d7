use candle_core::{Device, Result, Shape, Tensor};
use rival_case::{Compute, Error, Inputs, Results};

/// A case that is one function of tensors in place.
pub struct Function<F> {
    pub names: &'static [&'static str],
    pub compute: F,
    /// From its own layout to that of `bench/README.md`.
    pub layout: fn(&Tensor) -> Result<Tensor>,
}

impl<F: FnMut() -> Result<Vec<Tensor>>> Compute for Function<F> {
    fn run(&mut self) -> std::result::Result<(), Error> {
        (self.compute)()?;
        Ok(())
    }

    fn result(&mut self) -> Results {
        let tensors = (self.compute)()?;
        let values = tensors.iter().map(|each| (self.layout)(each)?.flatten_all()?.to_vec1());
        Ok(self.names.iter().copied().zip(values.collect::<Result<Vec<_>>>()?).collect())
    }
}

/// One result, `out`, laid out as it should be.
pub fn out(mut compute: impl FnMut() -> Result<Tensor> + 'static) -> Box<dyn Compute> {
    Box::new(Function { names: &["out"], compute: move || Ok(vec![compute()?]), layout: |out| Ok(out.clone()) })
}

pub fn tensor(inputs: &mut Inputs, name: &str, shape: impl Into<Shape>) -> std::result::Result<Tensor, Error> {
    Ok(Tensor::from_vec(inputs.floats(name)?, shape.into(), &Device::Cpu)?)
}
