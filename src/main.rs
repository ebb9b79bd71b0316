//! The `dreamer` program: see [`dreamer::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    dreamer::cli::main()
}
