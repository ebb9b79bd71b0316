//! The page that shows how a network learnt.

use std::path::Path;

use super::super::exit::Exit;
use crate::train::checkpoint::Run;
use crate::train::data::DataSet;
use crate::train::history::{History, Mistake};
use crate::train::tile::Tile;
use crate::train::{Training, WrongAnswer};

/// Mistakes shown at most, the most confident first.
const MISTAKES: usize = 60;
