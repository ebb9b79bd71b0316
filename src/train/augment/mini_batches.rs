//! Filling mini-batches: pictures distorted and preprocessed, in parallel.

use multiversion::multiversion;
use rayon::prelude::*;

use super::{Augmentation, Augmenter};
use crate::network::Preprocessing;
use crate::train::data::{Examples, PictureShape};
use crate::train::random::{self, Purpose};

/// Undistorted mini-batches with fewer values are filled faster by one thread.
const WORTH_SHARING: usize = 1 << 17;

/// Makes mini-batches of examples, without allocating after construction.
pub struct MiniBatches<'a> {
    examples: &'a Examples,
    shape: PictureShape,
    preprocessing: Preprocessing,
    seed: u64,
    distorts: bool,
    /// One for each thread.
    augmenters: Vec<Augmenter>,
}

impl<'a> MiniBatches<'a> {
    /// For `examples` of that shape, with the threads of the current rayon pool. Values (0..1)
    /// become (value − mean) / std of their channel.
    pub fn new(
        examples: &'a Examples,
        shape: PictureShape,
        augmentation: &Augmentation,
        preprocessing: Preprocessing,
        seed: u64,
    ) -> MiniBatches<'a> {
        let augmenters = (0..rayon::current_num_threads())
            .map(|_| Augmenter::new(augmentation, shape))
            .collect();
        let distorts = !augmentation.is_none();
        MiniBatches { examples, shape, preprocessing, seed, distorts, augmenters }
    }

    /// Fills `inputs` with the pictures of those indices (C×H×W each) and `labels` with their
    /// labels. The distortion of a picture depends only on the seed, the epoch and its index.
    ///
    /// # Panics
    /// If `inputs` or `labels` is too short for the indices, or an index is out of range.
    pub fn fill(&mut self, epoch: u64, indices: &[usize], inputs: &mut [f32], labels: &mut [u16]) {
        let volume = self.shape.volume();
        assert_eq!(inputs.len(), indices.len() * volume, "inputs hold a picture for each index");
        assert_eq!(labels.len(), indices.len(), "there is a label for each index");
        for (label, index) in labels.iter_mut().zip(indices) {
            *label = self.examples.labels[*index];
        }
        let (examples, seed, preprocessing) = (self.examples, self.seed, self.preprocessing);
        let plane = self.shape.height * self.shape.width;
        if !self.distorts && inputs.len() < WORTH_SHARING {
            for (input, index) in inputs.chunks_exact_mut(volume).zip(indices) {
                convert(examples.picture(*index), input, plane, preprocessing);
            }
            return;
        }
        let distorts = self.distorts;
        let part = indices.len().div_ceil(self.augmenters.len()).max(1);
        let parts = inputs.par_chunks_mut(part * volume).zip(indices.par_chunks(part));
        self.augmenters.par_iter_mut().zip(parts).for_each(|(augmenter, (inputs, indices))| {
            for (input, index) in inputs.chunks_exact_mut(volume).zip(indices) {
                if !distorts {
                    convert(examples.picture(*index), input, plane, preprocessing);
                    continue;
                }
                let numbers = [seed, epoch, *index as u64];
                let mut rng = random::generator(Purpose::Augmentation, numbers);
                augmenter.apply(examples.picture(*index), input, &mut rng);
                preprocess(input, plane, preprocessing);
            }
        });
    }
}

/// The preprocessed values of an undistorted picture.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl+avx512dq", "x86_64+avx2"))]
fn convert(picture: &[u8], input: &mut [f32], plane: usize, preprocessing: Preprocessing) {
    let Preprocessing { mean, std } = preprocessing;
    let channels = input.chunks_exact_mut(plane).zip(picture.chunks_exact(plane));
    for ((values, levels), (mean, std)) in channels.zip(mean.into_iter().zip(std)) {
        let (scale, offset) = (1.0 / (255.0 * std), mean / std);
        for (value, level) in values.iter_mut().zip(levels) {
            *value = f32::from(*level) * scale - offset;
        }
    }
}

fn preprocess(input: &mut [f32], plane: usize, Preprocessing { mean, std }: Preprocessing) {
    let channels = input.chunks_exact_mut(plane).zip(mean.into_iter().zip(std));
    for (values, (mean, std)) in channels {
        for value in values {
            *value = (*value - mean) / std;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: PictureShape = PictureShape { channels: 3, height: 4, width: 5 };

    fn examples() -> Examples {
        let pixels = (0..20 * SHAPE.volume()).map(|place| (place * 31 % 251) as u8).collect();
        Examples { pixels, labels: (100..120).collect() }
    }

    fn filled(threads: usize, epoch: u64, indices: &[usize]) -> (Vec<f32>, Vec<u16>) {
        let examples = examples();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let augmentation = "shift,rotate,scale,elastic,flip".parse().unwrap();
            let preprocessing = Preprocessing::SYMMETRIC;
            let mut batches = MiniBatches::new(&examples, SHAPE, &augmentation, preprocessing, 9);
            let mut inputs = vec![f32::NAN; indices.len() * SHAPE.volume()];
            let mut labels = vec![0; indices.len()];
            batches.fill(epoch, indices, &mut inputs, &mut labels);
            (inputs, labels)
        })
    }

    #[test]
    fn a_mini_batch_is_the_same_with_any_number_of_threads_and_in_any_company() {
        let indices = [3, 19, 0, 7, 11, 3, 5];
        let (inputs, labels) = filled(1, 2, &indices);
        for threads in [2, 3, 16] {
            assert_eq!(filled(threads, 2, &indices), (inputs.clone(), labels.clone()));
        }
        assert_eq!(labels, [103, 119, 100, 107, 111, 103, 105]);
        assert_eq!(filled(2, 2, &[7]).0, inputs[3 * SHAPE.volume()..4 * SHAPE.volume()]);
    }

    #[test]
    fn every_epoch_distorts_anew() {
        assert_ne!(filled(2, 0, &[1]).0, filled(2, 1, &[1]).0);
    }

    #[test]
    fn values_are_preprocessed_channel_by_channel() {
        let examples = examples();
        let preprocessing = Preprocessing { mean: [0.1, 0.2, 0.3], std: [0.5, 0.25, 0.125] };
        let mut batches =
            MiniBatches::new(&examples, SHAPE, &Augmentation::none(), preprocessing, 0);
        let mut inputs = vec![0.0; SHAPE.volume()];
        batches.fill(0, &[4], &mut inputs, &mut [0]);
        for (place, (input, byte)) in inputs.iter().zip(examples.picture(4)).enumerate() {
            let channel = place / 20;
            let expected = (f32::from(*byte) / 255.0 - preprocessing.mean[channel])
                / preprocessing.std[channel];
            assert!((input - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn no_indices_fill_nothing() {
        assert_eq!(filled(2, 0, &[]), (vec![], vec![]));
    }
}
