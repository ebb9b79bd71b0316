//! Architectures as text.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::Architecture;
use crate::network::zoo::lenet;
use crate::options::as_text;

/// Text that describes no architecture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseArchitectureError {
    /// No architecture starts like this.
    #[error(
        "there is no network {text:?} to train; write lenet5, lenet, \
         lenet:maps=8-32,kernel=3,hidden=200, vgg:16-16/32-32/64-64, vgg_bn:16-16/32-32/64-64 or \
         mlp:784-30-10"
    )]
    Unknown {
        /// The text that cannot be understood.
        text: String,
    },
    /// LeNet-5 has no options.
    #[error("lenet5 is fixed as published and takes no options; lenet does: lenet:maps=8-32")]
    LeNet5Options,
    /// LeNet has no such option.
    #[error(
        "lenet has no option {option:?}; write lenet:maps=6-16,kernel=5,hidden=120-84, or a part of it"
    )]
    Option {
        /// The option's name.
        option: String,
    },
    /// An option is given twice.
    #[error("lenet's {option} is given twice; give it once")]
    Twice {
        /// The option's name.
        option: String,
    },
    /// A multi-layer perceptron has fewer than two widths.
    #[error(
        "an mlp has at least two widths, those of the picture and of the output; write mlp:784-30-10"
    )]
    Widths,
    /// A VGG has no blocks.
    #[error(
        "a vgg needs the feature maps of its convolutions, block by block; write vgg:16-16/32-32/64-64"
    )]
    Blocks,
    /// A number is not whole, or out of bounds.
    #[error("{text:?} is not a whole number from 1 to {most}; write {example}")]
    Number {
        /// The text that cannot be understood.
        text: String,
        /// The largest number that is allowed there.
        most: usize,
        /// What to write.
        example: &'static str,
    },
}

/// The most maps of a convolution and the most values of a layer.
const WIDEST: usize = 1_000_000;

/// The longest side of a kernel.
const LARGEST_KERNEL: usize = 99;

const MAPS: &str = "lenet:maps=8-32";
const KERNEL: &str = "lenet:kernel=3";
const HIDDEN: &str = "lenet:hidden=120-84 or lenet:hidden=none";
const VGG: &str = "vgg:16-16/32-32/64-64";
const MLP: &str = "mlp:784-30-10";

/// The value of `hidden` for a LeNet without hidden layers.
const NONE: &str = "none";

impl FromStr for Architecture {
    type Err = ParseArchitectureError;

    fn from_str(text: &str) -> Result<Architecture, ParseArchitectureError> {
        let (name, options) = match text.split_once(':') {
            None => (text, None),
            Some((name, options)) => (name, Some(options)),
        };
        match (name, options) {
            ("lenet5", None) => Ok(Architecture::LeNet5),
            ("lenet5", Some(_)) => Err(ParseArchitectureError::LeNet5Options),
            ("lenet", None) => Ok(Architecture::lenet()),
            ("lenet", Some(options)) => lenet_with(options),
            ("vgg" | "vgg_bn", None) => Err(ParseArchitectureError::Blocks),
            ("vgg" | "vgg_bn", Some(blocks)) => {
                let blocks = blocks.split('/').map(|maps| numbers(maps, WIDEST, VGG));
                let blocks = blocks.collect::<Result<_, _>>()?;
                Ok(Architecture::Vgg { blocks, batch_norm: name == "vgg_bn" })
            }
            ("mlp", None) => Err(ParseArchitectureError::Widths),
            ("mlp", Some(widths)) => match numbers(widths, WIDEST, MLP)? {
                widths if widths.len() < 2 => Err(ParseArchitectureError::Widths),
                widths => Ok(Architecture::Mlp { widths }),
            },
            _ => Err(ParseArchitectureError::Unknown { text: text.to_owned() }),
        }
    }
}

/// A LeNet with some options set.
fn lenet_with(options: &str) -> Result<Architecture, ParseArchitectureError> {
    let (mut maps, mut kernel, mut hidden) = (None, None, None);
    for option in options.split(',') {
        let unknown = || ParseArchitectureError::Option { option: option.to_owned() };
        let (name, value) = option.split_once('=').ok_or_else(unknown)?;
        let repeated = match name {
            "maps" => maps.replace(numbers(value, WIDEST, MAPS)?).is_some(),
            "kernel" => kernel.replace(number(value, LARGEST_KERNEL, KERNEL)?).is_some(),
            "hidden" if value == NONE => hidden.replace(vec![]).is_some(),
            "hidden" => hidden.replace(numbers(value, WIDEST, HIDDEN)?).is_some(),
            _ => return Err(unknown()),
        };
        if repeated {
            return Err(ParseArchitectureError::Twice { option: name.to_owned() });
        }
    }
    Ok(Architecture::LeNet {
        maps: maps.unwrap_or_else(|| lenet::MAPS.into()),
        kernel: kernel.unwrap_or(lenet::KERNEL),
        hidden: hidden.unwrap_or_else(|| lenet::HIDDEN.into()),
    })
}

