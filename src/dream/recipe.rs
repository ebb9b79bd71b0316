//! The settings that a picture carries.

use serde::{Deserialize, Serialize};

use super::{Dreamer, Settings};

/// Everything that decides what a picture looks like, to be written into its metadata.
///
/// File names are without their folders: a picture that is published does not say where its maker
/// keeps things.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Recipe {
    /// Version of dreamer.
    pub dreamer: String,
    /// Name of the photograph's file, without its folder.
    pub input: String,
    /// The network, as [`super::Model`] reads it.
    pub model: String,
    /// Name of the file of weights, where one was named.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub weights: Option<String>,
    /// All settings of the dream; in JSON they are keys of the recipe itself.
    #[serde(flatten)]
    pub settings: Settings,
    /// Of the photograph, where it is not the default.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub max_pixels: Option<u64>,
    /// Of a JPEG, where it is not the default.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quality: Option<u8>,
    /// `torch` where a picture of an older version does not say.
    #[serde(default = "torch")]
    pub backend: String,
    /// The device that computed: `cpu`, `cuda:0`.
    pub device: String,
    /// Threads of the CPU: sums are rounded otherwise with others.
    pub threads: usize,
}

fn torch() -> String {
    "torch".to_owned()
}

/// What pictures were dreamed with before there was a choice: by version 0.1.
const BEFORE: [(&str, &str); 3] =
    [("border", r#""wrap""#), ("objective", r#""energy""#), ("smooth", "0.0")];

impl Recipe {
    /// Reads the JSON of a picture's metadata, of any version.
    ///
    /// # Errors
    /// Says where it is not a recipe.
    pub fn read(json: &str) -> Result<Recipe, serde_json::Error> {
        let mut values: serde_json::Map<String, serde_json::Value> = serde_json::from_str(json)?;
        let version = values.get("dreamer").and_then(serde_json::Value::as_str);
        if version.is_some_and(|version| version.starts_with("0.1.")) {
            for (setting, value) in BEFORE {
                let value = serde_json::from_str(value)?;
                values.entry(setting).or_insert(value);
            }
        }
        serde_json::from_value(serde_json::Value::Object(values))
    }

    /// Of a dream with settings that name their layers, on a photograph of that name.
    pub fn new(dreamer: &Dreamer, settings: &Settings, input: String) -> Recipe {
        let executor = dreamer.executor();
        Recipe {
            dreamer: env!("CARGO_PKG_VERSION").to_owned(),
            input,
            model: dreamer.network().model.clone(),
            weights: None,
            settings: settings.without_folders(),
            max_pixels: None,
            quality: None,
            backend: executor.backend().to_owned(),
            device: executor.device(),
            threads: executor.threads(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dream::{Border, ObjectiveKind};

    #[test]
    fn a_recipe_of_the_first_version_means_what_it_meant_then() {
        let json = r#"{"dreamer": "0.1.0", "input": "a.jpg", "model": "googlenet", "device": "cpu",
                       "threads": 2, "layers": [{"name": "inception4c", "weight": 1.0}]}"#;
        let old = Recipe::read(json).expect("it is sound").settings;
        assert_eq!(old.border, Border::Wrap);
        assert_eq!((old.objective, old.smooth), (Some(ObjectiveKind::Energy), Some(0.0)));
        let new = Recipe::read(&json.replace("0.1.0", "0.2.0")).expect("it is sound").settings;
        assert_eq!((new.border, new.objective), (Border::Mirror, None));
    }
}
