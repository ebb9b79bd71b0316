//! What `torch.save` and `torch.jit.save` write: a pickle of tensors, and the storages that these
//! are views of.

mod element;
mod legacy;
mod rebuild;
mod state_dict;
mod zipped;

pub(super) use legacy::FORMAT as LEGACY;
pub(super) use zipped::FORMAT as ZIPPED;
