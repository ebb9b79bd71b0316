//! The values and channel order that a network expects.

/// A model's preprocessing of RGB values in 0..1: `(x - mean) / std` for each channel.
///
/// It is part of the model: zero padding inside the network means the mean colour.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Preprocessing {
    /// Subtracted from red, green and blue in 0..1.
    pub mean: [f32; 3],
    /// Red, green and blue are divided by it then.
    #[serde(alias = "deviation")]
    pub std: [f32; 3],
}

impl Preprocessing {
    /// torchvision's: mean and standard deviation of ImageNet's pixels.
    pub const IMAGENET: Preprocessing =
        Preprocessing { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

    /// −1..1. torchvision's GoogLeNet and Inception v3 undo ImageNet's statistics with
    /// `transform_input=True`, which gives exactly this.
    pub const SYMMETRIC: Preprocessing =
        Preprocessing { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

    /// Values in 0..255 minus a mean (red, green, blue), as for Caffe's networks and earlier ones.
    pub const fn of_bytes([red, green, blue]: [f32; 3]) -> Preprocessing {
        Preprocessing { mean: [red / 255.0, green / 255.0, blue / 255.0], std: [1.0 / 255.0; 3] }
    }
}

/// The channel order of a network's first convolution.
///
/// Pictures stay in RGB: executors reorder the weights instead, once, on loading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChannelOrder {
    /// Red first.
    #[default]
    Rgb,
    /// Blue first, as in OpenCV and hence Caffe.
    Bgr,
}
