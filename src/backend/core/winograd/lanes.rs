//! The values of eight tiles, or of a row of one tile, side by side.

use std::ops::{Add, Sub};

use crate::backend::core::scalar::Scalar;

/// Tiles transformed at once.
pub const LANES: usize = 8;

/// Eight numbers.
pub trait Lanes<T>: Copy + Add<Output = Self> + Sub<Output = Self> {
    fn splat(value: T) -> Self;

    /// # Safety
    /// There are eight values.
    unsafe fn load(from: *const T) -> Self;

    /// The values from `start` to `end`, and zeros beside them.
    ///
    /// # Safety
    /// There are values at those places.
    unsafe fn load_some(from: *const T, start: usize, end: usize) -> Self;

    /// # Safety
    /// There is room for eight values.
    unsafe fn store(self, to: *mut T);

    /// self · factor + term.
    fn mul_add(self, factor: T, term: Self) -> Self;

    fn scale(self, factor: T) -> Self;

    fn max(self, other: Self) -> Self;

    /// Rows become columns.
    fn transpose(rows: [Self; LANES]) -> [Self; LANES];

    /// Four rows become eight columns.
    fn columns(rows: [Self; 4]) -> [[T; 4]; LANES];
}

/// Eight numbers as any compiler vectorises them.
#[derive(Clone, Copy)]
pub struct Portable<T>([T; LANES]);

impl<T: Scalar> Portable<T> {
    #[inline(always)]
    fn zip(self, other: Self, combine: impl Fn(T, T) -> T) -> Self {
        Portable(std::array::from_fn(|lane| combine(self.0[lane], other.0[lane])))
    }
}

impl<T: Scalar> Add for Portable<T> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |one, other| one + other)
    }
}

impl<T: Scalar> Sub for Portable<T> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |one, other| one - other)
    }
}

impl<T: Scalar> Lanes<T> for Portable<T> {
    #[inline(always)]
    fn splat(value: T) -> Self {
        Portable([value; LANES])
    }

    #[inline(always)]
    unsafe fn load(from: *const T) -> Self {
        // SAFETY: as the caller promises; an array needs no more alignment than its values.
        Portable(unsafe { *from.cast() })
    }

    #[inline(always)]
    unsafe fn load_some(from: *const T, start: usize, end: usize) -> Self {
        // SAFETY: as the caller promises.
        let value = |lane| unsafe { *from.wrapping_add(lane) };
        let inside = start..end;
        Portable(std::array::from_fn(
            |lane| if inside.contains(&lane) { value(lane) } else { T::ZERO },
        ))
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut T) {
        // SAFETY: as the caller promises.
        unsafe { *to.cast() = self.0 };
    }

    #[inline(always)]
    fn mul_add(self, factor: T, term: Self) -> Self {
        self.zip(term, |value, term| value * factor + term)
    }

    #[inline(always)]
    fn scale(self, factor: T) -> Self {
        Portable(self.0.map(|value| value * factor))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, T::max)
    }

    #[inline(always)]
    fn transpose(rows: [Self; LANES]) -> [Self; LANES] {
        std::array::from_fn(|row| Portable(std::array::from_fn(|column| rows[column].0[row])))
    }

    #[inline(always)]
    fn columns(rows: [Self; 4]) -> [[T; 4]; LANES] {
        std::array::from_fn(|lane| rows.map(|row| row.0[lane]))
    }
}

