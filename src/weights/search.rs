//! Where weight files are looked for.

use std::path::{Path, PathBuf};

use etcetera::{AppStrategy, AppStrategyArgs, choose_app_strategy};

/// Environment variable that names the folder of weight files, in place of all others.
pub const VARIABLE: &str = "DREAMER_MODELS";

/// The folders in which `MODEL.safetensors` is looked for, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    folders: Vec<PathBuf>,
}

/// No folder of a [`Search`] holds a model's weights.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no weights for {model}: looked for {}; name a file with --weights FILE.safetensors, or put it into one of those folders (DREAMER_MODELS chooses another)",
    list(.looked_for)
)]
pub struct Missing {
    pub model: String,
    pub looked_for: Vec<PathBuf>,
}

/// No folder of a [`Search`] holds any model's weights.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no weights of any network are here: looked for MODEL.safetensors (googlenet.safetensors, …) in {}", list(.folders))]
pub struct NoneFound {
    pub folders: Vec<PathBuf>,
}

impl NoneFound {
    /// The folder into which weights that all may find are put.
    pub fn folder(&self) -> &Path {
        self.folders.last().expect("a search has folders")
    }
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
    /// [`Missing`] lists every path that was tried.
    pub fn find(&self, model: &str) -> Result<PathBuf, Missing> {
        let looked_for: Vec<PathBuf> =
            self.folders.iter().map(|folder| folder.join(format!("{model}.safetensors"))).collect();
        match looked_for.iter().find(|path| path.is_file()) {
            Some(path) => Ok(path.clone()),
            None => Err(Missing { model: model.to_owned(), looked_for }),
        }
    }
}
