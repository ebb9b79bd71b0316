//! Where weight files are searched for.

use std::path::{Path, PathBuf};

use etcetera::{AppStrategy, AppStrategyArgs, choose_app_strategy};

use super::file_name::{self, EXTENSIONS};

/// Environment variable that names the only folder to search for weight files.
pub const VARIABLE: &str = "DREAMER_MODELS";

/// The folders searched for the weight files of models, in order.
///
/// A file is named `MODEL.safetensors` or has another extension of weight files (the extension does
/// not determine the format), or keeps its published name, `MODEL-1378be20.pth`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    folders: Vec<PathBuf>,
}

/// No folder of a [`Search`] holds the model's weights.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no weights for {model}: searched for {} (or {})",
    list(.searched),
    other_extensions()
)]
pub struct Missing {
    /// The network whose weights were looked for.
    pub model: String,
    /// The files that would do, in the order of the search.
    pub searched: Vec<PathBuf>,
}

/// No folder of a [`Search`] holds any model's weights.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no weights found: searched for MODEL.safetensors (googlenet.safetensors, googlenet.pth, …) in {}", list(.folders))]
pub struct NoneFound {
    /// The folders that were searched.
    pub folders: Vec<PathBuf>,
}

/// The extensions a weight file may have besides the preferred one.
fn other_extensions() -> String {
    let others = EXTENSIONS[1..].iter().map(|extension| format!(".{extension}"));
    others.collect::<Vec<_>>().join(", ")
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" and ")
}

impl Search {
    /// `$DREAMER_MODELS` if set; otherwise `models/` here and the user's data folder.
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

    /// The folders, preferred first.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        self.folders.iter().map(PathBuf::as_path)
    }

    /// The folder that downloads and imports go to, where every later dream finds them.
    pub fn install_folder(&self) -> &Path {
        self.folders.last().expect("a search has folders")
    }

    /// The first of `models` with weights, and their file.
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
    /// [`Missing`] lists the preferred name in each folder.
    pub fn find(&self, model: &str) -> Result<PathBuf, Missing> {
        let first_choice = |folder: &PathBuf| folder.join(format!("{model}.{}", EXTENSIONS[0]));
        self.folders.iter().find_map(|folder| find_in(folder, model)).ok_or_else(|| Missing {
            model: model.to_owned(),
            searched: self.folders.iter().map(first_choice).collect(),
        })
    }
}

/// The weight file of `model` in a folder: by its own name, or else by its published one.
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
