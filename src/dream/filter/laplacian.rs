//! A Laplacian pyramid of the gradient, whose bands are normalised one by one and added again, so that
//! coarse and fine patterns grow alike (A. Mordvintsev's DeepDream tutorial for TensorFlow, 2016; the
//! pyramid is P. J. Burt's and E. H. Adelson's, "The Laplacian pyramid as a compact image code", 1983).
//!
//! Each level is shrunk to half its size and what is lost by that is a band. Levels are shrunk and grown
//! with the filter that octaves are resized with.

use super::{Filter, Gradient, Normalize};
use crate::backend::{Backend, Edge, Error, View};
use crate::dream::Settings;
use crate::network::Shape;

struct Laplacian {
    /// Bands that are split off; what is left is one more.
    levels: usize,
    normalize: Normalize,
    /// Along which axes the picture is to be seamless: down, and to the right.
    seamless: [bool; 2],
}

/// With `laplacian`.
pub fn chosen<B: Backend>(settings: &Settings) -> Option<Box<dyn Filter<B>>> {
    let normalize = match settings.normalize {
        // Bands that are divided by nothing add up to the gradient again.
        Normalize::None => Normalize::Mean,
        normalize => normalize,
    };
    let seamless = settings.seamless_axes();
    Some(Box::new(Laplacian { levels: settings.laplacian?, normalize, seamless }))
}

impl<B: Backend> Filter<B> for Laplacian {
    fn apply(&self, backend: &B, gradient: &mut Gradient<B>) -> Result<(), Error> {
        let shape = backend.shape(&gradient.array);
        // Resizing knows no edges that wrap around: there the levels see what is beyond them.
        let margin = |seamless: bool| if seamless { 2usize << self.levels } else { 0 };
        let [above, beside] = self.seamless.map(margin);
        let is_padded = [above, beside] != [0, 0];
        if is_padded {
            let around = View {
                top: -(above as isize),
                left: -(beside as isize),
                height: shape.height + 2 * above,
                width: shape.width + 2 * beside,
                edges: [Edge::Wrap; 2],
            };
            gradient.array = backend.window(&gradient.array, around)?;
        }
        let bands = split(backend, &gradient.array, self.levels)?;
        let divisor = |band: &B::Array<'static>| Ok(self.normalize.divisor(backend.sums(band)?));
        let divisors = bands.iter().map(divisor).collect::<Result<Vec<f64>, Error>>()?;
        gradient.array = merge(backend, bands, &divisors)?;
        if is_padded {
            let (top, left) = (above as isize, beside as isize);
            let own = View { top, left, ..View::whole(shape.height, shape.width) };
            gradient.array = backend.window(&gradient.array, own)?;
        }
        Ok(())
    }
}

/// The bands of an array, the finest first; the last one is what is left of it.
fn split<B: Backend>(
    backend: &B,
    array: &B::Array<'static>,
    levels: usize,
) -> Result<Vec<B::Array<'static>>, Error> {
    let mut bands: Vec<B::Array<'static>> = Vec::with_capacity(levels + 1);
    let mut rest = backend.copy(array)?;
    for _ in 0..levels {
        let Shape { height, width, .. } = backend.shape(&rest);
        if height.min(width) < 2 {
            break;
        }
        let half = backend.resize(&rest, height.div_ceil(2), width.div_ceil(2))?;
        let grown = backend.resize(&half, height, width)?;
        backend.add_scaled(&mut rest, &grown, -1.0)?;
        bands.push(std::mem::replace(&mut rest, half));
    }
    bands.push(rest);
    Ok(bands)
}

/// The sum of bands, each divided by its own divisor; a band that is all zero stays so.
fn merge<B: Backend>(
    backend: &B,
    bands: Vec<B::Array<'static>>,
    divisors: &[f64],
) -> Result<B::Array<'static>, Error> {
    let mut sum: Option<B::Array<'static>> = None;
    for (mut band, divisor) in bands.into_iter().zip(divisors).rev() {
        let factor = if *divisor == 0.0 { 0.0 } else { 1.0 / divisor };
        let Shape { height, width, .. } = backend.shape(&band);
        let coarser = sum.take().map(|sum| backend.resize(&sum, height, width)).transpose()?;
        backend.scale(&mut band, factor)?;
        if let Some(coarser) = coarser {
            backend.add_scaled(&mut band, &coarser, 1.0)?;
        }
        sum = Some(band);
    }
    Ok(sum.expect("there is at least what is left"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Arrays;
    use crate::backend::core::Core;
    use crate::network::{Builder, Preprocessing};
    use crate::weights::Weights;

    /// Any executor has the arrays.
    fn core() -> Core {
        let (builder, input) = Builder::new("nothing", Preprocessing::IMAGENET);
        let graph = builder.finish("input");
        Core::new(&graph, Weights::default(), &[input])
    }

    fn array(core: &Core, height: usize, width: usize) -> <Core as Arrays>::Array<'static> {
        let values = (0..3 * height * width).map(|index| ((index * 7919) % 1009) as f32 - 504.0);
        core.upload(Shape { channels: 3, height, width }, values.collect()).expect("it fits")
    }

    #[test]
    fn bands_that_are_divided_by_one_add_up_to_the_array_again() {
        let core = core();
        for (height, width) in [(64, 48), (37, 53), (1, 9), (2, 2)] {
            let before = array(&core, height, width);
            let bands = split(&core, &before, 4).expect("it computes");
            let ones = vec![1.0; bands.len()];
            let mut after = merge(&core, bands, &ones).expect("it computes");
            core.add_scaled(&mut after, &before, -1.0).expect("it computes");
            let difference = core.download(&after).expect("it is here");
            assert!(difference.iter().all(|value| value.abs() < 1e-3), "{height}×{width}");
        }
    }

    #[test]
    fn each_band_has_the_mean_magnitude_of_one_after_its_division() {
        let core = core();
        let bands = split(&core, &array(&core, 64, 48), 3).expect("it computes");
        assert_eq!(bands.len(), 4);
        let sizes: Vec<_> = bands.iter().map(|band| core.shape(band).height).collect();
        assert_eq!(sizes, [64, 32, 16, 8]);
        for mut band in bands {
            let divisor = Normalize::Mean.divisor(core.sums(&band).expect("it computes"));
            core.scale(&mut band, 1.0 / divisor).expect("it computes");
            let mean = Normalize::Mean.divisor(core.sums(&band).expect("it computes"));
            assert!((mean - 1.0).abs() < 1e-5, "{mean}");
        }
    }

    #[test]
    fn a_gradient_of_zero_stays_zero() {
        let core = core();
        let array = core.upload(Shape { channels: 3, height: 8, width: 8 }, vec![0.0; 192]);
        let mut gradient = Gradient::<Core> { array: array.expect("it fits"), divisor: 1.0 };
        let laplacian = Laplacian { levels: 2, normalize: Normalize::Mean, seamless: [false; 2] };
        laplacian.apply(&core, &mut gradient).expect("it computes");
        assert_eq!(core.sums(&gradient.array).expect("it computes").absolute, 0.0);
    }
}
