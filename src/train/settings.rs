//! Choosing the settings of training.

use serde::Serialize;

use super::data::{Examples, PictureShape, statistics};
use super::defaults::defaults;
use crate::backend::core::Loss;
use crate::network::{Activation, Architecture, Form, Output, Preprocessing, Shape};
use crate::trained::{Adversary, Augmentation, Initialisation, Inputs, Rule, Schedule, Settings};

impl Inputs {
    /// The preprocessing for given training pictures.
    pub fn preprocessing(self, training: &Examples, shape: PictureShape) -> Preprocessing {
        match self {
            Inputs::Standardized => statistics(training, shape),
            Inputs::Plain => Preprocessing { mean: [0.0; 3], std: [1.0; 3] },
        }
    }
}

/// The settings chosen by the user; all others are the network's defaults.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Choices {
    /// The network's architecture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<Architecture>,
    /// The activation of the hidden layers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activation: Option<Activation>,
    /// What the output layer's values go through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_activation: Option<Output>,
    /// How pictures become inputs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Inputs>,
    /// The loss to minimise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<Loss>,
    /// How parameters are initialised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub init: Option<Initialisation>,
    /// The rule of descent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optimizer: Option<Rule>,
    /// The initial learning rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<f64>,
    /// How the learning rate falls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// Number of epochs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epochs: Option<usize>,
    /// Examples in a step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_size: Option<usize>,
    /// Factor of the L2 penalty on weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_decay: Option<f64>,
    /// How much of the running average of the parameters each step keeps; 0 for no average.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average: Option<f64>,
    /// Dropout rate; 0 for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dropout: Option<f64>,
    /// How training pictures are distorted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub augment: Option<Augmentation>,
    /// How training pictures are changed against the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adversarial: Option<Adversary>,
    /// Epochs without a lower test error after which training stops.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_stop: Option<usize>,
    /// The seed of all random numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

impl Choices {
    /// The full settings for the chosen network, or else for `lenet`.
    pub fn resolve(&self) -> Settings {
        let network = self.network.clone().unwrap_or_else(Architecture::lenet);
        let own = defaults(&network, self.loss);
        let loss = self.loss.unwrap_or(own.loss);
        let activation = self.activation.unwrap_or(own.activation);
        let optimizer = self.optimizer.unwrap_or(own.optimizer);
        Settings {
            activation,
            output_activation: self
                .output_activation
                .or(own.output)
                .unwrap_or_else(|| default_output(loss, activation)),
            inputs: self.inputs.unwrap_or(own.inputs),
            loss,
            init: self.init.unwrap_or(own.init),
            optimizer,
            learning_rate: self.learning_rate.unwrap_or_else(|| own.learning_rates.of(optimizer)),
            schedule: self.schedule.unwrap_or(own.schedule),
            epochs: self.epochs.unwrap_or(own.epochs),
            batch_size: self.batch_size.unwrap_or(own.batch_size),
            weight_decay: self.weight_decay.unwrap_or(own.weight_decay),
            average: self.average.unwrap_or(0.0),
            dropout: self.dropout.unwrap_or(own.dropout),
            augment: self.augment.unwrap_or_default(),
            adversarial: self.adversarial,
            early_stop: self.early_stop,
            seed: self.seed.unwrap_or(0),
            network,
        }
    }

