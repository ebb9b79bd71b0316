//! The command line: what the user types, and one file for each command.

mod advice;
mod arguments;
mod batch;
mod classes;
mod classify;
mod compare;
mod dream;
mod evaluate;
mod exit;
mod experiment;
mod files;
mod generated;
mod interrupt;
mod layers;
mod listed;
mod model;
mod models;
mod named;
mod network;
mod offer;
mod options;
mod print;
mod progress;
mod recipe;
mod show;
mod threads;
mod train;

use self::arguments::{Arguments, Command};

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

/// Parses the command line, runs its command and tells how it went.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match &arguments.command {
        None => dream::run(&arguments.dream),
        Some(Command::Compare(options)) => compare::run(options),
        Some(Command::Atlas(options)) => compare::atlas::run(options),
        Some(Command::Layers(options)) => layers::run(options),
        Some(Command::Models(options)) => models::run(options),
        Some(Command::Train(options)) => train::run(options),
        Some(Command::Evaluate(options)) => evaluate::run(options),
        Some(Command::Classes(options)) => classes::run(options),
        Some(Command::Classify(options)) => classify::run(options),
        Some(Command::Experiment(options)) => experiment::run(options),
        Some(Command::Show(options)) => show::run(options),
        Some(Command::Completions(options)) => {
            generated::completions(options, Arguments::command())
        }
        Some(Command::Man(options)) => generated::man(options, Arguments::command()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => exit.report(),
    }
}
