//! Where weight files are looked for.

use std::path::{Path, PathBuf};

use etcetera::{AppStrategy, AppStrategyArgs, choose_app_strategy};

use super::file_name::{self, EXTENSIONS};

/// Environment variable that names the folder of weight files, in place of all others.
pub const VARIABLE: &str = "DREAMER_MODELS";

/// The folders in which the weight files of models are looked for, in order.
///
/// A file is named `MODEL.safetensors` or has another extension of weight files (which of them says
/// nothing about its format), or is named as it is published, `MODEL-1378be20.pth`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    folders: Vec<PathBuf>,
}

/// No folder of a [`Search`] holds a model's weights.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no weights for {model}: looked for {} (or {}); name a file with --weights FILE, or put it into one of those folders (DREAMER_MODELS chooses another)",
    list(.looked_for),
    other_extensions()
)]
pub struct Missing {
    pub model: String,
    pub looked_for: Vec<PathBuf>,
}

/// No folder of a [`Search`] holds any model's weights.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no weights of any network are here: looked for MODEL.safetensors (googlenet.safetensors, googlenet.pth, …) in {}", list(.folders))]
pub struct NoneFound {
    pub folders: Vec<PathBuf>,
}

/// The extensions that a model's weights may have besides the first choice.
fn other_extensions() -> String {
    let others = EXTENSIONS[1..].iter().map(|extension| format!(".{extension}"));
    others.collect::<Vec<_>>().join(", ")
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" and ")
}

impl Search {
    /// `$DREAMER_MODELS` where it is set; else `models/` here and the user's data folder.
    pub fn from_environment() -> Search {
        if let Some(folder) = std::env::var_os(VARIABLE).filter(|folder| !folder.is_empty()) {
            return Search { folders: vec![folder.into()] };
        }
        let mut folders = vec![PathBuf::from("models")];
        let application = AppStrategyArgs { app_name: "dreamer".into(), ..Default::default() };
        if let Ok(strategy) = choose_app_strategy(application) {
            folders.push(strategy.data_dir().join("models"));
        }
        Search { folders }
    }

    /// The folders, first choice first.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.folders.iter().map(PathBuf::as_path)
    }

    /// The folder into which weights are put, where all of the user's dreams find them.
    pub fn install_folder(&self) -> &Path {
        self.folders.last().expect("a search has folders")
    }

    /// The first of `models` whose weights are there, and their file.
    ///
    /// # Errors
    /// [`NoneFound`] lists the folders.
    pub fn first<'a>(
        &self,
        models: impl Iterator<Item = &'a str>,
    ) -> Result<(String, PathBuf), NoneFound> {
        models
            .filter_map(|model| self.find(model).ok().map(|path| (model.to_owned(), path)))
            .next()
            .ok_or_else(|| NoneFound { folders: self.folders.clone() })
    }

    /// The weight file of `model`.
    ///
    /// # Errors
    /// [`Missing`] lists the first choice in each folder.
    pub fn find(&self, model: &str) -> Result<PathBuf, Missing> {
        let first_choice = |folder: &PathBuf| folder.join(format!("{model}.{}", EXTENSIONS[0]));
        self.folders.iter().find_map(|folder| find_in(folder, model)).ok_or_else(|| Missing {
            model: model.to_owned(),
            looked_for: self.folders.iter().map(first_choice).collect(),
        })
    }
}

/// The weight file of `model` in a folder: one of its own name, or else the first of a published
/// name.
fn find_in(folder: &Path, model: &str) -> Option<PathBuf> {
    let own = EXTENSIONS.iter().map(|extension| folder.join(format!("{model}.{extension}")));
    let is_published = |path: &PathBuf| {
        path.is_file() && file_name::has_extension(path) && file_name::model_of(path) == Some(model)
    };
    own.into_iter().find(|path| path.is_file()).or_else(|| {
        let files = folder.read_dir().ok()?.filter_map(|file| Some(file.ok()?.path()));
        files.filter(is_published).min()
    })
}