    /// The settings of a resumed run: only the number of epochs and early stopping may change.
    ///
    /// # Errors
    /// [`Contradiction`] names the first other setting that differs from the run's.
    pub fn resume(&self, settings: &Settings) -> Result<Settings, Contradiction> {
        let fixed = Choices { epochs: None, early_stop: None, ..self.clone() };
        let [chosen, began] = [serde_json::to_value(fixed), serde_json::to_value(settings)]
            .map(|value| value.unwrap_or_default());
        let chosen = chosen.as_object().into_iter().flatten();
        if let Some((name, value)) =
            chosen.into_iter().find(|(name, value)| began[*name] != **value)
        {
            let setting = name.replace('_', " ");
            let [began, chosen] = [&began[name], value].map(plain);
            return Err(Contradiction { setting, began, chosen });
        }
        Ok(Settings {
            epochs: self.epochs.unwrap_or(settings.epochs),
            early_stop: self.early_stop.or(settings.early_stop),
            ..settings.clone()
        })
    }
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A setting of a resumed run that differs from the one it was started with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the run was started with {setting} {began} and cannot resume with {chosen}")]
pub struct Contradiction {
    /// Its name, in words.
    pub setting: String,
    began: String,
    chosen: String,
}

/// The output function that suits a loss: softmax for cross-entropy; for the quadratic loss the
/// activation function, or the sigmoid if that is unbounded.
fn default_output(loss: Loss, activation: Activation) -> Output {
    match (loss, activation) {
        (Loss::CrossEntropy, _) => Output::Softmax,
        (Loss::Quadratic, Activation::Relu | Activation::Relu6) => {
            Output::Activation(Activation::Sigmoid)
        }
        (Loss::Quadratic, bounded) => Output::Activation(bounded),
    }
}

impl Settings {
    /// Every setting by the name of its option (without dashes), and its value.
    pub fn options(&self) -> Vec<(String, String)> {
        let value = serde_json::to_value(self).unwrap_or_default();
        let all = value.as_object().into_iter().flatten();
        all.map(|(name, value)| (name.replace('_', "-"), plain(value))).collect()
    }

    /// The network's form for pictures of that shape and number of classes.
    pub fn form(&self, shape: PictureShape, classes: usize, preprocessing: Preprocessing) -> Form {
        let PictureShape { channels, height, width } = shape;
        Form {
            shape: Shape { channels, height, width },
            classes,
            activation: self.activation,
            output: self.output_activation,
            dropout: self.dropout,
            preprocessing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(network: &str) -> Choices {
        Choices { network: Some(network.parse().unwrap()), ..Choices::default() }
    }

    #[test]
    fn nielsens_network_is_trained_as_in_his_book() {
        let settings = chosen("mlp:784-30-10").resolve();
        assert_eq!(settings.activation, Activation::Sigmoid);
        assert_eq!(settings.output_activation, Output::Activation(Activation::Sigmoid));
        assert_eq!(settings.loss, Loss::Quadratic);
        assert_eq!([settings.batch_size, settings.epochs], [10, 30]);
        assert_eq!((settings.optimizer, settings.learning_rate), (Rule::Descent, 3.0));
    }

    #[test]
    fn nielsens_network_with_the_cross_entropy_is_that_of_his_third_chapter() {
        let settings =
            Choices { loss: Some(Loss::CrossEntropy), ..chosen("mlp:784-30-10") }.resolve();
        assert_eq!(settings.output_activation, Output::Activation(Activation::Sigmoid));
        assert_eq!(settings.learning_rate, 0.5);
    }

    #[test]
    fn the_output_suits_the_loss() {
        let settings = Choices { loss: Some(Loss::Quadratic), ..chosen("lenet") }.resolve();
        assert_eq!(settings.output_activation, Output::Activation(Activation::Sigmoid));
        assert_eq!(chosen("lenet").resolve().output_activation, Output::Softmax);
    }

    #[test]
    fn the_learning_rate_suits_the_optimiser() {
        let rate = |optimizer: &str| {
            let optimizer = Some(optimizer.parse().unwrap());
            Choices { optimizer, ..chosen("lenet") }.resolve().learning_rate
        };
        assert!(rate("adam") < rate("momentum") && rate("momentum") < rate("sgd"));
    }

    #[test]
    fn a_run_goes_on_with_more_epochs_but_with_nothing_else() {
        let began = Choices { seed: Some(3), ..chosen("lenet") }.resolve();
        let more = Choices { epochs: Some(99), seed: Some(3), ..chosen("lenet") };
        assert_eq!(more.resume(&began), Ok(Settings { epochs: 99, ..began.clone() }));
        let other = Choices { learning_rate: Some(9.0), ..Choices::default() };
        let error = other.resume(&began).unwrap_err().to_string();
        assert!(error.contains("learning rate") && error.contains("with 9"), "{error}");
        let other = chosen("lenet5").resume(&began).unwrap_err().to_string();
        assert!(other.contains("network lenet and cannot resume with lenet5"), "{other}");
    }

    #[test]
    fn settings_survive_being_written() {
        let settings = chosen("mlp:784-800-10").resolve();
        let json = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<Settings>(&json).unwrap(), settings);
    }
}
