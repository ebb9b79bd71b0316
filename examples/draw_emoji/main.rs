//! Draws the pictures that the built-in network is trained on: the emoji of a colour font, on crops of the
//! project's samples and on noise.
//!
//! `cargo run --release --no-default-features --features cli --example draw_emoji -- FONT FOLDER [TRAINING [TEST [SIZE]]]`
//!
//! FONT is `NotoColorEmoji.ttf` (SIL Open Font License 1.1; Debian's package `fonts-noto-color-emoji`). FOLDER
//! becomes a data set for `dreamer train --data folder:FOLDER`: TRAINING pictures (400) of each class of
//! SIZE×SIZE pixels (96), and TEST (40) to test it.

mod font;
mod ground;
mod scene;
#[cfg(test)]
#[path = "../../tests/common/skipped.rs"]
mod skipped;

use std::path::{Path, PathBuf};

use ab_glyph::FontRef;
use anyhow::{Context, Result};
use image::{RgbImage, RgbaImage};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// The classes by name. That of empty grounds and of parts without their form makes networks ask what is there
/// at all, and whether all of it is there.
const CLASSES: [(&str, Option<char>); 33] = [
    ("bee", Some('🐝')),
    ("butterfly", Some('🦋')),
    ("car", Some('🚗')),
    ("castle", Some('🏰')),
    ("cat", Some('🐱')),
    ("crab", Some('🦀')),
    ("dog", Some('🐶')),
    ("eye", Some('👁')),
    ("face", Some('👨')),
    ("fish", Some('🐠')),
    ("fox", Some('🦊')),
    ("frog", Some('🐸')),
    ("house", Some('🏠')),
    ("ladybird", Some('🐞')),
    ("monkey", Some('🐵')),
    ("mushroom", Some('🍄')),
    ("octopus", Some('🐙')),
    ("owl", Some('🦉')),
    ("panda", Some('🐼')),
    ("parrot", Some('🦜')),
    ("peacock", Some('🦚')),
    ("pig", Some('🐷')),
    ("pumpkin", Some('🎃')),
    ("rooster", Some('🐓')),
    ("rose", Some('🌹')),
    ("skull", Some('💀')),
    ("snail", Some('🐌')),
    ("strawberry", Some('🍓')),
    ("sunflower", Some('🌻')),
    ("tiger", Some('🐯')),
    ("tree", Some('🌳')),
    ("turtle", Some('🐢')),
    ("void", None),
];

/// Where Debian's package puts the font.
#[cfg(test)]
const FONT: &str = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf";

/// Photographs of the project, for the grounds.
const PHOTOGRAPHS: [&str; 4] = ["clouds.jpg", "mountains.jpg", "portrait.jpg", "water.jpg"];

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let font = PathBuf::from(arguments.next().context("which font? NotoColorEmoji.ttf, say")?);
    let folder = PathBuf::from(arguments.next().context("which folder to draw into?")?);
    let mut number = |name: &str, default: u32| {
        let text = arguments.next();
        text.map_or(Ok(default), |text| text.parse())
            .with_context(|| format!("{name} is no number"))
    };
    let parts = [("train", number("TRAINING", 400)?), ("test", number("TEST", 40)?)];
    let size = number("SIZE", 96)?;

    let bytes = std::fs::read(&font).with_context(|| format!("cannot read {}", font.display()))?;
    let font = FontRef::try_from_slice(&bytes).context("that is no font")?;
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let photographs: Vec<RgbImage> = PHOTOGRAPHS
        .iter()
        .map(|name| Ok(image::open(samples.join(name))?.into_rgb8()))
        .collect::<Result<_>>()
        .context("the samples are not there")?;
    let drawn =
        |emoji: char| font::drawing(&font, emoji).with_context(|| format!("it has no {emoji}"));
    let all: Vec<RgbaImage> =
        CLASSES.iter().filter_map(|(_, emoji)| *emoji).map(drawn).collect::<Result<_>>()?;
    let mut drawings = all.iter();
    for (label, (class, emoji)) in (0..).zip(CLASSES) {
        let drawing = emoji.and_then(|_| drawings.next());
        for (part, (name, count)) in (0..).zip(parts) {
            let folder = folder.join(name).join(class);
            std::fs::create_dir_all(&folder)?;
            (0..count).into_par_iter().try_for_each(|index| {
                let picture =
                    picture(drawing, &all, &photographs, size, [part, label, u64::from(index)]);
                picture.save(folder.join(format!("{index:04}.png")))
            })?;
        }
        println!("{class}");
    }
    Ok(())
}

/// One picture of a class; `place` is its part, class and number.
fn picture(
    drawing: Option<&RgbaImage>,
    all: &[RgbaImage],
    photographs: &[RgbImage],
    size: u32,
    place: [u64; 3],
) -> RgbImage {
    let mut key = [0; 32];
    for (part, number) in key.chunks_exact_mut(8).zip(place) {
        part.copy_from_slice(&number.to_le_bytes());
    }
    let mut random = ChaCha8Rng::from_seed(key);
    let mut picture = ground::ground(photographs, size, &mut random);
    match drawing {
        Some(drawing) => scene::scatter(&mut picture, drawing, &mut random),
        // Parts of a drawing are nothing.
        None if !all.is_empty() && random.random_bool(0.7) => {
            let drawing = &all[random.random_range(0..all.len())];
            let scrambled = scene::scrambled(drawing, &mut random);
            scene::scatter(&mut picture, &scrambled, &mut random);
        }
        None => {}
    }
    picture
}

