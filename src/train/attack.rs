//! Adversarial examples: pictures changed within a radius so that the network's loss on them is large.

use rand::{Rng, RngExt};
use rayon::prelude::*;

use crate::backend::core::{Loss, Replicas};
use crate::network::Preprocessing;
use crate::trained::{Adversary, Norm};

use super::data::PictureShape;

/// Changes pictures by projected gradient ascent (Madry et al. 2018).
///
/// For L∞ the ascent begins at a random place within the radius, without which a single step would be
/// evaded by networks that learn to hide their gradient there (E. Wong, L. Rice and J. Z. Kolter, "Fast is better
/// than free", 2020). For L2 it begins at the picture.
pub struct Attack {
    adversary: Adversary,
    /// Of each channel: what a value of a picture in 0..1 is divided by, and the values of black and white.
    channels: Vec<Channel>,
    /// Values of a channel.
    plane: usize,
    /// The pictures as they were.
    clean: Vec<f32>,
}

#[derive(Clone, Copy)]
struct Channel {
    std: f32,
    black: f32,
    white: f32,
}

/// What the pictures are changed against.
pub struct Against<'a> {
    pub replicas: &'a mut Replicas,
    pub parameters: &'a [f32],
    pub labels: &'a [u16],
    pub loss: Loss,
    /// The seed of dropout, in training.
    pub dropout: Option<u64>,
}

impl Attack {
    /// For pictures of that shape that are preprocessed so.
    pub fn new(adversary: Adversary, shape: PictureShape, preprocessing: Preprocessing) -> Attack {
        let Preprocessing { mean, std } = preprocessing;
        let channel = |(mean, std): (f32, f32)| Channel {
            std,
            black: -mean / std,
            white: (1.0 - mean) / std,
        };
        Attack {
            adversary,
            channels: mean.into_iter().zip(std).map(channel).take(shape.channels).collect(),
            plane: shape.height * shape.width,
            clean: Vec::new(),
        }
    }

    /// Changes pictures for their labels instead of against them: what a network then draws into them is
    /// what it knows of a class (S. Santurkar et al., "Image synthesis with a single (robust) classifier",
    /// 2019).
    pub fn towards(shape: PictureShape, preprocessing: Preprocessing) -> Attack {
        let adversary =
            Adversary { norm: Norm::L2, radius: 1.0, steps: 40, step: -0.06, ramp: 0.0 };
        Attack::new(adversary, shape, preprocessing)
    }

    /// The adversary.
    pub fn adversary(&self) -> &Adversary {
        &self.adversary
    }

    /// Changes preprocessed pictures by at most `radius`.
    pub fn change(
        &mut self,
        inputs: &mut [f32],
        radius: f64,
        against: &mut Against,
        random: &mut impl Rng,
    ) {
        let volume = self.channels.len() * self.plane;
        self.clean.clear();
        self.clean.extend_from_slice(inputs);
        let radius = radius as f32;
        if self.adversary.norm == Norm::Infinity {
            let values = inputs.chunks_exact_mut(self.plane).zip(self.channels.iter().cycle());
            for (plane, channel) in values {
                for value in plane {
                    let change = random.random_range(-1.0..=1.0) * radius / channel.std;
                    *value = (*value + change).clamp(channel.black, channel.white);
                }
            }
        }
        let step = self.adversary.step as f32 * radius;
        for _ in 0..self.adversary.steps {
            let Against { replicas, parameters, labels, loss, dropout } = against;
            replicas.pass_to_inputs(parameters, inputs, labels, *loss, *dropout);
            let (pictures, clean) = (inputs.par_chunks_exact_mut(volume), &self.clean);
            pictures.zip(clean.par_chunks_exact(volume)).enumerate().for_each(
                |(index, (picture, clean))| {
                    let gradient = replicas.input_gradient(index);
                    let change = match self.adversary.norm {
                        Norm::L2 => Attack::step_l2,
                        Norm::Infinity => Attack::step_infinity,
                    };
                    change(self, picture, clean, gradient, step, radius);
                },
            );
        }
    }

