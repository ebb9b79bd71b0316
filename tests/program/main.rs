//! The program as its users run it.

#[cfg(feature = "torch")]
#[path = "../common/generated.rs"]
mod generated;

#[path = "../common/page.rs"]
mod page;

mod folder;
#[cfg(feature = "torch")]
mod studio;

mod commands;
#[cfg(feature = "torch")]
mod dreams;
#[cfg(feature = "torch")]
mod errors;
mod experiments;
#[cfg(all(feature = "torch", unix))]
mod interrupt;
#[cfg(unix)]
mod interrupted_training;
#[cfg(not(feature = "torch"))]
mod no_torch;
mod school;
mod trained;
mod training;
