use candle_core::{DType, Device, Error, Result, Shape, Tensor, Var, bail};
use candle_nn::{Init, VarBuilder, var_builder::SimpleBackend};
use rival_case::Inputs;
use std::sync::{Arc, Mutex};

/// Parameters by PyTorch's names, for candle's constructors. They get a gradient where `trained` collects them.
struct State {
    inputs: Mutex<Inputs>,
    trained: Option<Arc<Mutex<Vec<Var>>>>,
}

impl SimpleBackend for State {
    fn get(&self, shape: Shape, name: &str, _: Init, _: DType, device: &Device) -> Result<Tensor> {
        let values = self.inputs.lock().unwrap().floats(name).map_err(|error| Error::Msg(error.to_string()))?;
        let tensor = Tensor::from_vec(values, shape, device)?;
        let Some(trained) = &self.trained else { return Ok(tensor) };
        let var = Var::from_tensor(&tensor)?;
        trained.lock().unwrap().push(var.clone());
        Ok(var.into_inner())
    }

    fn get_unchecked(&self, name: &str, _: DType, _: &Device) -> Result<Tensor> {
        bail!("the shape of {name} is not known")
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.inputs.lock().unwrap().has(name)
    }
}

fn builder(inputs: &mut Inputs, trained: Option<Arc<Mutex<Vec<Var>>>>) -> VarBuilder<'static> {
    let state = State { inputs: Mutex::new(std::mem::take(inputs)), trained };
    VarBuilder::from_backend(Box::new(state), DType::F32, Device::Cpu)
}

/// What is left of the inputs, as constants.
pub fn constants(inputs: &mut Inputs) -> VarBuilder<'static> {
    builder(inputs, None)
}

/// What is left of the inputs, as variables; they are collected while `build` asks for them.
pub fn variables<T>(inputs: &mut Inputs, build: impl FnOnce(VarBuilder) -> Result<T>) -> Result<(T, Vec<Var>)> {
    let trained = Arc::new(Mutex::new(Vec::new()));
    let built = build(builder(inputs, Some(trained.clone())))?;
    let variables = std::mem::take(&mut *trained.lock().unwrap());
    Ok((built, variables))
}
