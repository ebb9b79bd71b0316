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

impl Recipe {
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
