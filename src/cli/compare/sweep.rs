//! Options of a dream whose values are compared.

use std::str::FromStr;

use super::super::files::FileOptions;
use dreamer::dream::Settings;
use dreamer::options::OptionList;

/// Where the options of a dream begin that do not say what is dreamed, for which a comparison has others.
pub const WITHOUT_TARGETS: usize = 2;

/// What a dream is dreamed and written with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Swept {
    pub settings: Settings,
    pub files: FileOptions,
}

/// Reads a value of an option and sets it.
type Set = Box<dyn Fn(&mut Swept, &str) -> Result<(), String> + Send + Sync>;

/// Every option that can be swept, by its name on the command line.
fn options() -> impl Iterator<Item = (&'static str, Set)> {
    let settings = Settings::OPTIONS[WITHOUT_TARGETS..].iter().map(|option| {
        let set: Set = Box::new(|swept, text| (option.set)(&mut swept.settings, text));
        (option.name, set)
    });
    // The photograph is read once, before any dream.
    let written = FileOptions::OPTIONS.iter().filter(|option| option.name != "max-pixels");
    let files = written.map(|option| {
        let set: Set = Box::new(|swept, text| (option.set)(&mut swept.files, text));
        (option.name, set)
    });
    settings.chain(files)
}

/// An option and the values that it takes in turn.
#[derive(Clone, Debug)]
pub struct Sweep {
    pub option: &'static str,
    pub values: Vec<String>,
}

impl Sweep {
    /// Sets the option to one of the values.
    ///
    /// # Errors
    /// Says what the value should be.
    pub fn set(&self, swept: &mut Swept, value: &str) -> Result<(), String> {
        let (_, set) = options().find(|(option, _)| *option == self.option).expect("it is listed");
        set(swept, value).map_err(|error| format!("{}={value}: {error}", self.option))
    }
}

impl FromStr for Sweep {
    type Err = String;

    fn from_str(text: &str) -> Result<Sweep, String> {
        let (name, values) =
            text.split_once('=').ok_or("write OPTION=VALUE,VALUE,…, as in octaves=2,4,6")?;
        let name = name.trim();
        let names: Vec<&str> = options().map(|(option, _)| option).collect();
        let option = names.iter().find(|option| **option == name).ok_or_else(|| {
            format!("{name:?} is none of the options that can be swept: {}", names.join(", "))
        })?;
        let values: Vec<String> = values.split(',').map(|value| value.trim().to_owned()).collect();
        if values.iter().any(String::is_empty) {
            return Err(format!("a value of {name} is missing; write {name}=VALUE,VALUE,…"));
        }
        Ok(Sweep { option, values })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_but_the_layer_can_be_swept() {
        let names: Vec<&str> = options().map(|(name, _)| name).collect();
        assert!(!names.contains(&"layer") && !names.contains(&"max-pixels"));
        for name in ["octaves", "step", "normalize", "tile", "laplacian", "quality"] {
            assert!(names.contains(&name), "{name}");
        }
    }

    #[test]
    fn a_value_is_set() {
        let mut swept = Swept::default();
        let sweep: Sweep = "step=1,2".parse().expect("it is sound");
        sweep.set(&mut swept, &sweep.values[1]).expect("it is a step");
        assert_eq!(swept.settings.step, 2.0);
        let quality: Sweep = "quality=50".parse().expect("it is sound");
        quality.set(&mut swept, "50").expect("it is a quality");
        assert_eq!(swept.files.quality, 50);
    }

    #[test]
    fn values_that_the_option_itself_would_refuse_are_refused() {
        for (sweep, value) in [("octaves=2", "0"), ("step=1", "nan"), ("quality=1", "101")] {
            let sweep: Sweep = sweep.parse().expect("it is sound");
            let error = sweep.set(&mut Swept::default(), value).expect_err("it is refused");
            assert!(error.starts_with(&format!("{}={value}: ", sweep.option)), "{error}");
        }
    }

    #[test]
    fn what_is_no_option_is_answered_with_those_that_are() {
        let error = "octave=2".parse::<Sweep>().expect_err("it is octaves");
        assert!(error.contains("octaves, octave-scale"), "{error}");
        assert!("step".parse::<Sweep>().is_err());
        assert!("step=1,,2".parse::<Sweep>().is_err());
    }
}
