//! What is here where libtorch is not: nothing to dream on.

use anyhow::anyhow;

use super::super::arguments::DreamArguments;
use super::super::exit::Exit;
use super::choice::Choice;
use crate::dream::{Observer, Settings, Size};
use crate::picture::Planes;

/// A device to dream on, of which there is none.
pub enum Executor {}

impl Executor {
    /// Says so.
    pub fn open(_: &DreamArguments) -> Result<Executor, Exit> {
        Err(anyhow!(
            "this dreamer was built without libtorch and cannot dream; build one that can with \
             `cargo build --release`, without --no-default-features"
        )
        .into())
    }

    pub fn device(&self) -> String {
        match *self {}
    }

    pub fn shares_memory(&self) -> bool {
        match *self {}
    }

    pub fn threads(&self) -> usize {
        match *self {}
    }

    pub fn dream(
        &self,
        _: &Choice,
        _: Settings,
        _: &Planes,
        _: &[Size],
        _: &mut impl Observer,
    ) -> Result<Planes, Exit> {
        match *self {}
    }
}
