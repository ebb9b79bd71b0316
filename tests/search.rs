//! Where weight files are searched for. What the environment says is read in child processes, so that
//! no test changes it for another.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dreamer::network::zoo;
use dreamer::weights::Search;
use tempfile::TempDir;

/// Tells the child which model to look for; empty: any.
const MODEL: &str = "DREAMER_TEST_MODEL";

/// What a child writes before its answer.
const ANSWER: &str = "answer: ";

/// A home with a data folder, and a working folder, all empty.
struct Machine {
    root: TempDir,
}

impl Machine {
    fn new() -> Machine {
        let root = TempDir::new().unwrap();
        for name in ["work", "data", "home"] {
            fs::create_dir(root.path().join(name)).unwrap();
        }
        Machine { root }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// An empty weight file.
    fn with(self, file: &str) -> Machine {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
        self
    }

    /// The file found for `squeezenet1_1`, or the error.
    fn find(&self, variables: &[(&str, &Path)]) -> String {
        self.ask("squeezenet1_1", variables)
    }

    /// The file found for the first network of the zoo that has one, or the error.
    fn find_first(&self) -> String {
        self.ask("", &[])
    }

    fn ask(&self, model: &str, variables: &[(&str, &Path)]) -> String {
        let output = Command::new(env::current_exe().unwrap())
            .args(["--exact", "child", "--nocapture", "--test-threads=1"])
            .current_dir(self.path("work"))
            .env_remove("DREAMER_MODELS")
            .env("HOME", self.path("home"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env(MODEL, model)
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let (_, answer) = text.split_once(ANSWER).unwrap_or_else(|| panic!("{text}"));
        answer.lines().next().unwrap().to_owned()
    }

    fn found(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }
}

/// Looks for a model as a child of the other tests; nothing when run on its own.
#[test]
fn child() {
    let Some(model) = env::var_os(MODEL) else { return };
    let search = Search::from_environment();
    let answer = match model.to_str().unwrap() {
        "" => match search.first(zoo::names()) {
            Ok((model, path)) => format!("{model} in {}", path.display()),
            Err(none) => none.to_string(),
        },
        model => match search.find(model) {
            Ok(path) => path.display().to_string(),
            Err(missing) => missing.to_string(),
        },
    };
    println!("\n{ANSWER}{answer}");
}

const HERE: &str = "work/models/squeezenet1_1.safetensors";

/// By the XDG conventions, which dreamer follows on macOS too.
const DATA: &str = "data/dreamer/models/squeezenet1_1.safetensors";

#[test]
fn the_folder_models_is_looked_in_first() {
    let machine = Machine::new().with(HERE).with(DATA);
    assert_eq!(machine.find(&[]), "models/squeezenet1_1.safetensors");
}

#[test]
fn the_users_data_folder_is_looked_in_next() {
    let machine = Machine::new().with(DATA);
    assert_eq!(machine.find(&[]), machine.found(DATA));
}

#[test]
fn dreamer_models_goes_before_all() {
    let machine = Machine::new().with(HERE).with(DATA).with("mine/squeezenet1_1.safetensors");
    let mine = machine.path("mine");
    assert_eq!(
        machine.find(&[("DREAMER_MODELS", &mine)]),
        machine.found("mine/squeezenet1_1.safetensors")
    );
}

#[test]
fn dreamer_models_is_the_only_folder_where_it_is_set() {
    let machine = Machine::new().with(HERE).with(DATA);
    let message = machine.find(&[("DREAMER_MODELS", &machine.path("mine"))]);
    let searched = machine.found("mine/squeezenet1_1.safetensors");
    let start = format!("no weights for squeezenet1_1: searched for {searched} (");
    assert!(message.starts_with(&start), "{message}");
}

#[test]
fn an_empty_dreamer_models_is_as_good_as_none() {
    let machine = Machine::new().with(DATA);
    assert_eq!(machine.find(&[("DREAMER_MODELS", Path::new(""))]), machine.found(DATA));
}

#[test]
fn a_folder_of_the_files_name_is_not_found() {
    let machine = Machine::new().with(DATA);
    fs::create_dir_all(machine.path(HERE)).unwrap();
    assert_eq!(machine.find(&[]), machine.found(DATA));
}

#[test]
fn files_of_other_formats_are_found_where_there_is_none_of_safetensors() {
    let machine = Machine::new().with("work/models/squeezenet1_1.npz").with(DATA);
    assert_eq!(machine.find(&[]), "models/squeezenet1_1.npz");
    let machine = machine.with("work/models/squeezenet1_1.pth");
    assert_eq!(machine.find(&[]), "models/squeezenet1_1.pth");
    assert_eq!(machine.with(HERE).find(&[]), "models/squeezenet1_1.safetensors");
}

#[test]
fn files_of_published_names_are_found() {
    let machine = Machine::new()
        .with("work/models/squeezenet1_0-b66bff10.pth")
        .with("work/models/squeezenet1_1-b8a52dc0.pth.part")
        .with("work/models/squeezenet1_1-b8a52dc0.pth");
    assert_eq!(machine.find(&[]), "models/squeezenet1_1-b8a52dc0.pth");
    let machine = machine.with("work/models/squeezenet1_1.pt");
    assert_eq!(machine.find(&[]), "models/squeezenet1_1.pt");
}

#[test]
fn the_error_names_every_path_tried() {
    let machine = Machine::new();
    let message = machine.find(&[]);
    let data = machine.found(DATA);
    let start = format!(
        "no weights for squeezenet1_1: searched for models/squeezenet1_1.safetensors and {data} \
         (or .pth, .pt, .npz, .caffemodel, .pb)"
    );
    assert_eq!(message, start);
}

#[test]
fn the_first_network_of_the_zoo_that_is_there_is_taken_wherever_it_is() {
    let machine = Machine::new()
        .with("work/models/alexnet.safetensors")
        .with("data/dreamer/models/vgg16.safetensors")
        .with("work/models/unknown.safetensors");
    let vgg16 = machine.found("data/dreamer/models/vgg16.safetensors");
    assert_eq!(machine.find_first(), format!("vgg16 in {vgg16}"));
}

#[test]
fn without_any_networks_weights_the_error_names_the_folders() {
    let machine = Machine::new();
    let message = machine.find_first();
    let data = machine.found("data/dreamer/models");
    assert!(message.contains(&format!(" in models and {data}")), "{message}");
}
