//! `dreamer man`: the man page, from the command line's grammar.

use anyhow::Context;
use clap::CommandFactory;

use super::arguments::{Arguments, ManArguments};
use super::exit::Exit;
use super::print::print;

/// Prints the page, or writes one for each command into a folder.
pub fn run(arguments: &ManArguments) -> Result<(), Exit> {
    let command = Arguments::command();
    match &arguments.folder {
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page)?;
            print(&String::from_utf8(page)?)?;
        }
        Some(folder) => clap_mangen::generate_to(command, folder)
            .with_context(|| format!("cannot write man pages into {}", folder.display()))?,
    }
    Ok(())
}
