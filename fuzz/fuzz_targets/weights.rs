//! Weight files of whatever format.

#![no_main]

use dreamer_fuzz::read_weights;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| read_weights(bytes));
