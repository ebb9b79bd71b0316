//! The innermost loops: small products held in registers, for each kind of processor.
//!
//! Nearly all the time of a convolution is spent in two sums. An [`Outer`] accumulates outer
//! products of a column of weights and a row of values; the rows may lie anywhere in memory, at one
//! offset each, so a convolution needs no im2col. [`Kernel::dot`] multiplies rows by rows: the
//! gradient of a convolution's weights.

use std::cell::RefCell;
use std::sync::OnceLock;

use super::winograd::Transforms;

/// Values beyond the end of a row that a kernel may read (but does not use).
pub const SLACK: usize = 64;

/// Rows of values, each present in every one of some samples.
#[derive(Clone, Copy)]
pub struct Rows<T> {
    pub start: *const T,
    /// Values from one sample to the next.
    pub step: usize,
    /// Where each row starts in a sample; as many as a tile has.
    pub offsets: *const usize,
}

/// The innermost loops for one kind of processor.
#[derive(Clone, Copy)]
pub struct Kernel<T: 'static> {
    /// Sums of outer products in tiles of several shapes.
    pub outer: &'static [Outer<T>],
    /// Rows and columns of a tile of `dot`.
    pub dot_tile: [usize; 2],
    /// The length of rows for `dot` must be a multiple of this.
    pub lanes: usize,
    /// `tile[r][c] = Σₛ Σⱼ a[s][r][j] · b[s][c][j]` over some samples s and a length of j.
    ///
    /// # Safety
    /// Every row has `length` values, a multiple of `lanes`, in each of the samples; `tile` has room
    /// for the tile.
    pub dot: unsafe fn(Rows<T>, Rows<T>, usize, usize, *mut T),
}

/// Sums of outer products, of `length`, `a`, `step`, `b`, `offsets` and `tile`.
pub type Multiply<T> = unsafe fn(usize, *const T, usize, *const T, *const usize, *mut T);

/// Sums of outer products in tiles of one shape.
#[derive(Clone, Copy, Debug)]
pub struct Outer<T> {
    /// Rows and columns of a tile.
    pub tile: [usize; 2],
    /// `tile[r][c] += Σₖ a[k · step + r] · b[offsets[k] + c]` for `length` values of k.
    ///
    /// # Safety
    /// `a` has as many values as the tile has rows at each multiple of `step`; at each of `length` offsets `b`
    /// has as many values as the tile has columns; `tile` is a whole tile.
    pub add: Multiply<T>,
    /// Likewise where the rows of values are one behind another, as `gather` leaves them; the offsets
    /// are not read, so that no row waits for its own.
    ///
    /// # Safety
    /// As for `add`, with `b` of `length` rows of as many values as the tile has columns.
    pub add_gathered: Multiply<T>,
    /// Likewise, setting the tile.
    ///
    /// # Safety
    /// As for `add_gathered`.
    pub set_gathered: Multiply<T>,
    /// Copies the rows of values that `add` reads at some offsets, one behind another.
    ///
    /// # Safety
    /// At each of `length` offsets there are as many values as a tile has columns, and the
    /// destination has room for all of them.
    pub gather: unsafe fn(usize, *const T, *const usize, *mut T),
}

impl<T> Kernel<T> {
    /// The tiles that leave the fewest rows unused for a total number of rows.
    pub fn outer_for(&self, rows: usize) -> &'static Outer<T> {
        (self.outer.iter())
            .min_by_key(|outer| rows.next_multiple_of(outer.tile[0]))
            .expect("every kernel has tiles of some shape")
    }
}

/// Number types that have kernels.
pub trait Kernels: Sized + 'static {
    /// The fastest kernel of this processor.
    fn kernel() -> &'static Kernel<Self>;

    /// The fastest transforms for 3×3 convolutions on this processor.
    fn transforms() -> Transforms<Self>;

    /// Calls `work` with `length` values of thread-local scratch memory, cache-line aligned and of
    /// arbitrary content.
    fn with_scratch<R>(length: usize, work: impl FnOnce(&mut [Self]) -> R) -> R;
}

/// Bytes of a cache line.
const LINE: usize = 64;

thread_local! {
    static SCRATCH_F32: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
    static SCRATCH_F64: RefCell<Vec<f64>> = const { RefCell::new(Vec::new()) };
}

