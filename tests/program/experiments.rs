//! `dreamer experiment`.

use std::fs;

use roxmltree::Document;
use serde_json::Value;

use crate::folder::{Folder, says};
use crate::page;

/// What makes an experiment one of seconds.
const TINY: [&str; 7] =
    ["--digits", "--quick", "--training=200", "--test=50", "--epochs=2", "--threads=1", "--quiet"];

/// Runs an experiment; returns its table and its page.
fn tiny(folder: &Folder, name: &str, more: &[&str]) -> [String; 2] {
    let mut command = folder.dreamer(["experiment", name]);
    let assert = command.args(TINY).args(more).assert().success().stderr("");
    let table = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let page = fs::read_to_string(folder.path(format!("{name}.html"))).unwrap();
    assert_eq!(folder.names(), [format!("{name}.html")]);
    let xml = page::xml(&page);
    let document = Document::parse(&xml).unwrap_or_else(|error| panic!("{error} in\n{page}"));
    for external in ["src", "href"] {
        let links = document.descendants().filter_map(|node| node.attribute(external));
        links
            .for_each(|link| assert!(link.starts_with("data:") || link.starts_with('#'), "{link}"));
    }
    for unfinished in
        ["not a number", "NaN", "could not be drawn", "no finite values", "no picture"]
    {
        assert!(!page.contains(unfinished), "{unfinished} in {page}");
    }
    [table, page]
}

/// The numbers of an experiment.
fn numbers(name: &str, more: &[&str]) -> Value {
    let folder = Folder::new();
    let mut command = folder.dreamer(["experiment", name]);
    let assert = command.args(TINY).arg("--json").args(more).assert().success().stderr("");
    serde_json::from_slice(&assert.get_output().stdout).unwrap()
}

