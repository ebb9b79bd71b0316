//! PyTorch's files before 1.6, which are mostly pickles.

#![no_main]

use dreamer_fuzz::read_format;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| read_format("PyTorch before 1.6 (.pth)", bytes));
