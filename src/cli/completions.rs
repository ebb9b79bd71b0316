//! `dreamer completions`: a script for a shell.

use clap::CommandFactory;

use super::arguments::{Arguments, CompletionsArguments};
use super::exit::Exit;
use super::print::print;

/// Prints the script.
pub fn run(arguments: &CompletionsArguments) -> Result<(), Exit> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "dreamer", &mut script);
    Ok(print(&String::from_utf8(script)?)?)
}