    /// A step of that length along the gradient, back into the ball, and between black and white.
    fn step_l2(
        &self,
        picture: &mut [f32],
        clean: &[f32],
        gradient: &[f32],
        step: f32,
        radius: f32,
    ) {
        let norm = self.norm(gradient, |gradient, std| gradient / std);
        if norm == 0.0 || !norm.is_finite() {
            return;
        }
        let along = step / norm;
        self.planes(picture, gradient, |value, gradient, channel| {
            *value += along * gradient / (channel.std * channel.std);
        });
        self.planes(picture, clean, |value, clean, _| *value -= clean);
        let size = self.norm(picture, |change, std| change * std);
        let shrink = if size > radius { radius / size } else { 1.0 };
        self.planes(picture, clean, |change, clean, channel| {
            *change = (clean + shrink * *change).clamp(channel.black, channel.white);
        });
    }

    /// A step of that length along the gradient's signs, back into the cube, and between black and white.
    fn step_infinity(
        &self,
        picture: &mut [f32],
        clean: &[f32],
        gradient: &[f32],
        step: f32,
        radius: f32,
    ) {
        self.planes(picture, gradient, |value, gradient, channel| {
            let sign = if gradient == 0.0 { 0.0 } else { gradient.signum() };
            *value += sign * step / channel.std;
        });
        self.planes(picture, clean, |value, clean, channel| {
            let most = radius / channel.std;
            *value = value.clamp(clean - most, clean + most).clamp(channel.black, channel.white);
        });
    }

    /// Calls `change` with each value of a picture, the other's there, and its channel.
    fn planes(&self, picture: &mut [f32], other: &[f32], change: impl Fn(&mut f32, f32, Channel)) {
        let planes = picture.chunks_exact_mut(self.plane).zip(other.chunks_exact(self.plane));
        for ((plane, other), channel) in planes.zip(&self.channels) {
            plane.iter_mut().zip(other).for_each(|(value, other)| change(value, *other, *channel));
        }
    }

    /// The L2 norm of values in pictures' units.
    fn norm(&self, values: &[f32], unit: impl Fn(f32, f32) -> f32) -> f32 {
        let planes = values.chunks_exact(self.plane).zip(&self.channels);
        let squares = planes.map(|(plane, channel)| {
            let squares = plane.iter().map(|value| unit(*value, channel.std).powi(2));
            f64::from(squares.sum::<f32>())
        });
        squares.sum::<f64>().sqrt() as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::core::ParameterLayout;
    use crate::network::{Activation, Architecture, Form, Shape};
    use crate::train::initialise;
    use crate::train::random::{Purpose, generator};
    use crate::trained::Initialisation;

    const SHAPE: PictureShape = PictureShape { channels: 3, height: 12, width: 10 };
    const PREPROCESSING: Preprocessing =
        Preprocessing { mean: [0.5, 0.4, 0.3], std: [0.2, 0.3, 0.4] };
    const LABELS: [u16; 5] = [0, 1, 2, 1, 0];

    /// A small network with random weights.
    struct Bench {
        replicas: Replicas,
        parameters: Vec<f32>,
    }

    impl Bench {
        fn new() -> Bench {
            let architecture: Architecture = "vgg:4-4/6".parse().expect("it is an architecture");
            let form = Form {
                shape: Shape { channels: 3, height: 12, width: 10 },
                classes: 3,
                // Smooth, for the differences.
                activation: Activation::Tanh,
                preprocessing: PREPROCESSING,
                ..architecture.digits()
            };
            let graph = architecture.graph(&form).expect("it fits");
            let layout = ParameterLayout::new(&graph);
            let replicas = Replicas::with_input_gradients(&graph, 5, SHAPE.size(), 2, true);
            Bench {
                replicas: replicas.expect("it fits"),
                parameters: initialise(&graph, &layout, Initialisation::He, 1),
            }
        }

        fn loss(&mut self, inputs: &[f32], labels: &[u16]) -> f64 {
            self.replicas.evaluate(&self.parameters, inputs, labels, Loss::CrossEntropy).loss
        }
    }

    /// Preprocessed pictures of values in 0..1, some of them black and white.
    fn pictures() -> Vec<f32> {
        let mut random = generator(Purpose::Digits, [1, 2, 3]);
        let planes = (0..5).flat_map(|_| PREPROCESSING.mean.into_iter().zip(PREPROCESSING.std));
        planes
            .flat_map(|(mean, std)| {
                let values: Vec<f32> = (0..120)
                    .map(|_| (random.random_range(-0.2..=1.2f32).clamp(0.0, 1.0) - mean) / std)
                    .collect();
                values
            })
            .collect()
    }

    /// The changes of one picture, as of values in 0..1.
    fn changes<'a>(
        before: &'a [f32],
        after: &'a [f32],
        picture: usize,
    ) -> impl Iterator<Item = f32> {
        let range = picture * 360..(picture + 1) * 360;
        let values = range.map(|index| (index, after[index] - before[index]));
        values
            .map(|(index, change)| change * PREPROCESSING.std[index / 120 % 3])
            .collect::<Vec<_>>()
            .into_iter()
    }

