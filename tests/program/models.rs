//! `dreamer models`, against a server on this machine.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use dreamer::network::zoo;
use dreamer::weights::checksum::{self, Algorithm};
use dreamer::weights::read_all;
use serde_json::Value;

use crate::folder::{Folder, bytes, says};
use crate::server::{Fault, Server};
#[cfg(target_os = "linux")]
use crate::small_disk::SmallDisk;
use crate::studio::{SHORT, photo, weights, write_weights};
use crate::waiting::until;
use crate::{generated, legacy};

const FILE: &str = "squeezenet1_1-0123abcd.pth";

/// A folder with a photograph, no weights, and a registry whose squeezenet1_1 is on a server.
struct Shop {
    folder: Folder,
    server: Server,
}

impl Shop {
    fn new(faults: &[Fault]) -> Shop {
        Shop::of("squeezenet1_1", FILE, faults)
    }

    /// Sells a network's generated weights as a file of PyTorch's old form.
    fn of(model: &str, file: &str, faults: &[Fault]) -> Shop {
        let folder = Folder::new();
        photo(96, 80).save(folder.path("photo.png")).unwrap();
        let weights = legacy::state_dict(&generated::weights(&zoo::build(model).unwrap()));
        folder.write("goods", &weights);
        let server = Server::new(&[(file, &weights)], faults);
        let shop = Shop { folder, server };
        shop.register(model, &shop.server.url(file));
        shop
    }

    fn register(&self, model: &str, url: &str) {
        let goods = bytes(&self.folder, "goods");
        let sha256 = checksum::of(&goods, Algorithm::Sha256);
        let megabytes = goods.len() as f64 / 1e6;
        let entry = format!(
            "[{model}]\nurl = '{url}'\nmegabytes = {megabytes}\nsha256 = '{sha256}'\n\
             licence = 'none'\ndreams = 'of tests'\n"
        );
        self.folder.write("registry.toml", entry);
    }

