//! Lists of options, each written once: its name, type, default, help and the values that it takes. The
//! command line, a picture's recipe, and whatever else sets options by name follow from such a list.

use std::fmt::Display;
use std::path::PathBuf;

/// One option of a struct of options.
pub struct Setting<S> {
    /// As the command line spells it: `octave-scale`.
    pub name: &'static str,
    /// The letter after a single dash, if it has one.
    pub short: Option<char>,
    /// What a value is called in help.
    pub value_name: &'static str,
    /// What the option does, in lines.
    pub help: &'static [&'static str],
    /// The values of an option that has few, each with its help.
    pub choices: fn() -> Vec<(&'static str, &'static str)>,
    /// The value where the option is named without one, if it may be.
    pub bare: Option<&'static str>,
    /// Reads a value and sets it; an error says what the value should be.
    pub set: fn(&mut S, &str) -> Result<(), String>,
    /// The value as it would be written; `None` where it is not set.
    pub get: fn(&S) -> Option<String>,
}

/// A struct of options that has a list of them.
pub trait OptionList: Default + Clone + Send + Sync + 'static {
    /// Every option, in the order in which help lists them.
    const OPTIONS: &'static [Setting<Self>];
}

impl<S> Setting<S> {
    /// What the option does, in one paragraph.
    pub fn help(&self) -> String {
        self.help.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ")
    }
}

/// The value of an option.
pub trait Value: Sized {
    /// What is read where a value is set.
    type Read;

    /// The value of what was read.
    fn of(read: Self::Read) -> Self;

    /// As it would be written; `None` where it is not set.
    fn text(&self) -> Option<String>;

    /// Values where there are few, each with its help.
    fn choices() -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }

    /// Whether it is not set.
    fn is_unset(&self) -> bool {
        self.text().is_none()
    }
}

impl<T: Value<Read = T>> Value for Option<T> {
    type Read = T;

    fn of(read: T) -> Option<T> {
        Some(read)
    }

    fn text(&self) -> Option<String> {
        self.as_ref().and_then(T::text)
    }

    fn choices() -> Vec<(&'static str, &'static str)> {
        T::choices()
    }
}

macro_rules! values {
    ($($type:ty)*) => {
        $(impl Value for $type {
            type Read = $type;

            fn of(read: $type) -> $type {
                read
            }

            fn text(&self) -> Option<String> {
                Some(self.to_string())
            }
        })*
    };
}

values!(usize u32 u64 u8 f64 String);

/// `yes`, or not set.
impl Value for bool {
    type Read = bool;

    fn of(read: bool) -> bool {
        read
    }

    fn text(&self) -> Option<String> {
        self.then(|| "yes".to_owned())
    }
}

impl Value for PathBuf {
    type Read = PathBuf;

    fn of(read: PathBuf) -> PathBuf {
        read
    }

    fn text(&self) -> Option<String> {
        Some(self.to_string_lossy().into_owned())
    }
}

