//! Initial parameters.

use rand::Rng;
use rand_distr::{Distribution, StandardNormal, Uniform};

use super::random::{Purpose, generator};
use crate::backend::core::{Parameter, ParameterLayout};
use crate::network::{Graph, Op};
use crate::trained::Initialisation;

/// Initial values of every parameter of `graph`, in `layout`'s order.
///
/// Parameters other than matrices and kernels start neutral: a normalisation as the identity, a
/// sub-sampling as the mean of its window.
pub fn initialise(
    graph: &Graph,
    layout: &ParameterLayout,
    scheme: Initialisation,
    seed: u64,
) -> Vec<f32> {
    let mut random = generator(Purpose::Initialisation, [seed, 0, 0]);
    let mut values = vec![0.0; layout.len()];
    for parameter in layout.iter() {
        let values = &mut values[parameter.range.clone()];
        match parameter.fans(graph) {
            Some(fans) => scheme.draw(values, fans, &mut random),
            None => match neutral(graph, parameter) {
                Some(value) => values.fill(value),
                None if scheme == Initialisation::Normal => normal(values, 1.0, &mut random),
                None => {}
            },
        }
    }
    values
}

impl Initialisation {
    fn draw(self, values: &mut [f32], [fan_in, fan_out]: [usize; 2], random: &mut impl Rng) {
        let [fan_in, fan_out] = [fan_in, fan_out].map(|fan| fan as f64);
        match self {
            Initialisation::Glorot => uniform(values, (6.0 / (fan_in + fan_out)).sqrt(), random),
            Initialisation::Uniform => uniform(values, (1.0 / fan_in).sqrt(), random),
            Initialisation::Lecun => normal(values, (1.0 / fan_in).sqrt(), random),
            Initialisation::He => normal(values, (2.0 / fan_in).sqrt(), random),
            Initialisation::Normal => normal(values, 1.0, random),
        }
    }
}

fn uniform(values: &mut [f32], limit: f64, random: &mut impl Rng) {
    let limit = limit as f32;
    let range = Uniform::new_inclusive(-limit, limit).expect("a fan is at least 1");
    values.iter_mut().for_each(|value| *value = range.sample(random));
}

fn normal(values: &mut [f32], deviation: f64, random: &mut impl Rng) {
    for value in values {
        let standard: f64 = StandardNormal.sample(random);
        *value = (deviation * standard) as f32;
    }
}

/// The neutral value of a parameter other than a matrix, a kernel or a bias.
fn neutral(graph: &Graph, parameter: &Parameter) -> Option<f32> {
    match (&graph.node(parameter.node).op, parameter.is_weight()) {
        (Op::Subsample { window, .. }, true) => {
            Some(1.0 / (window.kernel[0] * window.kernel[1]) as f32)
        }
        (Op::BatchNorm { .. }, true) => Some(1.0),
        (Op::BatchNorm { .. }, false) => {
            Some(if parameter.name.ends_with(".running_var") { 1.0 } else { 0.0 })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Builder, Preprocessing, Window};

    /// A layer of 300 inputs and 200 outputs after a sub-sampling.
    fn network() -> (Graph, ParameterLayout) {
        let (mut builder, input) = Builder::new("two layers", Preprocessing::SYMMETRIC);
        let window = Window::square(2, 2);
        let pool = builder.add("pool", Op::Subsample { channels: 3, window }, &[input]);
        let flat = builder.flatten("flat", pool);
        builder.linear("linear", flat, [300, 200]);
        let graph = builder.finish("linear");
        let layout = ParameterLayout::new(&graph);
        (graph, layout)
    }

    /// Initial values of the pool's weights, its biases, the linear layer's weights and its biases.
    fn start(scheme: Initialisation, seed: u64) -> Vec<Vec<f32>> {
        let (graph, layout) = network();
        let values = initialise(&graph, &layout, scheme, seed);
        layout.iter().map(|parameter| values[parameter.range.clone()].to_vec()).collect()
    }

    fn moments(values: &[f32]) -> [f64; 2] {
        let count = values.len() as f64;
        let mean = values.iter().map(|value| f64::from(*value)).sum::<f64>() / count;
        let square = |value: &f32| (f64::from(*value) - mean).powi(2);
        [mean, (values.iter().map(square).sum::<f64>() / count).sqrt()]
    }

    #[test]
    fn weights_are_spread_as_their_papers_say() {
        for (scheme, deviation) in [
            (Initialisation::Glorot, (2.0_f64 / 500.0).sqrt()),
            (Initialisation::Uniform, (1.0_f64 / 900.0).sqrt()),
            (Initialisation::Lecun, (1.0_f64 / 300.0).sqrt()),
            (Initialisation::He, (2.0_f64 / 300.0).sqrt()),
            (Initialisation::Normal, 1.0),
        ] {
            let [mean, spread] = moments(&start(scheme, 1)[2]);
            assert!(mean.abs() < 0.02 * deviation, "{scheme:?}: mean {mean}");
            assert!((spread / deviation - 1.0).abs() < 0.02, "{scheme:?}: {spread}");
        }
    }

    #[test]
    fn glorots_weights_stay_within_their_limit() {
        let limit = (6.0_f32 / 500.0).sqrt();
        let weights = &start(Initialisation::Glorot, 1)[2];
        let largest = weights.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        assert!(largest <= limit && largest > 0.999 * limit, "{largest} of {limit}");
    }

    #[test]
    fn biases_start_at_zero_but_for_nielsens() {
        assert!(start(Initialisation::He, 1)[3].iter().all(|bias| *bias == 0.0));
        let [_, spread] = moments(&start(Initialisation::Normal, 1)[3]);
        assert!((spread - 1.0).abs() < 0.2, "{spread}");
    }

    #[test]
    fn a_sub_sampling_starts_as_the_mean() {
        let values = start(Initialisation::Glorot, 1);
        assert_eq!([&values[0][..], &values[1][..]], [[0.25; 3], [0.0; 3]]);
    }

    #[test]
    fn a_seed_gives_the_same_values_and_another_seed_others() {
        assert_eq!(start(Initialisation::Glorot, 1), start(Initialisation::Glorot, 1));
        assert_ne!(start(Initialisation::Glorot, 1)[2], start(Initialisation::Glorot, 2)[2]);
    }
}