/// Numbers separated by hyphens.
fn numbers(
    text: &str,
    most: usize,
    example: &'static str,
) -> Result<Vec<usize>, ParseArchitectureError> {
    text.split('-').map(|text| number(text, most, example)).collect()
}

fn number(text: &str, most: usize, example: &'static str) -> Result<usize, ParseArchitectureError> {
    text.parse()
        .ok()
        .filter(|number| (1..=most).contains(number))
        .ok_or_else(|| ParseArchitectureError::Number { text: text.to_owned(), most, example })
}

impl Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Architecture::LeNet5 => f.write_str("lenet5"),
            Architecture::LeNet { maps, kernel, hidden } => {
                let mut options = vec![];
                if *maps != lenet::MAPS {
                    options.push(format!("maps={}", joined(maps)));
                }
                if *kernel != lenet::KERNEL {
                    options.push(format!("kernel={kernel}"));
                }
                if *hidden != lenet::HIDDEN {
                    let widths = if hidden.is_empty() { NONE.to_owned() } else { joined(hidden) };
                    options.push(format!("hidden={widths}"));
                }
                let colon = if options.is_empty() { "" } else { ":" };
                write!(f, "lenet{colon}{}", options.join(","))
            }
            Architecture::Vgg { blocks, batch_norm } => {
                let blocks: Vec<String> = blocks.iter().map(|maps| joined(maps)).collect();
                let name = if *batch_norm { "vgg_bn" } else { "vgg" };
                write!(f, "{name}:{}", blocks.join("/"))
            }
            Architecture::Mlp { widths } => write!(f, "mlp:{}", joined(widths)),
        }
    }
}

fn joined(numbers: &[usize]) -> String {
    numbers.iter().map(usize::to_string).collect::<Vec<_>>().join("-")
}

as_text!(Architecture);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_lead_back_to_themselves() {
        for text in [
            "lenet5",
            "lenet",
            "lenet:maps=8",
            "lenet:maps=8-32,kernel=3,hidden=200",
            "lenet:hidden=none",
            "vgg:8",
            "vgg:16-16/32-32/64",
            "vgg_bn:16-16/32",
            "mlp:784-10",
            "mlp:784-300-100-10",
        ] {
            let architecture: Architecture = text.parse().expect("it is an architecture");
            assert_eq!(architecture.to_string(), text);
        }
    }

    #[test]
    fn options_at_their_defaults_are_left_out() {
        let lenet: Architecture = "lenet:kernel=5,hidden=120-84,maps=6-16".parse().expect("valid");
        assert_eq!(lenet, Architecture::lenet());
        assert_eq!(lenet.to_string(), "lenet");
    }

    #[test]
    fn options_come_in_any_order() {
        let lenet: Architecture = "lenet:hidden=9,kernel=3,maps=1-2-3".parse().expect("valid");
        assert_eq!(lenet, Architecture::LeNet { maps: vec![1, 2, 3], kernel: 3, hidden: vec![9] });
    }

    #[test]
    fn bad_texts_give_an_error_in_one_line_that_says_what_to_write() {
        for (text, advice) in [
            ("", "lenet:maps=8-32,kernel=3,hidden=200"),
            ("lenet9", "lenet:maps=8-32,kernel=3,hidden=200"),
            ("LeNet5", "write lenet5"),
            ("lenet5:maps=3", "lenet:maps=8-32"),
            ("lenet:", "lenet:maps=6-16,kernel=5,hidden=120-84"),
            ("lenet:maps", "lenet:maps=6-16,kernel=5,hidden=120-84"),
            ("lenet:depth=3", "\"depth=3\""),
            ("lenet:maps=", "lenet:maps=8-32"),
            ("lenet:maps=8--32", "lenet:maps=8-32"),
            ("lenet:maps=8,32", "\"32\""),
            ("lenet:maps=8,maps=9", "maps is given twice"),
            ("lenet:kernel=0", "lenet:kernel=3"),
            ("lenet:kernel=100", "from 1 to 99"),
            ("lenet:kernel=3x3", "\"3x3\""),
            ("lenet:hidden=0", "hidden=none"),
            ("mlp", "mlp:784-30-10"),
            ("mlp:", "mlp:784-30-10"),
            ("mlp:784", "at least two widths"),
            ("mlp:784-0-10", "\"0\""),
            ("mlp:784-30.5-10", "\"30.5\""),
            ("mlp:784-99999999999999999999-10", "from 1 to 1000000"),
        ] {
            let error = text.parse::<Architecture>().expect_err(text).to_string();
            assert!(error.contains(advice), "{text}: {error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }
}
