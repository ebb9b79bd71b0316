//! Everything that decides what a dream looks like, apart from the network and the photograph.

use super::border::{Border, Seamless};
use super::filter::Normalize;
use super::objective::ObjectiveKind;
use crate::options::{
    OptionList, Value, above_one, number, parsed, positive, up_to, whole, yes_or_no,
};
use crate::picture::PictureFile;
use crate::settings;

settings! {
    /// How a picture is dreamed.
    ///
    /// This is the one list of options: the command line's, those in a picture's metadata, and those of
    /// `dreamer compare --sweep` follow from it.
    pub struct Settings;

    /// Layer to dream, or several with weights (`a,b=0.5`), or channels of a layer (`a:17`, `a:0-31`);
    /// may be repeated; `dreamer layers` lists them [default: the model's]
    layers "layer" 'l': "NAME[:CHANNEL][=WEIGHT]": Vec<LayerWeight> = Vec::new(), layers;

    /// Class to dream, or several with weights (flamingo,zebra=0.5): a name, a number in WordNet or an
    /// index; `dreamer classes` lists them
    classes "class": "NAME[=WEIGHT]": Vec<LayerWeight> = Vec::new(), layers;

    /// What is climbed [default: energy for a layer that cannot be negative, mean for any other]
    objective "objective": "KIND": Option<ObjectiveKind> = None, parsed;

    /// Number of sizes at which the picture is dreamed
    octaves "octaves" 'n': "NUMBER": usize = 4, up_to::<1000>;

    /// Ratio of one octave's size to the next
    octave_scale "octave-scale": "RATIO": f64 = 1.4, above_one;

    /// Gradient steps in each octave
    iterations "iterations" 'i': "NUMBER": usize = 10, up_to::<1_000_000>;

    /// Size of a step, in levels of 255 (on average over the pixels, with normalize mean)
    step "step" 's': "LEVELS": f64 = 1.5, positive;

    /// Maximum random shift of the picture per step
    jitter "jitter" 'j': "PIXELS": u32 = 32, whole;

    /// What lies beyond the edges of the picture
    border "border": "WITH": Border = Border::Mirror, parsed;

    /// Make a picture that can be laid beside itself without a seam, as textures and panoramas are
    seamless "seamless": "AXES" ["both"]: Option<Seamless> = None, parsed;

    /// Standard deviation, in pixels, of the Gaussian that the gradient is smoothed with; 0 for none
    /// [default: the model's]
    smooth "smooth": "PIXELS": Option<f64> = None, at_most_hundred;

    /// What the gradient is divided by
    normalize "normalize": "BY": Normalize = Normalize::Mean, parsed;

    /// Seed of the random numbers; the same seed gives the same picture on the same device with the
    /// same number of threads
    seed "seed": "NUMBER": u64 = 0, whole;

    /// Shrink the photograph first until neither side is longer
    max_size "max-size": "PIXELS": Option<usize> = None, up_to::<1_000_000>;

    /// Compute in overlapping tiles of at most PIXELS×PIXELS [default: only where memory is short;
    /// without PIXELS: 1024]
    tile "tile": "PIXELS" ["1024"]: Option<usize> = None, up_to::<1_000_000>;

    /// Picture whose features are dreamed: each place of the layer follows the most similar feature of
    /// this picture
    guide "guide": "PICTURE": Option<PictureFile> = None, parsed;

    /// Number of levels of a Laplacian pyramid whose bands are normalised one by one, so that coarse
    /// and fine patterns grow alike
    laplacian "laplacian": "LEVELS": Option<usize> = None, up_to::<16>;

    /// Keep the photograph's brightness, contrast and saturation, so that dreams of dreams do not burn
    /// out
    keep_contrast "keep-contrast": "YES|NO" ["yes"]: bool = false, yes_or_no;

    /// Picture of where to dream: white dreams, black stays as it is, grey dreams proportionally less
    mask "mask": "PICTURE": Option<PictureFile> = None, parsed;
}

impl Settings {
    /// Whether each setting has a value that it can have.
    ///
    /// # Errors
    /// Names the first that has not, and says what it should be.
    pub fn check(&self) -> Result<(), String> {
        let mut read = Settings::default();
        for option in Settings::OPTIONS {
            if let Some(text) = (option.get)(self) {
                (option.set)(&mut read, &text)
                    .map_err(|error| format!("{}={text}: {error}", option.name))?;
            }
        }
        match (&self.guide, self.objective) {
            (Some(_), Some(objective)) => Err(format!(
                "objective={objective} does not go with a guide, which is what is climbed already"
            )),
            _ => Ok(()),
        }
    }

    /// The layers and classes with their weights, for people.
    pub fn target_names(&self) -> String {
        let targets = self.layers.iter().chain(&self.classes);
        targets.map(LayerWeight::to_string).collect::<Vec<_>>().join(",")
    }

    /// The pictures that the dream needs beside the photograph.
    pub fn pictures(&self) -> impl Iterator<Item = &PictureFile> {
        self.guide.iter().chain(&self.mask)
    }

    /// The same with the names of files without their folders, to be published.
    pub fn without_folders(&self) -> Settings {
        let mut settings = self.clone();
        settings.pictures_mut().for_each(|picture| *picture = picture.without_folder());
        settings
    }

