//! Colour profiles: from the space a file declares to sRGB.
//!
//! Only RGB profiles are applied. A grey, CMYK, unsupported or broken profile is ignored and the
//! picture taken as sRGB: grey and CMYK pictures have already been decoded to RGB without their
//! profile, which no longer describes them, and slightly wrong colours are better than no picture.

use super::samples::unit;
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformF32Executor, TransformOptions};
use std::sync::Arc;

/// The largest change of a probe colour, 0..1, at which a profile counts as sRGB: half of one of
/// 255 levels.
const SAME: f32 = 0.5 / 255.0;

/// A conversion of interleaved RGB to sRGB.
pub(super) struct ToSrgb {
    transform: Arc<TransformF32Executor>,
    converted: Vec<f32>,
}

impl ToSrgb {
    /// The conversion for the ICC profile `icc`; `None` if none is needed or possible.
    ///
    /// A profile that equals sRGB under any name is skipped, so that an sRGB picture comes through
    /// bit for bit.
    pub fn new(icc: &[u8]) -> Option<Self> {
        let profile = ColorProfile::new_from_slice(icc).ok()?;
        if profile.color_space != DataColorSpace::Rgb {
            return None;
        }
        let transform = profile
            .create_transform_f32(
                Layout::Rgb,
                &ColorProfile::new_srgb(),
                Layout::Rgb,
                TransformOptions::default(),
            )
            .ok()?;
        let mut conversion = Self { transform, converted: Vec::new() };
        let probe = probe_colours();
        let mut seen = probe.clone();
        conversion.convert(&mut seen);
        let moved = probe.iter().zip(&seen).any(|(a, b)| (a - b).abs() > SAME);
        moved.then_some(conversion)
    }

    /// Converts a row of interleaved RGB in place. Colours outside the sRGB gamut are clipped.
    pub fn convert(&mut self, rgb: &mut [f32]) {
        self.converted.resize(rgb.len(), 0.0);
        if self.transform.transform(rgb, &mut self.converted).is_ok() {
            for (value, &converted) in rgb.iter_mut().zip(&self.converted) {
                *value = unit(converted);
            }
        }
    }
}

/// A 9 × 9 × 9 grid over the RGB cube.
fn probe_colours() -> Vec<f32> {
    let levels = || (0..9).map(|level| level as f32 / 8.0);
    levels()
        .flat_map(|r| levels().flat_map(move |g| levels().flat_map(move |b| [r, g, b])))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversion(profile: ColorProfile) -> Option<ToSrgb> {
        ToSrgb::new(&profile.encode().unwrap())
    }

    #[test]
    fn an_srgb_profile_needs_no_conversion() {
        assert!(conversion(ColorProfile::new_srgb()).is_none());
    }

    #[test]
    fn a_display_p3_colour_inside_srgb_is_converted() {
        let mut rgb = [0.5, 0.4, 0.3];
        conversion(ColorProfile::new_display_p3()).unwrap().convert(&mut rgb);
        for (actual, expected) in rgb.into_iter().zip(P3_AS_SRGB) {
            assert!((actual - expected).abs() < 1e-3, "{rgb:?}");
        }
    }

    #[test]
    fn display_p3_red_is_clipped_to_srgb_red() {
        let mut rgb = [1.0, 0.0, 0.0];
        conversion(ColorProfile::new_display_p3()).unwrap().convert(&mut rgb);
        assert!(rgb[0] > 0.999 && rgb[1] < 1e-3 && rgb[2] < 1e-3, "{rgb:?}");
    }

    #[test]
    fn grey_and_broken_profiles_are_ignored() {
        assert!(conversion(ColorProfile::new_gray_with_gamma(2.2)).is_none());
        let whole = ColorProfile::new_display_p3().encode().unwrap();
        assert!(ToSrgb::new(&whole[..whole.len() / 4]).is_none());
        assert!(ToSrgb::new(b"").is_none());
    }

    // Computed from the definitions of the two spaces (same white and curve, other primaries).
    const P3_AS_SRGB: [f32; 3] = [0.5193, 0.3951, 0.2845];
}
