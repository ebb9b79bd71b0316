//! Augmentation as text.

use crate::options::as_text;
use std::fmt;
use std::str::FromStr;

/// How pictures are distorted. Written as a list, `shift=1,rotate=10,scale=0.1,elastic=6:20,flip`,
/// or `none`; a name without a number uses the number given here.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Augmentation {
    /// The picture is shifted by up to this many pixels in each direction.
    pub shift: f32,
    /// It is rotated by up to this many degrees either way.
    pub rotate: f32,
    /// Its width and height are each scaled up or down by up to this fraction.
    pub scale: f32,
    /// It is distorted elastically; `None`: it is not.
    pub elastic: Option<Elastic>,
    /// Half of the pictures are flipped horizontally.
    pub flip: bool,
}

/// Elastic distortion: each pixel is displaced by random numbers in −1..1, smoothed by a Gaussian
/// (with zeros outside the picture) and multiplied by `alpha`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Elastic {
    /// Standard deviation of the Gaussian, in pixels.
    pub sigma: f32,
    /// Scale of the smoothed displacements, in pixels.
    pub alpha: f32,
}

/// Text that describes no [`Augmentation`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAugmentation {
    /// There is no distortion of that name.
    #[error(
        "there is no augmentation {0:?}; write none or some of shift, rotate, scale, elastic, flip"
    )]
    Unknown(String),
    /// The parameters of a distortion cannot be understood: the text, and what to write.
    #[error("{0:?} cannot be understood; write {1}")]
    Value(String, &'static str),
    /// A distortion is named twice.
    #[error("{0} is given twice; write it once")]
    Twice(&'static str),
}

/// One kind of distortion, by name.
struct Kind {
    name: &'static str,
    /// What to write, for an error message.
    form: &'static str,
    /// Turns it on with given or default parameters; `None` if they are invalid.
    set: fn(&mut Augmentation, Option<&str>) -> Option<()>,
    /// Its parameters; `None` if it is off.
    show: fn(&Augmentation) -> Option<String>,
}

/// The default parameters suit pictures of 28×28 and a LeNet that sees each picture a dozen times.
/// Those of Ciresan et al. (2010; scale 15 to 20 %, rotation 15°, elastic sigma 5 to 6 and alpha 36
/// to 38) are for hundreds of epochs: in a dozen they cause more errors than they prevent.
const KINDS: [Kind; 5] = [
    Kind {
        name: "shift",
        form: "shift=PIXELS, 0 to 1000",
        set: |augmentation, text| number(text, 1.0, 1000.0).map(|v| augmentation.shift = v),
        show: |augmentation| shown(augmentation.shift),
    },
    Kind {
        name: "rotate",
        form: "rotate=DEGREES, 0 to 180",
        set: |augmentation, text| number(text, 10.0, 180.0).map(|v| augmentation.rotate = v),
        show: |augmentation| shown(augmentation.rotate),
    },
    Kind {
        name: "scale",
        form: "scale=SHARE, 0 to 0.9",
        set: |augmentation, text| number(text, 0.1, 0.9).map(|v| augmentation.scale = v),
        show: |augmentation| shown(augmentation.scale),
    },
    Kind {
        name: "elastic",
        form: "elastic=SIGMA:ALPHA, the smoothing (0.1 to 100) and the strength (0 to 10000) in pixels",
        set: |augmentation, text| {
            let (sigma, alpha) = text.map_or(Some((None, None)), |text| {
                text.split_once(':').map(|(s, a)| (Some(s), Some(a)))
            })?;
            let sigma = number(sigma, 6.0, 100.0).filter(|sigma| *sigma >= 0.1)?;
            let alpha = number(alpha, 20.0, 10_000.0)?;
            augmentation.elastic = Some(Elastic { sigma, alpha });
            Some(())
        },
        show: |augmentation| {
            augmentation.elastic.map(|Elastic { sigma, alpha }| format!("={sigma}:{alpha}"))
        },
    },
    Kind {
        name: "flip",
        form: "flip",
        set: |augmentation, text| text.is_none().then(|| augmentation.flip = true),
        show: |augmentation| augmentation.flip.then(String::new),
    },
];

/// A number from 0 to `most`.
fn number(text: Option<&str>, usual: f32, most: f32) -> Option<f32> {
    let Some(text) = text else { return Some(usual) };
    text.parse().ok().filter(|value| (0.0..=most).contains(value))
}

fn shown(value: f32) -> Option<String> {
    (value != 0.0).then(|| format!("={value}"))
}

impl Augmentation {
    /// No distortion.
    pub const fn none() -> Augmentation {
        Augmentation { shift: 0.0, rotate: 0.0, scale: 0.0, elastic: None, flip: false }
    }

    /// Whether pictures are left unchanged.
    pub fn is_none(&self) -> bool {
        *self == Augmentation::none()
    }
}

impl FromStr for Augmentation {
    type Err = BadAugmentation;

    fn from_str(text: &str) -> Result<Augmentation, BadAugmentation> {
        let mut augmentation = Augmentation::none();
        if text == "none" {
            return Ok(augmentation);
        }
        let mut given = vec![];
        for item in text.split(',').map(str::trim) {
            let (name, value) =
                item.split_once('=').map_or((item, None), |(name, value)| (name, Some(value)));
            let unknown = || BadAugmentation::Unknown(item.into());
            let kind = KINDS.iter().find(|kind| kind.name == name).ok_or_else(unknown)?;
            if given.contains(&name) {
                return Err(BadAugmentation::Twice(kind.name));
            }
            given.push(name);
            (kind.set)(&mut augmentation, value)
                .ok_or_else(|| BadAugmentation::Value(item.into(), kind.form))?;
        }
        Ok(augmentation)
    }
}

impl fmt::Display for Augmentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let items: Vec<String> = KINDS
            .iter()
            .filter_map(|kind| Some(format!("{}{}", kind.name, (kind.show)(self)?)))
            .collect();
        f.write_str(if items.is_empty() { "none".into() } else { items.join(",") }.as_str())
    }
}

as_text!(Augmentation);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_alone_are_the_usual_strengths() {
        let augmentation: Augmentation = "shift,rotate,scale,elastic,flip".parse().unwrap();
        let text = "shift=1,rotate=10,scale=0.1,elastic=6:20,flip";
        assert_eq!(augmentation.to_string(), text);
        assert_eq!(text.parse(), Ok(augmentation));
    }

    #[test]
    fn none_is_written_and_read() {
        assert_eq!("none".parse(), Ok(Augmentation::none()));
        assert_eq!(Augmentation::none().to_string(), "none");
        assert!("shift=0".parse::<Augmentation>().unwrap().is_none());
    }

    #[test]
    fn what_is_not_understood_is_told_what_to_write() {
        let error = |text: &str| text.parse::<Augmentation>().unwrap_err().to_string();
        assert!(
            error("blur").starts_with("there is no augmentation \"blur\"; write none or some of")
        );
        assert!(error("").contains("write none"));
        assert!(error("scale=15").ends_with("write scale=SHARE, 0 to 0.9"));
        assert!(error("rotate=NaN").contains("0 to 180"));
        assert!(error("elastic=6").contains("elastic=SIGMA:ALPHA"));
        assert!(error("elastic=0:36").contains("0.1 to 100"));
        assert!(error("flip=1").ends_with("write flip"));
        assert_eq!(error("shift=1,shift"), "shift is given twice; write it once");
    }
}
