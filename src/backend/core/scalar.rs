//! The number types of the core.

use gemm_common::Parallelism;

use super::exponential;

/// The loops of matrix products: alpha·output + beta·left·right. For each matrix the column stride
/// comes before the row stride.
pub type Gemm<T> = unsafe fn(
    rows: usize,
    columns: usize,
    inner: usize,
    output: *mut T,
    output_columns: isize,
    output_rows: isize,
    add: bool,
    left: *const T,
    left_columns: isize,
    left_rows: isize,
    right: *const T,
    right_columns: isize,
    right_rows: isize,
    alpha: T,
    beta: T,
    conjugate_output: bool,
    conjugate_left: bool,
    conjugate_right: bool,
    parallelism: Parallelism,
);

/// float32, for training and dreaming, or float64, for checking gradients.
pub trait Scalar:
    Copy
    + Default
    + PartialOrd
    + Send
    + Sync
    + std::fmt::Debug
    + std::ops::Add<Output = Self>
    + std::ops::Sub<Output = Self>
    + std::ops::Mul<Output = Self>
    + std::ops::Div<Output = Self>
    + std::ops::Neg<Output = Self>
    + std::ops::AddAssign
    + std::ops::SubAssign
    + std::ops::MulAssign
    + std::iter::Sum
    + 'static
{
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;

    /// The loops of matrix products that suit the processor.
    fn gemm() -> Gemm<Self>;
    /// The closest number of this type.
    fn from_f64(value: f64) -> Self;
    /// The same number in float64.
    fn to_f64(self) -> f64;
    /// eˣ.
    fn exp(self) -> Self;
    /// The hyperbolic tangent.
    fn tanh(self) -> Self;
    /// The natural logarithm; NaN below 0.
    fn ln(self) -> Self;
    /// The square root; NaN below 0.
    fn sqrt(self) -> Self;
    /// xᵉ, for an exponent that need not be whole.
    fn powf(self, exponent: Self) -> Self;
    /// |x|.
    fn abs(self) -> Self;
    /// The larger one; the number if the other is NaN.
    fn max(self, other: Self) -> Self;
    /// The smaller one; the number if the other is NaN.
    fn min(self, other: Self) -> Self;
    /// self · factor + term, rounded once if the processor can.
    fn mul_add(self, factor: Self, term: Self) -> Self;
}

macro_rules! scalar {
    ($type:ident, gemm $gemm:path, exp $exp:path, tanh $tanh:path) => {
        impl Scalar for $type {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;

            fn gemm() -> Gemm<Self> {
                $gemm()
            }

            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                value as $type
            }

            #[inline(always)]
            fn to_f64(self) -> f64 {
                self as f64
            }

            #[inline(always)]
            fn exp(self) -> Self {
                $exp(self)
            }

            #[inline(always)]
            fn tanh(self) -> Self {
                $tanh(self)
            }

            #[inline(always)]
            fn ln(self) -> Self {
                $type::ln(self)
            }

            #[inline(always)]
            fn sqrt(self) -> Self {
                $type::sqrt(self)
            }

            #[inline(always)]
            fn powf(self, exponent: Self) -> Self {
                $type::powf(self, exponent)
            }

            #[inline(always)]
            fn abs(self) -> Self {
                $type::abs(self)
            }

            #[inline(always)]
            fn max(self, other: Self) -> Self {
                $type::max(self, other)
            }

            #[inline(always)]
            fn min(self, other: Self) -> Self {
                $type::min(self, other)
            }

            #[inline(always)]
            fn mul_add(self, factor: Self, term: Self) -> Self {
                $type::mul_add(self, factor, term)
            }
        }
    };
}

scalar!(f32, gemm gemm_f32::gemm::f32::get_gemm_fn, exp exponential::exp, tanh exponential::tanh);
scalar!(f64, gemm gemm_f64::gemm::f64::get_gemm_fn, exp f64::exp, tanh f64::tanh);
