//! Options of a dream whose values are compared.

use std::str::FromStr;

use clap::ValueEnum;

use super::super::arguments::{DreamOptions, above_one, positive, up_to};
use dreamer::backend::Normalize;

/// Reads a value of an option and sets it.
type Set = fn(&mut DreamOptions, &str) -> Result<(), String>;

/// Every option that can be swept, by its name on the command line.
const OPTIONS: [(&str, Set); 10] = [
    ("octaves", |options, text| set(&mut options.octaves, up_to::<1000>(text))),
    ("octave-scale", |options, text| set(&mut options.octave_scale, above_one(text))),
    ("iterations", |options, text| set(&mut options.iterations, up_to::<1_000_000>(text))),
    ("step", |options, text| set(&mut options.step, positive(text))),
    ("jitter", |options, text| set(&mut options.jitter, whole(text))),
    ("normalize", |options, text| set(&mut options.normalize, Normalize::from_str(text, false))),
    ("seed", |options, text| set(&mut options.seed, whole(text))),
    ("max-size", |options, text| set(&mut options.max_size, up_to::<1_000_000>(text).map(Some))),
    ("tile", |options, text| set(&mut options.tile, up_to::<1_000_000>(text).map(Some))),
    ("quality", |options, text| set(&mut options.quality, up_to::<100>(text).map(|it| it as u8))),
];

fn set<T>(option: &mut T, value: Result<T, String>) -> Result<(), String> {
    *option = value?;
    Ok(())
}

fn whole<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text:?} is not a whole number from 0 on"))
}

/// An option and the values that it takes in turn.
#[derive(Clone, Debug)]
pub struct Sweep {
    pub option: &'static str,
    pub values: Vec<String>,
    set: Set,
}

impl Sweep {
    /// Sets the option to one of the values.
    ///
    /// # Errors
    /// Says what the value should be.
    pub fn set(&self, options: &mut DreamOptions, value: &str) -> Result<(), String> {
        (self.set)(options, value).map_err(|error| format!("{}={value}: {error}", self.option))
    }
}

impl FromStr for Sweep {
    type Err = String;

    fn from_str(text: &str) -> Result<Sweep, String> {
        let (name, values) =
            text.split_once('=').ok_or("write OPTION=VALUE,VALUE,…, as in octaves=2,4,6")?;
        let name = name.trim();
        let (option, set) =
            OPTIONS.into_iter().find(|(option, _)| *option == name).ok_or_else(|| {
                let names = OPTIONS.map(|(option, _)| option).join(", ");
                format!("{name:?} is none of the options that can be swept: {names}")
            })?;
        let values: Vec<String> = values.split(',').map(|value| value.trim().to_owned()).collect();
        if values.iter().any(String::is_empty) {
            return Err(format!("a value of {name} is missing; write {name}=VALUE,VALUE,…"));
        }
        Ok(Sweep { option, values, set })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Arguments;
    use clap::{CommandFactory, Parser};

    #[test]
    fn every_option_is_one_of_a_dream_and_takes_its_own_default() {
        let command = Arguments::command();
        for (name, set) in OPTIONS {
            let argument =
                command.get_arguments().find(|argument| argument.get_long() == Some(name));
            let default = argument.expect("it is an option").get_default_values();
            let value = default.first().map_or("512", |value| value.to_str().expect("a number"));
            let mut options = Arguments::parse_from(["dreamer", "a.jpg"]).dream.dream;
            let before = format!("{options:?}");
            set(&mut options, value).expect("its own default");
            assert_eq!(before == format!("{options:?}"), !default.is_empty(), "{name}");
        }
    }

    #[test]
    fn values_that_the_option_itself_would_refuse_are_refused() {
        let mut options = Arguments::parse_from(["dreamer", "a.jpg"]).dream.dream;
        for (sweep, value) in [("octaves=2", "0"), ("step=1", "nan"), ("quality=1", "101")] {
            let sweep: Sweep = sweep.parse().expect("it is sound");
            let error = sweep.set(&mut options, value).expect_err("it is refused");
            assert!(error.starts_with(&format!("{}={value}: ", sweep.option)), "{error}");
        }
    }

    #[test]
    fn what_is_no_option_is_told_which_are() {
        let error = "octave=2".parse::<Sweep>().expect_err("it is octaves");
        assert!(error.contains("octaves, octave-scale"), "{error}");
        assert!("step".parse::<Sweep>().is_err());
        assert!("step=1,,2".parse::<Sweep>().is_err());
    }
}