#[cfg(test)]
mod tests {
    use image::{Rgb, Rgba};

    use super::*;

    /// How many pixels of a picture of 48×48 are more like a red drawing than like its blue ground.
    fn red(index: u64, drawing: Option<&RgbaImage>) -> usize {
        let blue = [RgbImage::from_pixel(90, 70, Rgb([20, 30, 200]))];
        let picture = picture(drawing, &[], &blue, 48, [0, 0, index]);
        assert_eq!(picture.dimensions(), (48, 48));
        assert!(picture == self::picture(drawing, &[], &blue, 48, [0, 0, index]), "chance only");
        let bright = |pixel: &&Rgb<u8>| pixel[0] > pixel[2] && pixel[0] > 80;
        picture.pixels().filter(bright).count()
    }

    #[test]
    fn drawings_are_where_a_class_has_some() {
        let drawing = RgbaImage::from_fn(40, 50, |x, y| {
            let inside = (f64::from(x) - 20.0).hypot(f64::from(y) - 25.0) < 18.0;
            Rgba([220, 30, 20, if inside { 255 } else { 0 }])
        });
        let counts: Vec<usize> = (0..60).map(|index| red(index, Some(&drawing))).collect();
        // Some are turned to other hues.
        let clear = counts.iter().filter(|count| **count > 100).count();
        assert!((30..60).contains(&clear), "{counts:?}");
        // Grounds of noise may have some red, grounds of the blue photograph have none.
        let empty = (0..60).filter(|index| red(*index, None) == 0).count();
        assert!(empty > 30, "{empty}");
    }

    #[test]
    fn void_is_the_ground_or_the_parts_of_a_drawing_without_its_form() {
        let half = |_, y| Rgba([220, 30, 20, if y < 20 { 255 } else { 0 }]);
        let drawing = RgbaImage::from_fn(40, 40, half);
        let blue = [RgbImage::from_pixel(90, 70, Rgb([20, 30, 200]))];
        let of = |index| picture(None, std::slice::from_ref(&drawing), &blue, 48, [0, 0, index]);
        let with_parts = (0..60).map(of).filter(|picture| {
            picture.pixels().filter(|pixel| pixel[0] > pixel[2] && pixel[0] > 80).count() > 100
        });
        assert!((30..55).contains(&with_parts.count()));
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let opaque = |drawing: &RgbaImage, rows: std::ops::Range<u32>| {
            drawing
                .enumerate_pixels()
                .filter(|(_, y, pixel)| rows.contains(y) && pixel[3] > 0)
                .count()
        };
        let mut moved = 0;
        for _ in 0..20 {
            let scrambled = scene::scrambled(&drawing, &mut random);
            let (width, height) = scrambled.dimensions();
            let all = opaque(&scrambled, 0..height);
            // Thirds of 40 pixels leave one out.
            assert!((700..=800).contains(&all), "{all} of {width}×{height}");
            moved += usize::from(opaque(&scrambled, 0..height / 2) < all);
        }
        assert!(moved > 15, "{moved}");
    }

    /// The font of Debian's package, or another one. With `DREAMER_REQUIRE_FONT=1` it must be there.
    #[test]
    fn the_font_has_a_drawing_of_each_class() {
        let named = std::env::var_os("DREAMER_FONT").map(PathBuf::from);
        let path = named.unwrap_or_else(|| FONT.into());
        let Ok(bytes) = std::fs::read(&path) else {
            let required = std::env::var_os("DREAMER_REQUIRE_FONT").is_some_and(|it| it == "1");
            assert!(!required, "there is no {}", path.display());
            let reason = format!("there is no {}", path.display());
            skipped::skip("the_font_has_a_drawing_of_each_class", &reason);
            return;
        };
        let font = FontRef::try_from_slice(&bytes).expect("it is a font");
        for (class, emoji) in CLASSES.into_iter().filter_map(|(name, emoji)| Some((name, emoji?))) {
            let drawing =
                font::drawing(&font, emoji).unwrap_or_else(|| panic!("it has no {class}"));
            let (width, height) = drawing.dimensions();
            assert!(width.max(height) > 90, "{class}: {width}×{height}");
            let opaque = drawing.pixels().filter(|pixel| pixel[3] > 128).count();
            assert!(opaque * 5 > (width * height) as usize, "{class} is nearly empty");
        }
    }

    #[test]
    fn classes_are_in_order_and_have_names_of_one_word() {
        assert!(CLASSES.is_sorted_by_key(|(name, _)| *name));
        assert!(CLASSES.iter().all(|(name, _)| name.bytes().all(|byte| byte.is_ascii_lowercase())));
    }
}
