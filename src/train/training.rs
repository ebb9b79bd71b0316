//! The training of one network: mini-batch by mini-batch, epoch by epoch.

mod history;
mod state;

pub use state::{Best, Position, State};

use std::ops::ControlFlow;
use std::time::Instant;

use rand::Rng;
use rand::seq::SliceRandom;

use super::attack::{Against, Attack};
use super::augment::MiniBatches;
use super::data::DataSet;
use super::evaluation::{self, Evaluation, Evaluator};
use super::history::Epoch;
use super::random::{Purpose, generator};
use super::{Observer, Optimiser, Settings, initialise};
use crate::backend::core::{self, Loss, ParameterLayout, Replicas};
use crate::network::{Activation, ArchitectureError, Form, Graph, Output, ShapeError};
use crate::trained::{Description, Outcome, TrainedNetwork};

/// Fractions of the first epoch at which an observer records the network, besides the ends of
/// epochs.
const FIRST_LOOKS: [f64; 4] = [0.0, 0.125, 0.25, 0.5];

/// Why a network cannot be trained, or not any further.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// The network cannot be built for the data.
    #[error(transparent)]
    Architecture(#[from] ArchitectureError),
    /// The network does not fit the pictures.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The data set lacks a part that training needs.
    #[error("the data set {name} has no {part} pictures")]
    Empty {
        /// The data set.
        name: String,
        /// `training` or `test`.
        part: &'static str,
    },
    /// The loss is not defined for these outputs.
    #[error("cross-entropy needs outputs between 0 and 1, but {0} has no upper bound")]
    Output(Output),
    /// The state to resume is that of another network or optimiser.
    #[error("the run to resume belongs to another network, or is damaged")]
    OtherState,
    /// The loss overflows.
    #[error(
        "the loss is not finite in epoch {epoch} at step {step} of {steps}: training has diverged \
         with a learning rate of {learning_rate:?}"
    )]
    Diverged {
        /// The epoch, from 1.
        epoch: usize,
        /// The step of the epoch, from 1.
        step: usize,
        /// Steps in an epoch.
        steps: usize,
        /// The initial learning rate.
        learning_rate: f64,
    },
}

/// How far an epoch has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// 1 for the first.
    pub epoch: usize,
    /// Steps completed in this epoch.
    pub step: usize,
    /// Steps in an epoch.
    pub steps: usize,
    /// Mean loss of the epoch's examples so far.
    pub loss: f64,
}

/// A network in training.
///
/// The same settings, data and number of threads give the same parameters bit for bit, whether or
/// not the run is interrupted: a [`State`] is all that it needs to resume.
pub struct Training<'a> {
    settings: Settings,
    data: &'a DataSet,
    form: Form,
    graph: Graph,
    layout: ParameterLayout,
    replicas: Replicas,
    batches: MiniBatches<'a>,
    validation: Option<Evaluator<'a>>,
    test: Evaluator<'a>,
    /// On the examples that select the best epoch, changed against the network.
    robust: Option<Evaluator<'a>>,
    attack: Option<Attack>,
    observer: Option<Observer>,
    optimiser: Optimiser,
    state: State,
    /// Indices of the training examples, in this epoch's order.
    order: Vec<usize>,
    inputs: Vec<f32>,
    labels: Vec<u16>,
}