    fn std_dreamer(&self, arguments: &[&str]) -> Command {
        let mut command = self.folder.std_dreamer();
        command.args(arguments).env("DREAMER_REGISTRY", self.folder.path("registry.toml"));
        for name in ["DREAMER_MIRROR", "DREAMER_OFFLINE"] {
            command.env_remove(name);
        }
        let proxies =
            ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];
        proxies.iter().for_each(|name| {
            command.env_remove(name);
        });
        command
    }

    fn dreamer(&self, arguments: &[&str]) -> assert_cmd::Command {
        let mut command = assert_cmd::Command::from_std(self.std_dreamer(arguments));
        command.timeout(Duration::from_secs(60));
        command
    }

    /// Runs a command that succeeds; what it prints to standard output and error.
    #[track_caller]
    fn runs(&self, arguments: &[&str]) -> (String, String) {
        let assert = self.dreamer(arguments).assert().success();
        let output = assert.get_output();
        [&output.stdout, &output.stderr].map(|text| String::from_utf8(text.clone()).unwrap()).into()
    }

    /// Runs a command that fails with that exit code, without printing; what it says as errors.
    #[track_caller]
    fn fails(&self, arguments: &[&str], code: i32) -> String {
        let assert = self.dreamer(arguments).assert().code(code).stdout("");
        let error = String::from_utf8(assert.get_output().stderr.clone()).unwrap();
        says(&error, &["error: "]);
        error
    }

    fn models(&self) -> Vec<String> {
        let files = fs::read_dir(self.folder.path("models")).unwrap();
        let mut names: Vec<String> =
            files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

#[test]
fn a_googlenet_of_the_old_form_is_pulled_dreamed_verified_and_removed() {
    let file = "googlenet-published.pth";
    let shop = Shop::of("googlenet", file, &[Fault::BreakAfter(10_000_000)]);
    // By the name under which it is published it would not be found again.
    let path = shop.folder.path("models/googlenet.pth");
    let (stdout, stderr) = shop.runs(&["models", "pull", "googlenet"]);
    assert_eq!(stdout, "");
    says(&stderr, &["downloading googlenet (", &shop.server.url(file), "retrying in"]);
    says(&stderr, &[path.to_str().unwrap(), " MB in "]);
    assert_eq!(shop.server.requests()[1].from, Some(10_000_000));
    assert_eq!(bytes(&shop.folder, "goods"), fs::read(&path).unwrap());

    shop.runs(&["photo.png", "--model=googlenet", "--layer=inception3a", SHORT[0], SHORT[1]]);
    assert!(shop.folder.path("photo.dream.png").is_file());
    assert_eq!(shop.runs(&["models", "path", "googlenet"]).0, format!("{}\n", path.display()));
    says(&shop.runs(&["models", "verify"]).1, &["googlenet: ", "as published (SHA-256 "]);
    says(&shop.runs(&["models", "pull", "googlenet"]).1, &["googlenet is already installed: "]);
    assert_eq!(shop.server.requests().len(), 2);

    says(
        &shop.runs(&["models", "remove", "googlenet"]).1,
        &["googlenet: deleted ", "googlenet.pth"],
    );
    assert_eq!(shop.models(), [""; 0]);
    says(&shop.fails(&["models", "path", "googlenet"], 1), &["no weights for googlenet"]);
}

#[test]
fn weights_that_dreamer_did_not_put_there_are_removed_by_force_only() {
    let shop = Shop::new(&[]);
    fs::create_dir(shop.folder.path("models")).unwrap();
    fs::copy(shop.folder.path("goods"), shop.folder.path("models/squeezenet1_1.pth")).unwrap();
    // Without DREAMER_MODELS a folder `models` goes before the user's own.
    let remove = |force: &[&str]| {
        let mut command = shop
            .dreamer(&[&["models", "remove", "squeezenet1_1", "squeezenet1_1"], force].concat());
        command.env_remove("DREAMER_MODELS").env("XDG_DATA_HOME", shop.folder.path("data"));
        command.assert()
    };
    let assert = remove(&[]).code(2);
    let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    says(&error, &["models/squeezenet1_1.pth is not in", "--force"]);
    assert_eq!(shop.models(), ["squeezenet1_1.pth"]);
    remove(&["--force"]).success();
    assert_eq!(shop.models(), [""; 0]);
}

#[test]
fn the_list_tells_what_is_here_and_what_can_be_had() {
    let shop = Shop::new(&[]);
    let row = |name: &str| {
        let (table, _) = shop.runs(&["models"]);
        let row = table.lines().find(|line| line.starts_with(&format!("{name} ")));
        row.unwrap_or_else(|| panic!("{table}")).to_owned()
    };
    says(&row("squeezenet1_1"), &["available", "5 MB", "none", "of tests"]);
    says(&row("googlenet"), &["available", "52 MB", "BSD-3-Clause", "eyes"]);
    says(&row("googlenet_places205"), &["by hand", "CC BY"]);
    says(&row("menagerie"), &["built in", "2 MB", "MIT (dreamer)"]);
    shop.runs(&["models", "pull", "squeezenet1_1", "--quiet"]);
    says(&row("squeezenet1_1"), &["installed"]);
    assert_eq!(shop.runs(&["models"]), shop.runs(&["models", "list"]));

    let json: Value = serde_json::from_str(&shop.runs(&["models", "list", "--json"]).0).unwrap();
    let names: Vec<&str> =
        json.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, zoo::names().chain(["menagerie"]).collect::<Vec<_>>());
    let row = json.as_array().unwrap().iter().find(|row| row["name"] == "squeezenet1_1").unwrap();
    assert_eq!(row["state"], "installed");
    assert_eq!(row["path"], shop.folder.path("models").join(FILE).to_str().unwrap());
    assert_eq!(row["bytes"], bytes(&shop.folder, "goods").len());
}