/// Declares a struct of options with `Default` and serde, and its list of [`Setting`]s.
///
/// Each line is `field "name" 'short' "VALUE" ["bare"]: Type = default, parse;` after the help, which is the
/// field's documentation.
#[macro_export]
macro_rules! settings {
    (
        $(#[$about:meta])*
        $visible:vis struct $name:ident;
        $(
            $(#[doc = $help:literal])+
            $field:ident $option:literal $($short:literal)? : $value:literal $([$bare:literal])?
            : $type:ty = $default:expr, $parse:expr;
        )*
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        $visible struct $name {
            $(
                $(#[doc = $help])+
                #[serde(skip_serializing_if = "is_unset")]
                pub $field: $type,
            )*
        }

        fn is_unset<T: $crate::options::Value>(value: &T) -> bool {
            value.is_unset()
        }

        impl Default for $name {
            fn default() -> $name {
                $name { $($field: $default),* }
            }
        }

        impl $crate::options::OptionList for $name {
            const OPTIONS: &'static [$crate::options::Setting<$name>] = &[
                $($crate::options::Setting {
                    name: $option,
                    short: $crate::options::first(&[$($short)?]),
                    value_name: $value,
                    help: &[$($help),+],
                    choices: <$type as $crate::options::Value>::choices,
                    bare: $crate::options::first(&[$($bare)?]),
                    set: |settings, text| {
                        settings.$field = <$type as $crate::options::Value>::of($parse(text)?);
                        Ok(())
                    },
                    get: |settings| $crate::options::Value::text(&settings.$field),
                }),*
            ];
        }
    };
}

/// Declares an enum whose variants have names, and what follows from them: `ALL`, `name`, `FromStr`,
/// `Display`, serde and [`Value`]. Variants in brackets have a name, but cannot be chosen.
macro_rules! choices {
    (
        $(#[$about:meta])*
        pub enum $name:ident {
            $($(#[doc = $help:literal])+ $variant:ident $text:literal,)+
            $([$(#[doc = $hidden_help:literal])+ $hidden:ident $hidden_text:literal])*
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[doc = $help])+ #[serde(rename = $text)] $variant,)+
            $($(#[doc = $hidden_help])+ #[serde(rename = $hidden_text)] $hidden,)*
        }

        impl $name {
            /// All that can be chosen, in the order of lists.
            pub const ALL: &[$name] = &[$($name::$variant),+];

            /// Its name on the command line and in files.
            pub fn name(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)+
                    $($name::$hidden => $hidden_text,)*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<$name, String> {
                let found = $name::ALL.iter().find(|value| value.name() == text);
                found.copied().ok_or_else(|| {
                    let known: Vec<&str> = $name::ALL.iter().map(|value| value.name()).collect();
                    format!("{text:?} is none of {}", known.join(", "))
                })
            }
        }

        impl $crate::options::Value for $name {
            type Read = $name;

            fn of(read: $name) -> $name {
                read
            }

            fn text(&self) -> Option<String> {
                Some(self.to_string())
            }

            fn choices() -> Vec<(&'static str, &'static str)> {
                vec![$(($text, concat!($($help),+).trim_ascii().trim_end_matches('.'))),+]
            }
        }
    };
}
/// A type that serde writes as its `Display` says and reads as its `FromStr` does, with
/// `#[serde(into = "String", try_from = "String")]`.
macro_rules! as_text {
    ($type:ty) => {
        impl From<$type> for String {
            fn from(value: $type) -> String {
                value.to_string()
            }
        }

        impl TryFrom<String> for $type {
            type Error = <$type as std::str::FromStr>::Err;

            fn try_from(text: String) -> Result<$type, Self::Error> {
                text.parse()
            }
        }
    };
}

pub(crate) use as_text;
pub(crate) use choices;

/// The one of at most one.
pub const fn first<T: Copy>(values: &[T]) -> Option<T> {
    match values {
        [value, ..] => Some(*value),
        [] => None,
    }
}

/// A finite number.
///
/// # Errors
/// Says that it is none.
pub fn number(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
        .ok_or_else(|| format!("{text:?} is not a number"))
}

/// A number above 0 and at most a million.
///
/// # Errors
/// Says what it should be.
pub fn positive(text: &str) -> Result<f64, String> {
    match number(text)? {
        value if value > 0.0 && value <= 1e6 => Ok(value),
        _ => Err("it must be above 0 and at most 1000000".into()),
    }
}

/// A number above 1.
///
/// # Errors
/// Says what it should be.
pub(crate) fn above_one(text: &str) -> Result<f64, String> {
    match number(text)? {
        value if value > 1.0 => Ok(value),
        _ => Err("it must be above 1".into()),
    }
}

/// A whole number from 1 to `MOST`.
///
/// # Errors
/// Says what it should be.
pub fn up_to<const MOST: usize>(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|value| (1..=MOST).contains(value))
        .ok_or_else(|| format!("{text:?} is not a whole number from 1 to {MOST}"))
}

/// A whole number from 0 on.
///
/// # Errors
/// Says what it should be.
pub fn whole<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text:?} is not a whole number from 0 on"))
}

/// `yes` or `no`.
///
/// # Errors
/// Says what it should be.
pub(crate) fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(format!("{text:?} is neither yes nor no")),
    }
}

/// Whatever the type itself reads.
///
/// # Errors
/// As the type says.
pub fn parsed<T: std::str::FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::core::Loss;
    use crate::network::Activation;
    use crate::trained::{Initialisation, Inputs};

    #[test]
    fn a_choice_is_read_by_its_name_which_is_that_of_its_json() {
        macro_rules! check {
            ($($type:ident)*) => {
                $(for value in $type::ALL {
                    assert_eq!(value.to_string().parse(), Ok(*value));
                    assert_eq!(serde_json::to_value(value).expect("it is written"), value.name());
                })*
            };
        }
        check!(Loss Activation Initialisation Inputs);
        assert_eq!(serde_json::to_value(Activation::Relu6).expect("it is written"), "relu6");
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = "linear".parse::<Loss>().expect_err("there is none");
        assert_eq!(error, "\"linear\" is none of quadratic, cross-entropy");
        assert!("relu6".parse::<Activation>().is_err());
    }

    #[test]
    fn help_is_a_choices_documentation() {
        let choices = Loss::choices();
        assert_eq!(choices[0], ("quadratic", "½·Σ(a − y)²"));
        assert!(choices[1].1.contains("after a softmax; −Σ [y·ln a"), "{}", choices[1].1);
    }
}
