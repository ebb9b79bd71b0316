//! Options with numbers, written `NAME` or `NAME:KEY=NUMBER,KEY=NUMBER`.

use std::fmt;

/// Why an option cannot be understood.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ChoiceError {
    /// There is no choice of that name.
    #[error("there is no {what} {name:?}; write one of {}", known.join(", "))]
    Unknown {
        /// What is chosen: `optimizer`.
        what: &'static str,
        /// The name that was written.
        name: String,
        /// The names that there are.
        known: &'static [&'static str],
    },
    /// The choice has no such number.
    #[error("{name} takes {}, not {key:?}", numbers(known))]
    UnknownKey {
        /// The name that was written.
        name: String,
        /// The key of the number.
        key: String,
        /// The keys that there are.
        known: Vec<&'static str>,
    },
    /// Not a key and a number.
    #[error("{text:?} does not have the form KEY=NUMBER")]
    Form {
        /// What was written.
        text: String,
    },
    /// The number is out of bounds.
    #[error("{key} must be {wanted}, not {value}")]
    Range {
        /// The key of the number.
        key: &'static str,
        /// The number.
        value: f64,
        /// The bounds, in words.
        wanted: &'static str,
    },
}

fn numbers(known: &[&str]) -> String {
    if known.is_empty() { "no numbers".into() } else { known.join(" and ") }
}

/// The numbers allowed for a key, and how to say so.
#[derive(Clone, Copy)]
pub(super) struct Range {
    pub holds: fn(f64) -> bool,
    pub said: &'static str,
}

/// 0 or more, below 1.
pub(super) const BELOW_ONE: Range =
    Range { holds: |value| (0.0..1.0).contains(&value), said: "at least 0 and below 1" };

/// Above 0, at most 1.
pub(super) const SHARE: Range =
    Range { holds: |value| value > 0.0 && value <= 1.0, said: "above 0 and at most 1" };

/// Above 0.
pub(super) const POSITIVE: Range =
    Range { holds: |value| value > 0.0 && value.is_finite(), said: "above 0" };

/// 0 or more.
pub(super) const NOT_NEGATIVE: Range =
    Range { holds: |value| value >= 0.0 && value.is_finite(), said: "0 or more" };

/// A count.
pub(super) const AT_LEAST_ONE: Range = Range {
    holds: |value| (1.0..=1e6).contains(&value) && value.fract() == 0.0,
    said: "a whole number of 1 or more",
};

/// An option being parsed: its name, and the numbers not used yet.
pub(super) struct Choice<'a> {
    pub name: &'a str,
    numbers: Vec<(&'a str, f64)>,
    known: Vec<&'static str>,
}

impl<'a> Choice<'a> {
    /// # Errors
    /// If the text does not have the form of an option.
    pub fn parse(text: &'a str) -> Result<Choice<'a>, ChoiceError> {
        let (name, list) = text.split_once(':').unwrap_or((text, ""));
        let numbers = list.split(',').filter(|item| !item.trim().is_empty()).map(|item| {
            item.split_once('=')
                .and_then(|(key, value)| Some((key.trim(), value.trim().parse().ok()?)))
                .ok_or_else(|| ChoiceError::Form { text: item.trim().to_owned() })
        });
        Ok(Choice { name: name.trim(), numbers: numbers.collect::<Result<_, _>>()?, known: vec![] })
    }

    /// The number of that key, or `default` if it is not given.
    ///
    /// # Errors
    /// If it is out of range.
    pub fn take(
        &mut self,
        key: &'static str,
        default: f64,
        range: Range,
    ) -> Result<f64, ChoiceError> {
        self.known.push(key);
        let mut value = default;
        self.numbers.retain(|(name, given)| {
            let found = *name == key;
            if found {
                value = *given;
            }
            !found
        });
        if (range.holds)(value) {
            Ok(value)
        } else {
            Err(ChoiceError::Range { key, value, wanted: range.said })
        }
    }

    /// The option's `value`, if all of its numbers have been used.
    ///
    /// # Errors
    /// Names the first unknown number.
    pub fn finish<T>(self, value: T) -> Result<T, ChoiceError> {
        match self.numbers.first() {
            None => Ok(value),
            Some((key, _)) => Err(ChoiceError::UnknownKey {
                name: self.name.to_owned(),
                key: (*key).to_owned(),
                known: self.known,
            }),
        }
    }
}

/// Writes an option as [`Choice::parse`] reads it.
pub(super) fn write(f: &mut fmt::Formatter, name: &str, numbers: &[(&str, f64)]) -> fmt::Result {
    f.write_str(name)?;
    for (index, (key, value)) in numbers.iter().enumerate() {
        let separator = if index == 0 { ':' } else { ',' };
        write!(f, "{separator}{key}={value}")?;
    }
    Ok(())
}