    /// The pictures that the dream needs beside the photograph, to exchange them.
    pub fn pictures_mut(&mut self) -> impl Iterator<Item = &mut PictureFile> {
        self.guide.iter_mut().chain(&mut self.mask)
    }
}

/// A layer's name, a channel's or a class's, and its weight among several.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LayerWeight {
    /// The name of a layer, `LAYER:CHANNEL` for one channel of it, or of a class.
    pub name: String,
    /// What its part of the score is multiplied by.
    pub weight: f64,
}

impl From<&str> for LayerWeight {
    fn from(name: &str) -> LayerWeight {
        LayerWeight { name: name.to_owned(), weight: 1.0 }
    }
}

impl std::str::FromStr for LayerWeight {
    type Err = String;

    fn from_str(text: &str) -> Result<LayerWeight, String> {
        let (name, weight) = match text.split_once('=') {
            None => (text.trim(), 1.0),
            Some((name, weight)) => (name.trim(), number(weight.trim())?),
        };
        if name.is_empty() {
            return Err("the name is missing; write NAME or NAME=WEIGHT".into());
        }
        if weight == 0.0 {
            return Err("a weight of 0 dreams nothing; leave the name out".into());
        }
        Ok(LayerWeight { name: name.to_owned(), weight })
    }
}

impl std::fmt::Display for LayerWeight {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self.weight {
            1.0 => f.write_str(&self.name),
            weight => write!(f, "{}={weight}", self.name),
        }
    }
}

impl Value for Vec<LayerWeight> {
    type Read = Vec<LayerWeight>;

    fn of(read: Vec<LayerWeight>) -> Vec<LayerWeight> {
        read
    }

    fn text(&self) -> Option<String> {
        let layers: Vec<String> = self.iter().map(LayerWeight::to_string).collect();
        (!layers.is_empty()).then(|| layers.join(","))
    }
}

fn at_most_hundred(text: &str) -> Result<f64, String> {
    match number(text)? {
        value if (0.0..=100.0).contains(&value) => Ok(value),
        _ => Err("it must be from 0 to 100".into()),
    }
}

fn layers(text: &str) -> Result<Vec<LayerWeight>, String> {
    text.split(',').map(str::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_separated_by_commas_and_spaces_do_not_count() {
        let read = layers(" one, two = 0.5,three=-2").expect("they are layers");
        let texts: Vec<String> = read.iter().map(ToString::to_string).collect();
        assert_eq!(texts, ["one", "two=0.5", "three=-2"]);
        assert!(layers("a,,b").is_err() && layers("a=0").is_err() && layers("a=nan").is_err());
    }

    #[test]
    fn every_option_that_is_set_is_read_back_from_its_own_text() {
        let texts = [
            ("layer", "a:3,b=0.5"),
            ("class", "flamingo,great white shark=0.5"),
            ("objective", "mean"),
            ("octaves", "3"),
            ("octave-scale", "1.25"),
            ("iterations", "7"),
            ("step", "0.1"),
            ("jitter", "0"),
            ("border", "wrap"),
            ("seamless", "x"),
            ("smooth", "0.5"),
            ("normalize", "std"),
            ("seed", "18446744073709551615"),
            ("max-size", "640"),
            ("tile", "512"),
            ("guide", "bees.jpg"),
            ("laplacian", "4"),
            ("keep-contrast", "yes"),
            ("mask", "a b.png"),
        ];
        let mut settings = Settings::default();
        assert_eq!(texts.len(), Settings::OPTIONS.len(), "each option has a value here");
        for (option, (name, text)) in Settings::OPTIONS.iter().zip(texts) {
            assert_eq!(option.name, name);
            (option.set)(&mut settings, text).expect("it is sound");
            assert_eq!((option.get)(&settings).as_deref(), Some(text));
        }
        let json = serde_json::to_string(&settings).expect("it is written");
        assert_eq!(serde_json::from_str::<Settings>(&json).expect("it is read"), settings);
    }

    #[test]
    fn a_value_that_an_option_would_refuse_is_refused_in_settings_too() {
        assert_eq!(Settings::default().check(), Ok(()));
        let with = |change: fn(&mut Settings)| {
            let mut settings = Settings::default();
            change(&mut settings);
            settings.check().expect_err("it is refused")
        };
        assert!(with(|settings| settings.octaves = 0).starts_with("octaves=0: "));
        assert!(with(|settings| settings.step = f64::NAN).starts_with("step=NaN: "));
        assert!(with(|settings| settings.octave_scale = 1.0).contains("above 1"));
        assert!(with(|settings| settings.tile = Some(0)).starts_with("tile=0: "));
    }

    #[test]
    fn settings_that_are_not_there_are_the_defaults() {
        let read: Settings = serde_json::from_str(r#"{"step": 3.0}"#).expect("it is read");
        assert_eq!(read, Settings { step: 3.0, ..Settings::default() });
        let written = serde_json::to_string(&Settings::default()).expect("it is written");
        assert!(!written.contains("guide") && !written.contains("tile"), "{written}");
    }
}
