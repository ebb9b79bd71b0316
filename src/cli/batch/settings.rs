//! What must be the same for a dream to count as done.

use super::super::exit::Exit;
use super::super::options::DreamOptions;
use super::super::recipe;
use dreamer::dream::{Dreamer, Recipe, Settings};
use dreamer::picture::Planes;

/// The hash of all that decides what dreams look like: every setting that a picture carries, the
/// pictures that these name, and the weights themselves. Where they were computed, and with how many
/// threads, is not in it.
pub fn fingerprint(dreamer: &Dreamer, options: &DreamOptions) -> Result<blake3::Hash, Exit> {
    let settings = &options.settings.0;
    let named = dreamer.named(settings);
    let recipe = Recipe {
        // Neither the program's version, the weights' name nor the limit changes a picture.
        dreamer: String::new(),
        weights: None,
        max_pixels: None,
        device: String::new(),
        threads: 0,
        ..recipe::new(dreamer, &named, options, String::new())
    };
    let mut hasher = blake3::Hasher::new();
    hasher.update(&serde_json::to_vec(&recipe)?);
    for picture in settings.pictures() {
        hasher.update(hash(&picture.load()?.planes).as_bytes());
    }
    dreamer.with_weights(settings, |weights| {
        for (name, tensor) in weights.iter() {
            hasher.update(name.as_bytes());
            update(&mut hasher, tensor.data());
        }
    })?;
    Ok(hasher.finalize())
}

/// The hash of a picture to dream on, and of the pictures that settings name.
pub fn hash_of_dream(picture: &Planes, settings: &Settings) -> Result<blake3::Hash, Exit> {
    let own = hash(picture);
    let mut hasher = blake3::Hasher::new();
    hasher.update(own.as_bytes());
    for picture in settings.pictures() {
        hasher.update(hash(&picture.load()?.planes).as_bytes());
    }
    Ok(if settings.pictures().next().is_none() { own } else { hasher.finalize() })
}

/// The hash of a picture's size and values.
pub fn hash(picture: &Planes) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(picture.width() as u64).to_le_bytes());
    update(&mut hasher, picture.data());
    hasher.finalize()
}

fn update(hasher: &mut blake3::Hasher, values: &[f32]) {
    for values in values.chunks(4096) {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        hasher.update(&bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_pixels_or_another_shape_have_another_hash() {
        let of = |width, height, value| hash(&Planes::filled(width, height, value));
        assert_ne!(of(4, 3, 0.5), of(4, 3, 0.6));
        assert_ne!(of(4, 3, 0.5), of(3, 4, 0.5));
    }
}