#[test]
fn pulls_tell_scripts_in_json_and_nobody_when_quiet() {
    let shop = Shop::new(&[]);
    let (json, _) = shop.runs(&["models", "pull", "squeezenet1_1", "--json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["model"], "squeezenet1_1");
    assert_eq!(json["was_there"], false);
    let quiet = shop.runs(&["models", "pull", "squeezenet1_1", "--quiet"]);
    assert_eq!(quiet, (String::new(), String::new()));
}

#[test]
fn one_that_cannot_be_had_does_not_keep_the_others_away() {
    let shop = Shop::new(&[]);
    let error = shop.fails(&["models", "pull", "googlenet_places205", "squeezenet1_1"], 1);
    says(&error, &["no checksum", "places.csail.mit.edu", "--as googlenet_places205"]);
    assert_eq!(shop.models(), [FILE]);
    let error = shop.fails(&["models", "pull", "vgg99"], 2);
    says(&error, &["vgg99", "possible values: googlenet"]);
}

#[test]
fn a_dream_without_its_weights_says_how_to_fetch_them() {
    let shop = Shop::new(&[]);
    let error = shop.fails(&["photo.png", "--model=squeezenet1_1"], 1);
    says(&error, &["no weights for squeezenet1_1", "--weights"]);
    says(
        &error,
        &["download them (5 MB) with `dreamer models pull squeezenet1_1` or --yes; name a file"],
    );
    says(&shop.fails(&["photo.png", "--model=googlenet_places365"], 1), &["published at https://"]);
    assert_eq!(shop.server.requests(), []);
}

#[test]
fn a_dream_fetches_its_weights_when_told_to() {
    let shop = Shop::new(&[]);
    let (_, said) = shop.runs(&["photo.png", "--model=squeezenet1_1", "--yes", SHORT[0], SHORT[1]]);
    says(&said, &["downloading squeezenet1_1", "photo.dream.png: 96×80"]);
    shop.runs(&["photo.png", "--model=squeezenet1_1", "--force", SHORT[0], SHORT[1]]);
    assert_eq!(shop.server.requests().len(), 1);
}

#[cfg(unix)]
#[test]
fn at_a_terminal_a_dream_asks_before_it_fetches() {
    let shop = Shop::new(&[]);
    let arguments = ["photo.png", "--model=squeezenet1_1", "--octaves=1", "--iterations=1"];
    for answer in ["n\n", "what?\n", "\u{4}"] {
        let (status, shown) = crate::terminal::run(shop.std_dreamer(&arguments), answer);
        assert_eq!(status.code(), Some(1), "{shown}");
        says(&shown, &["The weights of squeezenet1_1 are not installed", "(5 MB, none)", "[Y/n]"]);
        says(&shown, &["dreamer models pull squeezenet1_1"]);
    }
    assert_eq!(shop.server.requests(), []);
    let (status, shown) = crate::terminal::interrupt(shop.std_dreamer(&arguments));
    assert_eq!(status.code(), Some(130), "{shown}");
    says(&shown, &["[Y/n]", "interrupted; nothing was written"]);
    let (status, shown) = crate::terminal::run(shop.std_dreamer(&arguments), "y\n");
    assert_eq!(status.code(), Some(0), "{shown}");
    says(&shown, &["downloading squeezenet1_1", "photo.dream.png: 96×80"]);
}

#[test]
fn offline_nothing_is_fetched_and_a_line_says_what_to_do() {
    let shop = Shop::new(&[]);
    for arguments in [
        &["models", "pull", "squeezenet1_1"][..],
        &["photo.png", "--model=squeezenet1_1", "--yes"],
        &["photo.png", "--model=squeezenet1_1"],
    ] {
        let mut command = shop.dreamer(arguments);
        let assert = command.env("DREAMER_OFFLINE", "1").assert().code(1).stdout("");
        let error = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        says(&error, &["DREAMER_OFFLINE forbids", &shop.server.url(FILE), "--as squeezenet1_1"]);
    }
    assert_eq!(shop.server.requests(), []);
    let mut command = shop.dreamer(&["models", "pull", "squeezenet1_1"]);
    command.env("DREAMER_OFFLINE", "0").assert().success();
}

#[test]
fn a_mirror_stands_for_the_publisher() {
    let shop = Shop::new(&[]);
    shop.register("squeezenet1_1", &format!("https://weights.invalid/of/{FILE}"));
    let mut command = shop.dreamer(&["models", "pull", "squeezenet1_1"]);
    command.env("DREAMER_MIRROR", shop.server.url("")).assert().success();
    assert_eq!(shop.models(), [FILE]);
}

#[test]
fn a_proxy_of_the_environment_is_asked_but_for_hosts_of_no_proxy() {
    let shop = Shop::new(&[]);
    let url = format!("http://weights.invalid/{FILE}");
    shop.register("squeezenet1_1", &url);
    let mut command = shop.dreamer(&["models", "pull", "squeezenet1_1"]);
    command.env("http_proxy", shop.server.url("")).assert().code(1);
    let asked = shop.server.requests();
    assert!(asked.iter().all(|request| request.target.contains("weights.invalid")), "{asked:?}");
    assert!(!asked.is_empty());
    let shop = Shop::new(&[]);
    let mut command = shop.dreamer(&["models", "pull", "squeezenet1_1"]);
    command.env("http_proxy", "http://127.0.0.1:9").env("no_proxy", "localhost, 127.0.0.1");
    command.assert().success();
}

#[test]
fn a_registry_that_is_not_in_order_is_named() {
    let shop = Shop::new(&[]);
    shop.folder.write("registry.toml", "[squeezenet1_1]\nurl = 7\n");
    let error = shop.fails(&["models", "pull", "squeezenet1_1"], 1);
    says(&error, &["registry.toml (DREAMER_REGISTRY)", "line 2"]);
    fs::remove_file(shop.folder.path("registry.toml")).unwrap();
    says(&shop.fails(&["models"], 1), &["cannot read the registry", "registry.toml"]);
}

/// The weights of squeezenet1_1 without what pulling has made of them.
fn with_files() -> Shop {
    let shop = Shop::new(&[]);
    write_weights(&shop.folder.path("mine.safetensors"), &weights());
    fs::copy(shop.folder.path("goods"), shop.folder.path("squeezenet1_1.pth")).unwrap();
    shop
}

#[test]
fn weights_are_imported_from_any_format_to_the_bit() {
    let shop = with_files();
    for file in ["mine.safetensors", "squeezenet1_1.pth"] {
        let force = ["models", "import", file, "--as", "squeezenet1_1", "--force"];
        says(&shop.runs(&force).1, &["squeezenet1_1: ", "models/squeezenet1_1.safetensors"]);
        let imported = read_all(&shop.folder.path("models/squeezenet1_1.safetensors")).unwrap();
        assert_eq!(imported.iter().count(), weights().len());
        for (name, shape, values) in weights() {
            let tensor = imported.get(&name).unwrap();
            assert_eq!((tensor.shape(), tensor.data()), (&shape[..], &values[..]));
        }
        let said = shop.runs(&["models", "verify", "squeezenet1_1"]).1;
        says(&said, &["squeezenet1_1.safetensors as imported from", file]);
    }
    // Its name tells.
    says(
        &shop.fails(&["models", "import", "squeezenet1_1.pth"], 1),
        &["already exists", "--force"],
    );
    says(
        &shop.fails(&["models", "import", "mine.safetensors"], 2),
        &["does not say which network", "--as"],
    );
    shop.runs(&["photo.png", "--model=squeezenet1_1", SHORT[0], SHORT[1]]);
}

#[test]
fn what_does_not_fit_the_network_is_not_imported() {
    let shop = with_files();
    let error = shop.fails(&["models", "import", "mine.safetensors", "--as=googlenet"], 1);
    says(&error, &["mine.safetensors does not fit googlenet", "missing: conv1.conv.weight"]);
    let error = shop.fails(&["models", "import", "mine.safetensors", "--as=lenet"], 2);
    says(&error, &["does not say what its lenet was trained on"]);
    says(&shop.fails(&["models", "import", "photo.png", "--as=vgg16"], 1), &["it is a picture"]);
    says(&shop.fails(&["models", "import", "none.pth", "--as=vgg16"], 1), &["none.pth"]);
    assert!(!shop.folder.path("models").exists());
}

#[test]
fn weights_of_ones_own_training_are_imported_as_they_are() {
    let shop = Shop::new(&[]);
    let train = ["train", "--data=digits", "--network=mlp:784-10", "--training=200", "--test=100"];
    shop.runs(&[&train[..], &["--epochs=1", "-o", "own.safetensors", "-q"]].concat());
    shop.runs(&["models", "import", "own.safetensors"]);
    let imported = bytes(&shop.folder, "models/mlp:784-10.safetensors");
    assert_eq!(imported, bytes(&shop.folder, "own.safetensors"));
    says(&shop.runs(&["models", "path", "mlp:784-10"]).0, &["mlp:784-10.safetensors"]);
    says(&shop.runs(&["models", "verify", "mlp:784-10"]).1, &["fits its network"]);
    says(&shop.fails(&["models", "import", "own.safetensors", "--as=lenet"], 2), &["mlp:784-10"]);
}

#[test]
fn weights_that_changed_are_not_verified() {
    let shop = with_files();
    shop.runs(&["models", "pull", "squeezenet1_1", "-q"]);
    let flip = |path: &str| {
        let mut bytes = bytes(&shop.folder, path);
        let place = bytes.len() - 4;
        bytes[place] ^= 1;
        shop.folder.write(path, bytes);
    };
    let pulled = format!("models/{FILE}");
    flip(&pulled);
    let error = shop.fails(&["models", "verify"], 1);
    says(&error, &[FILE, "not the published file", "1 of 1 failed verification"]);
    let assert = shop.dreamer(&["models", "verify", "--json"]).assert().code(1);
    let json: Value = serde_json::from_slice(&assert.get_output().stdout).unwrap();
    assert_eq!(json["ok"], false);
    fs::remove_file(shop.folder.path(&pulled)).unwrap();

    shop.runs(&["models", "import", "squeezenet1_1.pth"]);
    flip("models/squeezenet1_1.safetensors");
    says(&shop.fails(&["models", "verify"], 1), &["has changed since it was imported"]);

    // Nobody knows what it should be.
    fs::rename(
        shop.folder.path("mine.safetensors"),
        shop.folder.path("models/squeezenet1_1.safetensors"),
    )
    .unwrap();
    says(&shop.runs(&["models", "verify"]).1, &["fits its network (no checksum to compare with)"]);
}

/// A pull that takes ten seconds, when some of the file has come.
fn slow_pull(shop: &Shop) -> std::process::Child {
    let mut command = shop.std_dreamer(&["models", "pull", "squeezenet1_1"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let part = shop.folder.path(format!("models/{FILE}.part"));
    until(&mut child, || fs::metadata(&part).map_or(0, |part| part.len()) >= 10_000);
    child
}

#[test]
fn a_pull_that_is_killed_goes_on_where_it_was() {
    let shop = Shop::new(&[Fault::Slow(Duration::from_millis(2))]);
    let mut child = slow_pull(&shop);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(shop.models(), [format!("{FILE}.part")]);
    shop.runs(&["models", "pull", "squeezenet1_1"]);
    assert_eq!(shop.models(), [FILE]);
    let from = shop.server.requests()[1].from.unwrap();
    assert!(from >= 10_000, "{from}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_pull_says_that_what_came_is_kept() {
    let shop = Shop::new(&[Fault::Slow(Duration::from_millis(2))]);
    let child = slow_pull(&shop);
    // SAFETY: the child has not been waited for, so that its number is still its own.
    assert_eq!(unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGINT) }, 0);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    says(&String::from_utf8_lossy(&output.stderr), &["interrupted; what was received is kept"]);
    assert_eq!(shop.models(), [format!("{FILE}.part")]);
}

#[test]
fn two_processes_at_once_fetch_once() {
    let shop = Shop::new(&[Fault::Slow(Duration::from_millis(1))]);
    let first = slow_pull(&shop);
    let (_, said) = shop.runs(&["models", "pull", "squeezenet1_1"]);
    says(&said, &["another dreamer is downloading it", "squeezenet1_1 is already installed"]);
    assert!(first.wait_with_output().unwrap().status.success());
    assert_eq!(shop.server.requests().len(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_full_disk_a_line_says_how_much_is_wanted() {
    let shop = Shop::new(&[]);
    let disk = shop.folder.path("models");
    let Some(_disk) =
        SmallDisk::mount(&disk, "1m", "on_a_full_disk_a_line_says_how_much_is_wanted")
    else {
        return;
    };
    let error = shop.fails(&["models", "pull", "squeezenet1_1"], 1);
    says(&error, &["the disk of", "is full: 3.9 MB more are needed", "resumes where it stopped"]);
    assert_eq!(shop.models(), [format!("{FILE}.part")]);
}