impl<'a> Training<'a> {
    /// A network that has not been trained yet.
    ///
    /// # Errors
    /// [`TrainError`] if the settings fit neither each other nor the data.
    pub fn new(
        settings: Settings,
        data: &'a DataSet,
        threads: usize,
    ) -> Result<Training<'a>, TrainError> {
        for (part, examples) in [("training", &data.training), ("test", &data.test)] {
            if examples.is_empty() {
                return Err(TrainError::Empty { name: data.name.clone(), part });
            }
        }
        if settings.loss == Loss::CrossEntropy && !has_probabilities(settings.output_activation) {
            return Err(TrainError::Output(settings.output_activation));
        }
        let preprocessing = settings.inputs.preprocessing(&data.training, data.shape);
        let form = settings.form(data.shape, data.classes.len(), preprocessing);
        let graph = settings.network.graph(&form)?;
        let layout = ParameterLayout::new(&graph);
        let optimiser = Optimiser::new(settings.optimizer, settings.weight_decay, &layout);
        let batch = settings.batch_size.min(data.training.len());
        let size = data.shape.size();
        let decisive = if data.validation.is_empty() { &data.test } else { &data.validation };
        let parameters = initialise(&graph, &layout, settings.init, settings.seed);
        let robust =
            |adversary| Evaluator::adversarial(&graph, decisive, data.shape, threads, adversary);
        Ok(Training {
            replicas: Replicas::with_input_gradients(
                &graph,
                batch,
                size,
                threads,
                settings.adversarial.is_some(),
            )?,
            robust: settings.adversarial.map(robust).transpose()?,
            attack: settings
                .adversarial
                .map(|adversary| Attack::new(adversary, data.shape, preprocessing)),
            batches: MiniBatches::new(
                &data.training,
                data.shape,
                &settings.augment,
                preprocessing,
                settings.seed,
            ),
            validation: (!data.validation.is_empty())
                .then(|| Evaluator::new(&graph, &data.validation, data.shape, threads))
                .transpose()?,
            test: Evaluator::new(&graph, &data.test, data.shape, threads)?,
            observer: None,
            state: State {
                average: if settings.average > 0.0 { parameters.clone() } else { Vec::new() },
                parameters,
                memory: optimiser.memory(),
                ..State::default()
            },
            optimiser,
            order: vec![],
            inputs: vec![0.0; batch * data.shape.volume()],
            labels: vec![0; batch],
            settings,
            data,
            form,
            graph,
            layout,
        })
    }

    /// Resumes from the state of another training with the same settings and data.
    ///
    /// # Errors
    /// [`TrainError::OtherState`] if that was for another network or optimiser.
    pub fn resume(&mut self, state: State) -> Result<(), TrainError> {
        if !state.fits(&self.state) {
            return Err(TrainError::OtherState);
        }
        self.state = state;
        Ok(())
    }

    /// From now on records the layers' values before the first step, several times in the first
    /// epoch and after each epoch.
    pub fn observe(&mut self, observer: Observer) {
        if self.state.layers.is_empty() {
            self.state.layers = observer.layers();
        }
        self.observer = Some(observer);
    }

    /// The settings, as they were given.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The network's graph, for pictures of the data set's shape.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The current state of training.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Whether all epochs are done, or early stopping applies.
    pub fn is_done(&self) -> bool {
        let done = self.state.position.epoch;
        let best = self.state.best.as_ref().map_or(0, |best| best.outcome.epoch);
        let patience = self.settings.early_stop;
        done >= self.settings.epochs || patience.is_some_and(|patience| done - best >= patience)
    }

    /// Trains to the end of the current epoch and tests the network; `None` if `watch`, which is
    /// called after each step, breaks off earlier.
    ///
    /// # Errors
    /// [`TrainError::Diverged`]; the best parameters are kept.
    pub fn epoch(
        &mut self,
        mut watch: impl FnMut(&Step) -> ControlFlow<()>,
    ) -> Result<Option<Epoch>, TrainError> {
        self.shuffle();
        let batch = self.labels.len();
        let steps = self.order.len().div_ceil(batch);
        let earlier = self.state.position.seconds;
        let started = Instant::now();
        for step in self.state.position.step..steps {
            self.look_before(step, steps);
            self.step(step, steps)?;
            let position = &mut self.state.position;
            position.step = step + 1;
            position.seconds = earlier + started.elapsed().as_secs_f64();
            let seen = self.order.len().min((step + 1) * batch);
            let progress = Step {
                epoch: position.epoch + 1,
                step: step + 1,
                steps,
                loss: position.loss / seen as f64,
            };
            if watch(&progress).is_break() {
                return Ok(None);
            }
        }
        Ok(Some(self.finish_epoch()))
    }

    /// The best network so far; before the end of the first epoch, the current one.
    pub fn network(&self) -> TrainedNetwork {
        let best = self.state.best.as_ref();
        let description = Description {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            network: self.settings.network.clone(),
            form: self.form.clone(),
            classes: self.data.classes.clone(),
            data: self.data.name.clone(),
            settings: self.settings.clone(),
            result: best.map(|best| best.outcome),
        };
        let weights = self.layout.tensors(self.state.best_parameters());
        TrainedNetwork { description, graph: self.graph.clone(), weights }
    }

    /// Evaluates the best network so far on the test examples.
    pub fn evaluate(&mut self) -> Evaluation {
        let parameters = self.state.best_parameters();
        self.test.evaluate(parameters, self.settings.loss, self.form.classes)
    }

    /// The observer, if there is one, and the current state.
    pub fn observer(&mut self) -> Option<(&mut Observer, &State)> {
        Some((self.observer.as_mut()?, &self.state))
    }

    /// Shuffles the examples for the current epoch.
    fn shuffle(&mut self) {
        let epoch = self.state.position.epoch as u64;
        self.order.clear();
        self.order.extend(0..self.data.training.len());
        self.order.shuffle(&mut generator(Purpose::Order, [self.settings.seed, epoch, 0]));
    }

    fn step(&mut self, step: usize, steps: usize) -> Result<(), TrainError> {
        let epoch = self.state.position.epoch;
        let start = step * self.labels.len();
        let end = self.order.len().min(start + self.labels.len());
        let indices = &self.order[start..end];
        let inputs = &mut self.inputs[..indices.len() * self.data.shape.volume()];
        let labels = &mut self.labels[..indices.len()];
        self.batches.fill(epoch as u64, indices, inputs, labels);

        let numbers = [self.settings.seed, epoch as u64, step as u64];
        let dropout = generator(Purpose::Dropout, numbers).next_u64();
        let loss = self.settings.loss;
        let epochs = epoch as f64 + step as f64 / steps as f64;
        let State { parameters, average, memory, position, .. } = &mut self.state;
        if let Some(attack) = &mut self.attack {
            let radius = attack.adversary().radius_after(epochs);
            let replicas = &mut self.replicas;
            let mut against =
                Against { replicas, parameters, labels, loss, dropout: Some(dropout) };
            attack.change(inputs, radius, &mut against, &mut generator(Purpose::Attack, numbers));
        }
        let outcome = self.replicas.gradient(parameters, inputs, labels, loss, dropout);
        let rate = learning_rate(&self.settings, epochs);
        if !outcome.loss.is_finite() {
            let (epoch, step) = (epoch + 1, step + 1);
            let learning_rate = self.settings.learning_rate;
            return Err(TrainError::Diverged { epoch, step, steps, learning_rate });
        }
        self.optimiser.step(memory, parameters, self.replicas.gradients(), rate);
        if !average.is_empty() {
            follow(average, parameters, self.settings.average, memory.steps);
        }
        position.loss += outcome.loss;
        position.errors += outcome.errors;
        Ok(())
    }

    /// Records the network before a step of the first epoch, if it is due.
    fn look_before(&mut self, step: usize, steps: usize) {
        if self.observer.is_none() || self.state.position.epoch > 0 {
            return;
        }
        let due = |part: &f64| (part * steps as f64) as usize == step;
        if FIRST_LOOKS.iter().any(due) {
            self.look(step as f64 / steps as f64);
        }
    }

    fn look(&mut self, epochs: f64) {
        if let Some(observer) = &mut self.observer {
            let State { parameters, layers, .. } = &mut self.state;
            observer.look(parameters, self.settings.loss, epochs, layers);
        }
    }

    /// Dreams of some classes, if there is an observer: after each epoch, or of many some.
    fn dream(&mut self, epoch: usize) {
        let every = self.settings.epochs.div_ceil(MOST_DREAMS).max(1);
        if !epoch.is_multiple_of(every) && epoch != self.settings.epochs {
            return;
        }
        if let Some(observer) = &mut self.observer {
            let dreams = observer.dream(epoch, self.state.current_parameters(), self.settings.loss);
            self.state.dreams.push(dreams);
        }
    }

    fn finish_epoch(&mut self) -> Epoch {
        let Position { epoch, loss, errors, seconds, .. } = self.state.position;
        let outcome = core::Outcome { loss, errors };
        let parameters = self.state.current_parameters();
        let score = |evaluator: &mut Evaluator| evaluator.score(parameters, self.settings.loss);
        let epoch = Epoch {
            number: epoch + 1,
            seconds,
            learning_rate: learning_rate(&self.settings, epoch as f64),
            training: evaluation::score(outcome, self.order.len()),
            validation: self.validation.as_mut().map(score),
            test: score(&mut self.test),
            robust: self.robust.as_mut().map(score),
        };
        let earlier = self.state.epochs.iter().map(|epoch| epoch.decisive().error);
        let lowest = earlier.fold(f64::INFINITY, f64::min);
        self.state.epochs.push(epoch);
        self.state.position = Position { epoch: epoch.number, ..Position::default() };
        if epoch.decisive().error < lowest {
            let Epoch { number, training, validation, test, robust, .. } = epoch;
            let outcome = Outcome { epoch: number, training, validation, test, robust };
            let parameters = self.state.current_parameters().to_vec();
            self.state.best = Some(Best { outcome, parameters });
        }
        self.look(epoch.number as f64);
        self.dream(epoch.number);
        epoch
    }
}

/// Moves the running average of parameters after the step of that number. The first ones keep less, so that
/// the average does not remember where training began.
fn follow(average: &mut [f32], parameters: &[f32], decay: f64, steps: u64) {
    let steps = steps as f64;
    let share = 1.0 - decay.min((1.0 + steps) / (10.0 + steps)) as f32;
    for (average, parameter) in average.iter_mut().zip(parameters) {
        *average += share * (parameter - *average);
    }
}

/// About how many epochs the class dreams of a run show.
const MOST_DREAMS: usize = 12;

/// The learning rate after `epochs` epochs.
fn learning_rate(settings: &Settings, epochs: f64) -> f64 {
    settings.learning_rate * settings.schedule.share(epochs, settings.epochs as f64)
}

/// Whether an output lies between 0 and 1, or can be mapped there.
fn has_probabilities(output: Output) -> bool {
    match output {
        Output::Softmax => true,
        Output::Activation(function) => !matches!(function, Activation::Relu | Activation::Relu6),
    }
}

#[cfg(test)]
mod tests;
