//! The program as its users run it.

#[path = "../common/generated.rs"]
mod generated;
#[path = "../common/legacy.rs"]
mod legacy;
#[cfg(feature = "torch")]
#[path = "../common/psnr.rs"]
mod psnr;

#[path = "../common/page.rs"]
mod page;

#[expect(dead_code, reason = "which faults there are is tested in fetch.rs")]
#[path = "../common/server.rs"]
mod server;

mod album;
mod folder;
#[cfg(target_os = "linux")]
mod small_disk;
mod studio;
#[cfg(unix)]
mod terminal;
#[cfg_attr(not(unix), expect(dead_code, reason = "signals are for Unix"))]
mod waiting;

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
mod models;
mod options;
mod own_networks;
mod school;
mod trained;
mod training;
