//! A mask: white dreams, black stays as it is, and what is between grows by as much less.
//!
//! Each step is multiplied by the mask, so that the network sees the whole picture and fits what it
//! draws to what stays. Pixels where the mask is black never change.

use super::Constraint;
use crate::backend::{self, Backend};
use crate::dream::filter::Gradient;
use crate::dream::{Error, Setup, shape};
use crate::picture::{Planes, resize};

struct Mask<B: Backend> {
    /// Of one value in all three planes, at its own size.
    mask: Planes,
    /// At the octave's size.
    at_size: Option<B::Array<'static>>,
    /// At the octave's size: where nothing may change.
    kept: Vec<bool>,
}

/// With `mask`.
pub fn chosen<B: Backend>(setup: &Setup<B>) -> Option<Result<Box<dyn Constraint<B>>, Error>> {
    let mask = setup.settings.mask.as_ref()?;
    Some(mask.load().map_err(Error::from).map(|picture| {
        let mask = grey(&picture.planes);
        Box::new(Mask::<B> { mask, at_size: None, kept: Vec::new() }) as Box<dyn Constraint<B>>
    }))
}

/// The mean of red, green and blue in all three planes.
fn grey(picture: &Planes) -> Planes {
    let [red, green, blue] = [0, 1, 2].map(|channel| picture.plane(channel));
    let mean =
        red.iter().zip(green).zip(blue).map(|((red, green), blue)| (red + green + blue) / 3.0);
    let mean: Vec<f32> = mean.collect();
    Planes::new(picture.width(), picture.height(), mean.repeat(3))
}

impl<B: Backend> Constraint<B> for Mask<B> {
    fn begin(
        &mut self,
        backend: &B,
        base: &Planes,
        start: &mut Planes,
    ) -> Result<(), backend::Error> {
        let mut mask = resize(&self.mask, base.width(), base.height());
        mask.data_mut().iter_mut().for_each(|value| *value = value.clamp(0.0, 1.0));
        self.kept = mask.data().iter().map(|value| *value == 0.0).collect();
        // What has grown at a smaller size reaches a little beyond the mask's edge at this one.
        self.put_back(base, start);
        self.at_size = Some(backend.upload(shape(base), mask.into_data())?);
        Ok(())
    }

    fn before_step(&self, backend: &B, gradient: &mut Gradient<B>) -> Result<(), backend::Error> {
        let mask = self.at_size.as_ref().expect("an octave has begun");
        backend.multiply(&mut gradient.array, mask)
    }

    /// What other constraints have done to the whole picture.
    fn end(&self, base: &Planes, picture: &mut Planes) {
        self.put_back(base, picture);
    }
}

impl<B: Backend> Mask<B> {
    fn put_back(&self, base: &Planes, picture: &mut Planes) {
        let pixels = picture.data_mut().iter_mut().zip(base.data()).zip(&self.kept);
        pixels.filter(|(_, kept)| **kept).for_each(|((value, base), _)| *value = *base);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_of_a_mask_do_not_count() {
        let mask = grey(&Planes::new(1, 1, vec![1.0, 0.5, 0.0]));
        assert_eq!(mask.data(), [0.5; 3]);
    }
}
