//! The program as its users run it.

#[path = "../common/generated.rs"]
mod generated;
#[cfg(feature = "torch")]
#[path = "../common/psnr.rs"]
mod psnr;

#[path = "../common/page.rs"]
mod page;

mod album;
mod folder;
mod studio;

mod backends;
mod batch;
#[cfg(unix)]
mod batch_names;
mod built_in;
mod commands;
mod compare;
mod dreams;
mod errors;
mod experiments;
#[cfg(unix)]
mod interrupt;
#[cfg(unix)]
mod interrupted_training;
#[cfg(unix)]
mod killed_batch;
mod own_networks;
mod school;
mod trained;
mod training;
