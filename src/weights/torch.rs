//! Files of `torch.save` and `torch.jit.save`: a pickle of tensors, and the storages they are views
//! of.

mod dtype;
mod legacy;
mod rebuild;
mod state_dict;
mod zipped;

pub(super) use legacy::FORMAT as LEGACY;
pub(super) use zipped::FORMAT as ZIPPED;
