//! What a network expects of a picture's values, and of the order of its colours.

/// What a model does with a picture of RGB values in 0..1 before its first layer:
/// `(x - mean) / deviation` for each channel.
///
/// It belongs to the model: zero padding inside the network means the mean colour.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Preprocessing {
    pub mean: [f32; 3],
    pub deviation: [f32; 3],
}

impl Preprocessing {
    /// torchvision's: the mean and standard deviation of ImageNet's pixels.
    pub const IMAGENET: Preprocessing =
        Preprocessing { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

    /// −1..1. torchvision's GoogLeNet and Inception v3 undo ImageNet's statistics with
    /// `transform_input=True` and arrive at exactly this.
    pub const SYMMETRIC: Preprocessing =
        Preprocessing { mean: [0.5, 0.5, 0.5], deviation: [0.5, 0.5, 0.5] };

    /// Values in 0..255 from which a mean (red, green, blue) is subtracted, as Caffe's networks and
    /// those before them take pictures.
    pub const fn of_bytes([red, green, blue]: [f32; 3]) -> Preprocessing {
        Preprocessing {
            mean: [red / 255.0, green / 255.0, blue / 255.0],
            deviation: [1.0 / 255.0; 3],
        }
    }
}

/// The order in which a network's first convolution takes red, green and blue.
///
/// Pictures stay in RGB: [`fold_channel_order`](super::fold_channel_order) turns the weights round
/// instead, once, when they are loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChannelOrder {
    #[default]
    Rgb,
    /// Blue first, as OpenCV reads pictures, and hence Caffe.
    Bgr,
}