#[cfg(target_arch = "x86_64")]
pub use self::avx2::Avx2;

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;
    use std::ops::{Add, Sub};

    use super::{LANES, Lanes};

    /// Eight numbers in a register. Whoever makes some has AVX2.
    #[derive(Clone, Copy)]
    pub struct Avx2(__m256);

    impl Add for Avx2 {
        type Output = Self;

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            // SAFETY: there are none without AVX2.
            Avx2(unsafe { _mm256_add_ps(self.0, other.0) })
        }
    }

    impl Sub for Avx2 {
        type Output = Self;

        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            // SAFETY: there are none without AVX2.
            Avx2(unsafe { _mm256_sub_ps(self.0, other.0) })
        }
    }

    // SAFETY (of every block below): these numbers are used in functions for AVX2 only, and the
    // callers of the unsafe ones promise what they state.
    impl Lanes<f32> for Avx2 {
        #[inline(always)]
        fn splat(value: f32) -> Self {
            Avx2(unsafe { _mm256_set1_ps(value) })
        }

        #[inline(always)]
        unsafe fn load(from: *const f32) -> Self {
            Avx2(unsafe { _mm256_loadu_ps(from) })
        }

        #[inline(always)]
        unsafe fn load_some(from: *const f32, start: usize, end: usize) -> Self {
            unsafe {
                let lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
                let before = _mm256_cmpgt_epi32(_mm256_set1_epi32(start as i32), lanes);
                let inside = _mm256_cmpgt_epi32(_mm256_set1_epi32(end as i32), lanes);
                Avx2(_mm256_maskload_ps(from, _mm256_andnot_si256(before, inside)))
            }
        }

        #[inline(always)]
        unsafe fn store(self, to: *mut f32) {
            unsafe { _mm256_storeu_ps(to, self.0) };
        }

        #[inline(always)]
        fn mul_add(self, factor: f32, term: Self) -> Self {
            Avx2(unsafe { _mm256_fmadd_ps(self.0, _mm256_set1_ps(factor), term.0) })
        }

        #[inline(always)]
        fn scale(self, factor: f32) -> Self {
            Avx2(unsafe { _mm256_mul_ps(self.0, _mm256_set1_ps(factor)) })
        }

        #[inline(always)]
        fn max(self, other: Self) -> Self {
            Avx2(unsafe { _mm256_max_ps(self.0, other.0) })
        }

        #[inline(always)]
        fn transpose(rows: [Self; LANES]) -> [Self; LANES] {
            unsafe {
                let [a, b, c, d, e, f, g, h] = rows.map(|row| row.0);
                let quarter = |[a, b, c, d]: [__m256; 4]| {
                    let (ab, cd) = (_mm256_unpacklo_ps(a, b), _mm256_unpacklo_ps(c, d));
                    let (ab_high, cd_high) = (_mm256_unpackhi_ps(a, b), _mm256_unpackhi_ps(c, d));
                    [
                        _mm256_shuffle_ps::<0b01_00_01_00>(ab, cd),
                        _mm256_shuffle_ps::<0b11_10_11_10>(ab, cd),
                        _mm256_shuffle_ps::<0b01_00_01_00>(ab_high, cd_high),
                        _mm256_shuffle_ps::<0b11_10_11_10>(ab_high, cd_high),
                    ]
                };
                let [[a, b, c, d], [e, f, g, h]] = [quarter([a, b, c, d]), quarter([e, f, g, h])];
                [
                    _mm256_permute2f128_ps::<0x20>(a, e),
                    _mm256_permute2f128_ps::<0x20>(b, f),
                    _mm256_permute2f128_ps::<0x20>(c, g),
                    _mm256_permute2f128_ps::<0x20>(d, h),
                    _mm256_permute2f128_ps::<0x31>(a, e),
                    _mm256_permute2f128_ps::<0x31>(b, f),
                    _mm256_permute2f128_ps::<0x31>(c, g),
                    _mm256_permute2f128_ps::<0x31>(d, h),
                ]
                .map(Avx2)
            }
        }

        #[inline(always)]
        fn columns(rows: [Self; 4]) -> [[f32; 4]; LANES] {
            unsafe {
                let [a, b, c, d] = rows.map(|row| row.0);
                let (ab, cd) = (_mm256_unpacklo_ps(a, b), _mm256_unpacklo_ps(c, d));
                let (ab_high, cd_high) = (_mm256_unpackhi_ps(a, b), _mm256_unpackhi_ps(c, d));
                let pairs = [
                    _mm256_shuffle_ps::<0b01_00_01_00>(ab, cd),
                    _mm256_shuffle_ps::<0b11_10_11_10>(ab, cd),
                    _mm256_shuffle_ps::<0b01_00_01_00>(ab_high, cd_high),
                    _mm256_shuffle_ps::<0b11_10_11_10>(ab_high, cd_high),
                ];
                let mut columns = [[0.0; 4]; LANES];
                for (lane, pair) in pairs.into_iter().enumerate() {
                    _mm_storeu_ps(columns[lane].as_mut_ptr(), _mm256_castps256_ps128(pair));
                    let high = _mm256_extractf128_ps::<1>(pair);
                    _mm_storeu_ps(columns[lane + 4].as_mut_ptr(), high);
                }
                columns
            }
        }
    }
}