    #[test]
    fn gradients_of_the_pictures_are_those_of_finite_differences() {
        let mut bench = Bench::new();
        let inputs = pictures();
        let Bench { replicas, parameters } = &mut bench;
        replicas.pass_to_inputs(parameters, &inputs, &LABELS, Loss::CrossEntropy, None);
        let gradients: Vec<Vec<f32>> =
            (0..5).map(|index| replicas.input_gradient(index).to_vec()).collect();
        assert_eq!(gradients.len(), 5);
        for picture in [0, 3, 4] {
            let own = &inputs[picture * 360..(picture + 1) * 360];
            let label = &LABELS[picture..=picture];
            // Along the gradient, where the difference is far from float32's rounding.
            let norm: f32 = gradients[picture].iter().map(|g| g * g).sum::<f32>().sqrt();
            let length = 0.02;
            let moved = |sign: f32| -> Vec<f32> {
                let along = own.iter().zip(&gradients[picture]);
                along.map(|(value, gradient)| value + sign * length * gradient / norm).collect()
            };
            let difference = bench.loss(&moved(1.0), label) - bench.loss(&moved(-1.0), label);
            let found = difference / f64::from(2.0 * length);
            assert!((found / f64::from(norm) - 1.0).abs() < 0.02, "{found} {norm}");
        }
    }

    #[test]
    fn pictures_change_within_the_radius_and_the_loss_grows() {
        for (text, radius) in [("l2:radius=0.3", 0.3), ("linf:radius=0.02,steps=2", 0.02)] {
            let adversary: Adversary = text.parse().expect("it is an adversary");
            let (mut bench, before) = (Bench::new(), pictures());
            let mut after = before.clone();
            let clean = bench.loss(&before, &LABELS);
            let Bench { replicas, parameters } = &mut bench;
            let (labels, loss) = (&LABELS[..], Loss::CrossEntropy);
            let mut against = Against { replicas, parameters, labels, loss, dropout: None };
            let mut random = generator(Purpose::Attack, [0; 3]);
            let mut attack = Attack::new(adversary, SHAPE, PREPROCESSING);
            attack.change(&mut after, f64::from(radius), &mut against, &mut random);
            for picture in 0..5 {
                let size = match adversary.norm {
                    Norm::L2 => {
                        changes(&before, &after, picture).map(|c| c * c).sum::<f32>().sqrt()
                    }
                    Norm::Infinity => {
                        changes(&before, &after, picture).fold(0.0f32, |a, c| a.max(c.abs()))
                    }
                };
                assert!(size <= radius * 1.000_1 && size > 0.5 * radius, "{text}: {size}");
            }
            for (index, value) in after.iter().enumerate() {
                let channel = index / 120 % 3;
                let level = value * PREPROCESSING.std[channel] + PREPROCESSING.mean[channel];
                assert!((-1e-5..=1.0 + 1e-5).contains(&level), "{level}");
            }
            let adversarial = bench.loss(&after, &LABELS);
            assert!(adversarial > 1.05 * clean, "{text}: {clean} {adversarial}");
        }
    }

    #[test]
    fn a_radius_of_zero_changes_nothing() {
        for text in ["l2", "linf"] {
            let (mut bench, before) = (Bench::new(), pictures());
            let mut after = before.clone();
            let Bench { replicas, parameters } = &mut bench;
            let (labels, loss) = (&LABELS[..], Loss::CrossEntropy);
            let mut against = Against { replicas, parameters, labels, loss, dropout: None };
            let mut attack = Attack::new(text.parse().expect("it is one"), SHAPE, PREPROCESSING);
            attack.change(&mut after, 0.0, &mut against, &mut generator(Purpose::Attack, [0; 3]));
            let far =
                before.iter().zip(&after).any(|(before, after)| (before - after).abs() > 1e-5);
            assert!(!far, "{text}");
        }
    }
}
