//! `dreamer completions` and `dreamer man`: what is made from the command line's grammar.

use std::path::PathBuf;

use anyhow::Context;
use clap::builder::PossibleValuesParser;
use clap::{Args, Command, ValueHint};

use super::exit::Exit;
use super::print::print;
use dreamer::network::{Class, zoo};

#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// Shell to complete for
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub struct ManArguments {
    /// Write a page for each command into this folder instead
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub folder: Option<PathBuf>,
}

/// Prints a completion script for a grammar.
pub fn completions(arguments: &CompletionsArguments, mut grammar: Command) -> Result<(), Exit> {
    grammar =
        grammar.mut_arg("class", |class| class.value_parser(PossibleValuesParser::new(classes())));
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut grammar, "dreamer", &mut script);
    Ok(print(&String::from_utf8(script)?)?)
}

/// The names of ImageNet's classes, which most networks tell apart, as one word each.
fn classes() -> Vec<String> {
    let classes = zoo::classes("googlenet").expect("the zoo has it").as_slice();
    let word = |class: &Class| class.name().to_lowercase().replace(' ', "-");
    let is_plain =
        |word: &String| word.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    classes.iter().map(word).filter(is_plain).collect()
}

/// Prints the man page of a grammar, or writes one for each command into a folder.
pub fn man(arguments: &ManArguments, grammar: Command) -> Result<(), Exit> {
    match &arguments.folder {
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(grammar).render(&mut page)?;
            print(&String::from_utf8(page)?)?;
        }
        Some(folder) => clap_mangen::generate_to(grammar, folder)
            .with_context(|| format!("cannot write man pages into {}", folder.display()))?,
    }
    Ok(())
}
