//! Options whose values are the library's enumerations: what their names are on the command line, and
//! what help says of them.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use dreamer::backend::core::Loss;
use dreamer::network::Activation;
use dreamer::trained::{Initialisation, Inputs};

/// Reads one of `all`; `told` is a value's name and what it is.
fn one_of<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    told: fn(T) -> [&'static str; 2],
) -> impl TypedValueParser<Value = T> {
    let possible = move |value: &T| {
        let [name, help] = told(*value);
        PossibleValue::new(name).help(help)
    };
    PossibleValuesParser::new(all.iter().map(possible)).map(move |name| {
        let named = all.iter().find(|value| told(**value)[0] == name);
        *named.expect("it is one of the possible values")
    })
}

pub fn activation() -> impl TypedValueParser<Value = Activation> {
    one_of(Activation::ALL, |function| {
        let help = match function {
            Activation::Relu => "max(x, 0)",
            Activation::Relu6 => "min(max(x, 0), 6)",
            Activation::Sigmoid => "1 / (1 + exp(−x))",
            Activation::Tanh => "tanh(x)",
            Activation::ScaledTanh => {
                "1.7159 · tanh(2x/3), with which ±1 maps to ±1 (LeCun et al. 1998)"
            }
            Activation::Softsign => "x / (1 + |x|) (Bergstra et al. 2009)",
        };
        [function.name(), help]
    })
}

pub fn loss() -> impl TypedValueParser<Value = Loss> {
    one_of(Loss::ALL, |loss| {
        let help = match loss {
            Loss::Quadratic => "½·Σ(a − y)²",
            Loss::CrossEntropy => {
                "−Σ y·ln a behind a softmax; −Σ [y·ln a + (1 − y)·ln(1 − a)] behind anything else, \
                 where a and y are brought from −1..1 to 0..1 behind a tanh or softsign"
            }
        };
        [loss.name(), help]
    })
}

pub fn initialisation() -> impl TypedValueParser<Value = Initialisation> {
    one_of(Initialisation::ALL, |start| {
        let help = match start {
            Initialisation::Glorot => {
                "Uniform within ±√(6 / (fan-in + fan-out)), biases 0 (Glorot and Bengio 2010)"
            }
            Initialisation::Uniform => {
                "Uniform within ±1/√fan-in, biases 0: what was usual before (Glorot and Bengio \
                 2010, eq. 1)"
            }
            Initialisation::Lecun => {
                "Normal with deviation 1/√fan-in, biases 0 (LeCun et al. 1998)"
            }
            Initialisation::He => {
                "Normal with deviation √(2 / fan-in), biases 0: for ReLU (He et al. 2015)"
            }
            Initialisation::Normal => {
                "Normal with deviation 1, biases too (Nielsen 2015, chapter 1)"
            }
        };
        [start.name(), help]
    })
}

pub fn inputs() -> impl TypedValueParser<Value = Inputs> {
    one_of(Inputs::ALL, |inputs| {
        let help = match inputs {
            Inputs::Standardized => {
                "Brought to mean 0 and deviation 1 over the training pictures, channel by channel"
            }
            Inputs::Plain => "From 0 (black) to 1 (white)",
        };
        [inputs.name(), help]
    })
}