/// All numbers in a value, at any depth.
fn floats(value: &Value, found: &mut Vec<f64>) {
    match value {
        Value::Number(number) => found.extend(number.as_f64()),
        Value::Array(all) => all.iter().for_each(|value| floats(value, found)),
        Value::Object(all) => all.values().for_each(|value| floats(value, found)),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[test]
fn backprop_shows_the_network_and_the_four_equations() {
    let [table, page] = tiny(&Folder::new(), "backprop", &[]);
    says(&table, &["Nielsen's first network (quick run)", "mlp:784-30-10", " %"]);
    says(&page, &["Backpropagation (quick run)", "BP1", "BP4", "Linear::backward_parameters"]);
    says(&page, &["Mistakes", "Weights of the first layer", "Learning curves", "quadratic loss"]);
    says(&page, &["dreamer experiment backprop --digits --quick --training 200"]);
}

#[test]
fn slow_learning_has_the_books_outputs_and_six_networks() {
    let [table, page] = tiny(&Folder::new(), "slow-learning", &[]);
    let row = |start: &str| {
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        table.lines().map(words).find(|line| line.starts_with(start)).unwrap()
    };
    says(&row("quadratic 0.6 0.9"), &["0.82", "0.09"]);
    says(&row("quadratic 2 2"), &["0.98", "0.20"]);
    says(&table, &["cross-entropy, weights 5", "(quick run)"]);
    says(
        &page,
        &["One neuron", "A network with badly scaled weights", "cross-entropy, w = 2, b = 2"],
    );
}

#[test]
fn deep_mlp_compares_networks_of_the_sizes_that_are_chosen() {
    let [table, page] = tiny(&Folder::new(), "deep-mlp", &["--sizes=20,30-20"]);
    says(&table, &["784-20-10", "784-30-20-10", "parameters"]);
    assert!(!table.contains("784-50-10"), "{table}");
    says(&page, &["Error by size", "Error by time", "elastic=6:36", "--sizes '20,30-20'"]);
}

#[test]
fn activations_shows_each_function_layer_by_layer() {
    let [table, page] = tiny(&Folder::new(), "activations", &["--init=glorot"]);
    says(&table, &["sigmoid", "tanh", "softsign", "relu", "drawn digits (quick run)"]);
    says(&page, &["softsign on drawn digits, layer by layer", "hidden4.activation"]);
    says(&page, &["normalised initialisation", "Gradients before training", "--init glorot"]);
}

#[test]
fn json_holds_finite_numbers_and_no_table() {
    for (name, more, networks) in [
        ("backprop", &[][..], 1),
        ("slow-learning", &[], 6),
        ("deep-mlp", &["--sizes=10"], 1),
        ("activations", &[], 4),
    ] {
        let numbers = numbers(name, more);
        assert_eq!(numbers["experiment"], name);
        assert_eq!(numbers["quick"], true);
        let all = numbers["networks"].as_array().unwrap();
        assert_eq!(all.len(), networks, "{numbers}");
        for network in all {
            assert_eq!(network["epochs"], 2);
            assert!(network["best_test_error"].as_f64() <= Some(1.0), "{network}");
            let mut found = vec![];
            floats(network, &mut found);
            assert!(found.len() >= 7 && found.iter().all(|value| value.is_finite()), "{network}");
        }
    }
}

#[test]
fn a_seed_gives_the_same_numbers_and_another_seed_others() {
    let timeless = |more: &[&str]| {
        let mut numbers = numbers("backprop", more);
        numbers["networks"][0]["seconds"] = Value::Null;
        numbers["networks"][0].take()
    };
    assert_eq!(timeless(&[]), timeless(&["--seed=0"]));
    assert_ne!(timeless(&[]), timeless(&["--seed=1"]));
}

#[test]
fn data_that_are_not_named_are_asked_for_by_their_options() {
    let folder = Folder::new();
    for name in ["backprop", "slow-learning", "deep-mlp"] {
        says(&folder.misused(["experiment", name]), &["handwritten digits", "--mnist", "--digits"]);
    }
    let error = folder.misused(["experiment", "activations"]);
    says(&error, &["--mnist", "--cifar10", "--digits"]);
    says(&folder.fails(["experiment", "backprop", "--mnist=none", "-q"]), &["none"]);
    says(&folder.fails(["experiment", "deep-mlp", "--mnist=.", "-q"]), &["train-images"]);
    says(&folder.fails(["experiment", "activations", "--cifar10=.", "-q"]), &["data_batch"]);
}

#[test]
fn options_that_make_no_sense_are_misuses() {
    let folder = Folder::new();
    for (words, advice) in [
        (&["experiment", "alchemy"][..], "alchemy"),
        (&["experiment", "backprop", "--digits", "--mnist=a"], "--mnist"),
        (&["experiment", "backprop", "--digits", "--sizes=20"], "--sizes"),
        (&["experiment", "backprop", "--digits", "--cifar10=a"], "--cifar10"),
        (&["experiment", "deep-mlp", "--digits", "--sizes=20-"], "write 500-250"),
        (&["experiment", "deep-mlp", "--digits", "--sizes="], "write 500-250"),
        (&["experiment", "activations", "--digits", "--init=zero"], "zero"),
        (&["experiment", "slow-learning", "--digits", "--epochs=0"], "from 1 to"),
        (&["experiment", "slow-learning", "--digits", "--threads=0"], "from 1 to"),
    ] {
        says(&folder.misused(words), &[advice]);
    }
}

#[test]
fn a_page_that_exists_is_kept_without_force() {
    let folder = Folder::new();
    folder.write("backprop.html", "mine");
    let error = folder.fails(["experiment", "backprop", "--digits", "-q"]);
    says(&error, &["backprop.html already exists", "--force"]);
    let error =
        folder.fails(["experiment", "backprop", "--digits", "-q", "--report=none/page.html"]);
    says(&error, &["no folder none"]);
    tiny(&folder, "backprop", &["--force"]);
}

#[test]
fn people_are_told_what_goes_on_and_that_a_run_is_quick() {
    let folder = Folder::new();
    let mut command = folder.dreamer(["experiment", "deep-mlp", "--sizes=10", "--report=p.html"]);
    let assert = command.args(&TINY[..6]).assert().success();
    let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    says(&said, &["a quick run", "1 network(s) to train, on 1 thread(s): about", "784-10-10 on"]);
    says(&said, &["test error", "p.html"]);
    assert!(!said.contains('\x1b'), "escapes are for terminals");
}
