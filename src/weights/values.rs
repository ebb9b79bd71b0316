//! Decoding a tensor's values: to float32, in row-major order, all finite.

use std::borrow::Cow;
use std::io::{self, Read};

use flate2::bufread::DeflateDecoder;
use rayon::prelude::*;

use super::Tensor;
use super::tensor_view::{ByteOrder, DType, Data, Deflated, TensorView};

/// Values decoded at a time: their bytes fit into a core's cache.
const AT_A_TIME: usize = 1 << 16;

/// Why a tensor's values cannot be decoded.
#[derive(Debug, thiserror::Error)]
pub enum ValuesError {
    /// Not numbers of a floating-point type.
    #[error("has dtype {0}; weights are float32, float16, bfloat16 or float64")]
    Type(DType),
    /// A value is infinite or no number.
    #[error(
        "has values that are not finite (NaN or infinity); the file is damaged, download it again"
    )]
    NotFinite,
    /// The compressed bytes are damaged.
    #[error("cannot be inflated ({0}); the file is damaged, download it again")]
    Inflate(io::Error),
}

impl TensorView<'_> {
    /// Decodes the values. `done` is called with each part of plain bytes that will not be read
    /// again.
    pub(super) fn tensor(&self, done: &(dyn Fn(&[u8]) + Sync)) -> Result<Tensor, ValuesError> {
        use ByteOrder::{Big, Little};
        use half::{bf16, f16};
        let data = match (self.dtype(), self.order()) {
            (DType::F16, Little) => self.decode(done, |value| f16::from_le_bytes(value).to_f32()),
            (DType::F16, Big) => self.decode(done, |value| f16::from_be_bytes(value).to_f32()),
            (DType::Bf16, Little) => self.decode(done, |value| bf16::from_le_bytes(value).to_f32()),
            (DType::Bf16, Big) => self.decode(done, |value| bf16::from_be_bytes(value).to_f32()),
            (DType::F32, Little) => self.decode(done, f32::from_le_bytes),
            (DType::F32, Big) => self.decode(done, f32::from_be_bytes),
            (DType::F64, Little) => self.decode(done, |value| f64::from_le_bytes(value) as f32),
            (DType::F64, Big) => self.decode(done, |value| f64::from_be_bytes(value) as f32),
            (dtype @ DType::Other(_), _) => Err(ValuesError::Type(dtype.clone())),
        }?;
        Ok(Tensor::new(self.shape().to_vec(), data))
    }

    fn decode<const SIZE: usize>(
        &self,
        done: &(dyn Fn(&[u8]) + Sync),
        value: impl Fn([u8; SIZE]) -> f32 + Sync,
    ) -> Result<Vec<f32>, ValuesError> {
        let mut values = vec![0.0; self.volume()];
        let is_finite = match (self.data(), self.strides()) {
            (Data::Plain(bytes), None) => values
                .par_chunks_mut(AT_A_TIME)
                .zip(bytes.par_chunks(AT_A_TIME * SIZE))
                .map(|(values, bytes)| {
                    let is_finite = convert(bytes, values, &value);
                    done(bytes);
                    is_finite
                })
                .reduce(|| true, |one, other| one & other),
            (Data::Deflated(deflated), None) => {
                let mut reader = deflated.reader()?;
                let mut bytes = vec![0; AT_A_TIME.min(values.len()) * SIZE];
                let mut is_finite = true;
                for values in values.chunks_mut(AT_A_TIME) {
                    let bytes = &mut bytes[..values.len() * SIZE];
                    reader.read_exact(bytes).map_err(ValuesError::Inflate)?;
                    is_finite &= convert(bytes, values, &value);
                }
                is_finite
            }
            (data, Some(strides)) => {
                let bytes = data.plain()?;
                gather(bytes.as_chunks().0, self.shape(), strides, &mut values, &value);
                values.iter().fold(true, |finite, value| finite & value.is_finite())
            }
        };
        if is_finite { Ok(values) } else { Err(ValuesError::NotFinite) }
    }
}

impl<'a> Data<'a> {
    fn plain(&self) -> Result<Cow<'_, [u8]>, ValuesError> {
        match self {
            Data::Plain(bytes) => Ok(Cow::Borrowed(bytes)),
            Data::Deflated(deflated) => {
                let mut bytes = vec![0; deflated.size];
                deflated.reader()?.read_exact(&mut bytes).map_err(ValuesError::Inflate)?;
                Ok(Cow::Owned(bytes))
            }
        }
    }
}

impl<'a> Deflated<'a> {
    /// Inflates the values.
    fn reader(&self) -> Result<impl Read + use<'a>, ValuesError> {
        let mut reader = DeflateDecoder::new(self.bytes);
        let mut before = (&mut reader).take(self.skip as u64);
        io::copy(&mut before, &mut io::sink()).map_err(ValuesError::Inflate)?;
        Ok(reader)
    }
}

/// Decodes contiguous values; returns whether all are finite.
fn convert<const SIZE: usize>(
    bytes: &[u8],
    values: &mut [f32],
    value: impl Fn([u8; SIZE]) -> f32,
) -> bool {
    let mut is_finite = true;
    for (to, from) in values.iter_mut().zip(bytes.as_chunks().0) {
        *to = value(*from);
        is_finite &= to.is_finite();
    }
    is_finite
}

/// Decodes values `strides` apart, one row (of the last axis) after another.
fn gather<const SIZE: usize>(
    elements: &[[u8; SIZE]],
    shape: &[usize],
    strides: &[usize],
    values: &mut [f32],
    value: impl Fn([u8; SIZE]) -> f32,
) {
    let (Some((length, outer)), Some((stride, outer_strides))) =
        (shape.split_last(), strides.split_last())
    else {
        return;
    };
    let mut place = vec![0; outer.len()];
    for row in values.chunks_mut(*length) {
        let start: usize = place.iter().zip(outer_strides).map(|(at, stride)| at * stride).sum();
        for (to, from) in row.iter_mut().zip(elements[start..].iter().step_by((*stride).max(1))) {
            *to = value(*from);
        }
        for (at, length) in place.iter_mut().zip(outer).rev() {
            *at += 1;
            if *at < *length {
                break;
            }
            *at = 0;
        }
    }
}
