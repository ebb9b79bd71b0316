//! Safetensors files.

#![no_main]

use dreamer_fuzz::read_format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| read_format("safetensors", bytes));
