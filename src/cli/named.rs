//! Options whose values are the library's enumerations: their names and help texts.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use dreamer::backend::core::Loss;
use dreamer::dream::BackendChoice;
use dreamer::network::Activation;
use dreamer::options::Value;
use dreamer::trained::{Initialisation, Inputs};

/// Parses one of `all`; `described` gives the name and the help text of a value.
fn one_of<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    described: fn(T) -> [&'static str; 2],
) -> impl TypedValueParser<Value = T> {
    let possible = move |value: &T| {
        let [name, help] = described(*value);
        PossibleValue::new(name).help(help)
    };
    PossibleValuesParser::new(all.iter().map(possible)).map(move |name| {
        let named = all.iter().find(|value| described(**value)[0] == name);
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
                "−Σ y·ln a after a softmax; −Σ [y·ln a + (1 − y)·ln(1 − a)] after anything else, with a \
                 and y mapped from −1..1 to 0..1 after a tanh or softsign"
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
                "Uniform within ±1/√fan-in, biases 0: the former standard (Glorot and Bengio \
                 2010, eq. 1)"
            }
            Initialisation::Lecun => {
                "Normal with standard deviation 1/√fan-in, biases 0 (LeCun et al. 1998)"
            }
            Initialisation::He => {
                "Normal with standard deviation √(2 / fan-in), biases 0: for ReLU (He et al. 2015)"
            }
            Initialisation::Normal => {
                "Normal with standard deviation 1, biases too (Nielsen 2015, chapter 1)"
            }
        };
        [start.name(), help]
    })
}

pub fn inputs() -> impl TypedValueParser<Value = Inputs> {
    one_of(Inputs::ALL, |inputs| {
        let help = match inputs {
            Inputs::Standardized => {
                "Standardised to mean 0 and standard deviation 1 over the training pictures, per channel"
            }
            Inputs::Plain => "From 0 (black) to 1 (white)",
        };
        [inputs.name(), help]
    })
}

/// What this build can compute with.
pub fn backend() -> impl TypedValueParser<Value = BackendChoice> {
    let built_in = |(name, _): &(&str, &str)| cfg!(feature = "torch") || *name != "torch";
    let choices = BackendChoice::choices().into_iter().filter(built_in);
    PossibleValuesParser::new(choices.map(|(name, help)| PossibleValue::new(name).help(help)))
        .map(|name| name.parse().expect("it is one of the possible values"))
}
