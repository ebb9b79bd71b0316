//! The names of weight files, which say which model they are for.

use std::path::Path;

/// The extensions of weight files, preferred first.
pub const EXTENSIONS: &[&str] = &["safetensors", "pth", "pt", "npz", "caffemodel", "pb"];

/// Models whose published files have other names.
const PUBLISHED: &[(&str, &str)] = &[
    ("alexnet-owt", "alexnet"),
    ("inception_v3_google", "inception_v3"),
    ("tensorflow_inception_graph", "inception5h"),
    ("googlelet_places205_train_iter_2400000", "googlenet_places205"),
    ("VGG_ILSVRC_16_layers", "vgg16_caffe"),
    ("VGG_ILSVRC_19_layers", "vgg19_caffe"),
];

/// Length of the checksum at the end of a published file's name, the first hexadecimal digits of
/// its SHA-256.
const DIGITS: usize = 8;

/// The model that a file is named after: `vgg16` for `vgg16.npz` and for torchvision's
/// `vgg16-397923af.pth`. It need not be a known model.
pub fn model_of(path: &Path) -> Option<&str> {
    let stem = path.file_stem()?.to_str()?;
    let name = match stem.rsplit_once('-') {
        Some((name, digits)) if is_checksum(digits) => name,
        _ => stem,
    };
    let published = PUBLISHED.iter().find(|(published, _)| *published == name);
    Some(published.map_or(name, |(_, model)| model))
}

fn is_checksum(digits: &str) -> bool {
    digits.len() == DIGITS && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether the file has an extension of weight files.
pub fn has_extension(path: &Path) -> bool {
    path.extension().is_some_and(|extension| EXTENSIONS.iter().any(|known| *known == extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_its_model() {
        for (name, model) in [
            ("models/googlenet.safetensors", "googlenet"),
            ("googlenet-1378be20.pth", "googlenet"),
            ("alexnet-owt-4df8aa71.pth", "alexnet"),
            ("inception_v3_google-1a9a5a14.pth", "inception_v3"),
            ("vgg16_bn-6c64b313.pth", "vgg16_bn"),
            ("lenet-mnist.npz", "lenet-mnist"),
            ("bvlc_googlenet.caffemodel", "bvlc_googlenet"),
            ("VGG_ILSVRC_19_layers.caffemodel", "vgg19_caffe"),
            ("inception5h/tensorflow_inception_graph.pb", "inception5h"),
            ("vgg16-397923AF.pth", "vgg16-397923AF"),
        ] {
            assert_eq!(model_of(name.as_ref()), Some(model));
        }
        assert_eq!(model_of("..".as_ref()), None);
    }
}