/// The first `length` values of a vector from a cache line boundary on, extended if it is too
/// short.
pub fn aligned<T: Copy + Default>(scratch: &mut Vec<T>, length: usize) -> &mut [T] {
    let enough = length + LINE / size_of::<T>();
    if scratch.len() < enough {
        scratch.resize(enough, T::default());
    }
    let start = scratch.as_ptr().align_offset(LINE);
    &mut scratch[start..][..length]
}

impl Kernels for f32 {
    fn kernel() -> &'static Kernel<f32> {
        static KERNEL: OnceLock<Kernel<f32>> = OnceLock::new();
        KERNEL.get_or_init(|| {
            #[cfg(target_arch = "x86_64")]
            {
                if is_x86_feature_detected!("avx512f") {
                    return avx512::KERNEL;
                }
                if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    return avx2::KERNEL;
                }
            }
            portable_f32::KERNEL
        })
    }

    fn transforms() -> Transforms<f32> {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return Transforms::AVX2;
        }
        Transforms::PORTABLE
    }

    fn with_scratch<R>(length: usize, work: impl FnOnce(&mut [f32]) -> R) -> R {
        SCRATCH_F32.with_borrow_mut(|scratch| work(aligned(scratch, length)))
    }
}

impl Kernels for f64 {
    fn kernel() -> &'static Kernel<f64> {
        &portable_f64::KERNEL
    }

    fn transforms() -> Transforms<f64> {
        Transforms::PORTABLE
    }

    fn with_scratch<R>(length: usize, work: impl FnOnce(&mut [f64]) -> R) -> R {
        SCRATCH_F64.with_borrow_mut(|scratch| work(aligned(scratch, length)))
    }
}

/// Defines a module with a [`Kernel`] from the operations on one vector.
macro_rules! kernel {
    (
        $name:ident, $scalar:ty, $(features $features:literal,)? lanes $lanes:literal,
        outer $($rows:literal x $vectors:literal)+, dot $dot_rows:literal x $dot_columns:literal,
        $zero:expr, $load:expr, $splat:expr, $multiply_add:expr, $store:expr $(, use $import:path)?
    ) => {
        mod $name {
            use super::{Kernel, Outer, Rows};
            $(use $import::*;)?

            pub const KERNEL: Kernel<$scalar> = Kernel {
                outer: &[$(Outer {
                    tile: [$rows, $vectors * $lanes],
                    add: outer::<$rows, $vectors, false, true>,
                    add_gathered: outer::<$rows, $vectors, true, true>,
                    set_gathered: outer::<$rows, $vectors, true, false>,
                    gather: gather::<$vectors>,
                }),+],
                dot_tile: [$dot_rows, $dot_columns],
                lanes: $lanes,
                dot,
            };

            $(#[target_feature(enable = $features)])?
            unsafe fn outer<
                const ROWS: usize,
                const VECTORS: usize,
                const GATHERED: bool,
                const ADD: bool,
            >(
                length: usize,
                a: *const $scalar,
                step: usize,
                b: *const $scalar,
                offsets: *const usize,
                tile: *mut $scalar,
            ) {
                // SAFETY: the caller keeps to the ranges that `Outer` states.
                unsafe {
                    let mut sums = [[$zero; VECTORS]; ROWS];
                    if ADD {
                        for (index, sums) in sums.iter_mut().enumerate() {
                            for (vector, sum) in sums.iter_mut().enumerate() {
                                *sum = $load(tile.add((index * VECTORS + vector) * $lanes));
                            }
                        }
                    }
                    for k in 0..length {
                        let offset = if GATHERED { k * VECTORS * $lanes } else { *offsets.add(k) };
                        let row = b.add(offset);
                        let mut values = [$zero; VECTORS];
                        for (vector, value) in values.iter_mut().enumerate() {
                            *value = $load(row.add(vector * $lanes));
                        }
                        for (index, sums) in sums.iter_mut().enumerate() {
                            let factor = $splat(*a.add(k * step + index));
                            for (sum, value) in sums.iter_mut().zip(&values) {
                                *sum = $multiply_add(factor, *value, *sum);
                            }
                        }
                    }
                    for (index, sums) in sums.iter().enumerate() {
                        for (vector, sum) in sums.iter().enumerate() {
                            $store(tile.add((index * VECTORS + vector) * $lanes), *sum);
                        }
                    }
                }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn gather<const VECTORS: usize>(
                length: usize,
                from: *const $scalar,
                offsets: *const usize,
                to: *mut $scalar,
            ) {
                // SAFETY: the caller keeps to the ranges that `Outer::gather` states.
                unsafe {
                    for k in 0..length {
                        let row = from.add(*offsets.add(k));
                        let to = to.add(k * VECTORS * $lanes);
                        for vector in 0..VECTORS {
                            $store(to.add(vector * $lanes), $load(row.add(vector * $lanes)));
                        }
                    }
                }
            }

            $(#[target_feature(enable = $features)])?
            unsafe fn dot(
                rows: Rows<$scalar>,
                columns: Rows<$scalar>,
                samples: usize,
                length: usize,
                tile: *mut $scalar,
            ) {
                // SAFETY: the caller keeps to the ranges that `Kernel::dot` states.
                unsafe {
                    let mut sums = [[$zero; $dot_columns]; $dot_rows];
                    for sample in 0..samples {
                        let mut a = [rows.start; $dot_rows];
                        for (index, a) in a.iter_mut().enumerate() {
                            *a = a.add(sample * rows.step + *rows.offsets.add(index));
                        }
                        let mut b = [columns.start; $dot_columns];
                        for (index, b) in b.iter_mut().enumerate() {
                            *b = b.add(sample * columns.step + *columns.offsets.add(index));
                        }
                        for at in (0..length).step_by($lanes) {
                            let mut values = [$zero; $dot_columns];
                            for (value, b) in values.iter_mut().zip(&b) {
                                *value = $load(b.add(at));
                            }
                            for (sums, a) in sums.iter_mut().zip(&a) {
                                let factor = $load(a.add(at));
                                for (sum, value) in sums.iter_mut().zip(&values) {
                                    *sum = $multiply_add(factor, *value, *sum);
                                }
                            }
                        }
                    }
                    // All sums are stored before any is reduced: the compiler then keeps them in
                    // registers until here.
                    let mut lanes: [[[$scalar; $lanes]; $dot_columns]; $dot_rows] =
                        [[[0.0; $lanes]; $dot_columns]; $dot_rows];
                    for (lanes, sums) in lanes.iter_mut().zip(&sums) {
                        for (lanes, sum) in lanes.iter_mut().zip(sums) {
                            $store(lanes.as_mut_ptr(), *sum);
                        }
                    }
                    for (at, lanes) in lanes.iter().flatten().enumerate() {
                        *tile.add(at) = lanes.iter().sum();
                    }
                }
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
kernel!(
    avx512, f32, features "avx512f", lanes 16, outer 8 x 3 6 x 4, dot 4 x 6,
    _mm512_setzero_ps(), _mm512_loadu_ps, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_storeu_ps,
    use std::arch::x86_64
);

// Of sixteen registers one is left over: with none, the compiler keeps a sum in memory, in the innermost loop.
#[cfg(target_arch = "x86_64")]
kernel!(
    avx2, f32, features "avx2,fma", lanes 8, outer 6 x 2 4 x 2, dot 3 x 3,
    _mm256_setzero_ps(), _mm256_loadu_ps, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_storeu_ps,
    use std::arch::x86_64
);

kernel!(
    portable_f32, f32, lanes 4, outer 4 x 4, dot 4 x 4,
    [0.0; 4], load, splat, multiply_add, store,
    use super::lanes
);

kernel!(
    portable_f64, f64, lanes 4, outer 4 x 4, dot 4 x 4,
    [0.0; 4], load, splat, multiply_add, store,
    use super::lanes
);

/// Four numbers as any compiler vectorises them.
mod lanes {
    use std::ops::{Add, Mul};

    #[inline(always)]
    pub unsafe fn load<T: Copy>(from: *const T) -> [T; 4] {
        // SAFETY: the caller has four values there; an array needs no more alignment than they.
        unsafe { *from.cast() }
    }

    #[inline(always)]
    pub unsafe fn store<T: Copy>(to: *mut T, values: [T; 4]) {
        // SAFETY: as in `load`.
        unsafe { *to.cast() = values };
    }

    #[inline(always)]
    pub fn splat<T: Copy>(value: T) -> [T; 4] {
        [value; 4]
    }

    #[inline(always)]
    pub fn multiply_add<T: Copy + Mul<Output = T> + Add<Output = T>>(
        a: [T; 4],
        b: [T; 4],
        sum: [T; 4],
    ) -> [T; 4] {
        [0, 1, 2, 3].map(|lane| sum[lane] + a[lane] * b[lane])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kernels() -> Vec<Kernel<f32>> {
        #[allow(unused_mut, reason = "there may be but one")]
        let mut kernels = vec![portable_f32::KERNEL];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx512f") {
                kernels.push(avx512::KERNEL);
            }
            if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                kernels.push(avx2::KERNEL);
            }
        }
        kernels
    }

    /// Small whole numbers, whose products add up exactly.
    fn numbers(count: usize, salt: usize) -> Vec<f32> {
        (0..count).map(|index| ((index * 7 + salt * 5) % 11) as f32 - 5.0).collect()
    }

    #[test]
    fn outer_products_add_up_on_every_kernel() {
        for outer in kernels().iter().flat_map(|kernel| kernel.outer) {
            let [rows, columns] = outer.tile;
            assert!(columns <= SLACK);
            let offsets = [3, 40, 0, 17, 5];
            let (a, b) = (numbers(rows * 5, 1), numbers(40 + columns, 2));
            let [mut tile, mut other, mut alone] = [(); 3].map(|()| vec![2.0; rows * columns]);
            let mut gathered = vec![f32::NAN; 5 * columns];
            // SAFETY: the longest row begins at 40, and there is room for five rows.
            unsafe {
                (outer.add)(5, a.as_ptr(), rows, b.as_ptr(), offsets.as_ptr(), tile.as_mut_ptr());
                (outer.gather)(5, b.as_ptr(), offsets.as_ptr(), gathered.as_mut_ptr());
                let (a, b) = (a.as_ptr(), gathered.as_ptr());
                (outer.add_gathered)(5, a, rows, b, offsets.as_ptr(), other.as_mut_ptr());
                (outer.set_gathered)(5, a, rows, b, offsets.as_ptr(), alone.as_mut_ptr());
            };
            for row in 0..rows {
                for column in 0..columns {
                    let sum: f32 = (0..5).map(|k| a[k * rows + row] * b[offsets[k] + column]).sum();
                    assert_eq!(tile[row * columns + column], 2.0 + sum);
                }
            }
            assert_eq!(tile, other);
            assert!(tile.iter().zip(&alone).all(|(tile, alone)| *tile == 2.0 + alone));
        }
    }

    #[test]
    fn few_rows_get_tiles_that_they_fill() {
        for kernel in kernels() {
            for rows in 1..=64usize {
                let unused = |outer: &Outer<f32>| rows.next_multiple_of(outer.tile[0]) - rows;
                let least = kernel.outer.iter().map(unused).min();
                assert_eq!(Some(unused(kernel.outer_for(rows))), least, "{rows}");
            }
        }
    }

    #[test]
    fn dot_products_add_up_over_samples_on_every_kernel() {
        for kernel in kernels() {
            let [rows, columns] = kernel.dot_tile;
            let (length, samples) = (3 * kernel.lanes, 2);
            let (a, b) = (numbers(500, 3), numbers(500, 4));
            let a_offsets: Vec<usize> = (0..rows).map(|row| row * 9).collect();
            let b_offsets: Vec<usize> = (0..columns).map(|column| column * 4 + 1).collect();
            let mut tile = vec![f32::NAN; rows * columns];
            let left = Rows { start: a.as_ptr(), step: 101, offsets: a_offsets.as_ptr() };
            let right = Rows { start: b.as_ptr(), step: 77, offsets: b_offsets.as_ptr() };
            // SAFETY: rows end before 101 + 27 + 48.
            unsafe { (kernel.dot)(left, right, samples, length, tile.as_mut_ptr()) };
            for row in 0..rows {
                for column in 0..columns {
                    let sum: f32 = (0..samples)
                        .flat_map(|sample| (0..length).map(move |at| (sample, at)))
                        .map(|(sample, at)| {
                            a[sample * 101 + a_offsets[row] + at]
                                * b[sample * 77 + b_offsets[column] + at]
                        })
                        .sum();
                    assert_eq!(tile[row * columns + column], sum);
                }
            }
        }
    }
}
