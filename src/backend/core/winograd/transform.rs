//! From values and kernels to coefficients, and from products to results.

use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};
use std::ops::Range;

use super::lanes::{LANES, Lanes, Portable};
use crate::backend::core::batch::{Batch, Write};
use crate::backend::core::correlation::Finish;
use crate::backend::core::parallel::Shared;
use crate::backend::core::scalar::Scalar;

/// Values of a side of a tile, and of its results.
pub const SIDE: usize = 6;
pub const RESULTS: usize = 4;

/// Coefficients of a tile.
pub const COEFFICIENTS: usize = SIDE * SIDE;

/// Planes that tiles are cut from.
pub struct Planes<T> {
    start: *const T,
    /// Values of a plane, and of its rows.
    plane: usize,
    width: usize,
}

impl<T: Scalar> Planes<T> {
    /// Those of `count` samples of `maps` planes of height and width `extent`.
    ///
    /// # Panics
    /// If a sample is shorter.
    pub fn new(samples: Batch<T>, count: usize, maps: usize, extent: [usize; 2]) -> Planes<T> {
        let plane = extent[0] * extent[1];
        let last = samples.sample(count.saturating_sub(1));
        assert!(last.len() >= maps * plane, "a sample is too short");
        Planes { start: samples.from(0).as_ptr(), plane, width: extent[1] }
    }
}

/// Which values of a plane a tile consists of. The others are zero.
#[derive(Clone)]
pub struct Tile {
    /// Where its first value is, or would be.
    from: isize,
    /// Rows and columns of the tile that are inside the plane.
    rows: Range<usize>,
    columns: Range<usize>,
    /// Whether all of it is, with room to read eight values in each row.
    whole: bool,
}

impl Tile {
    /// Nothing but zeros.
    pub const NONE: Tile = Tile { from: 0, rows: 0..0, columns: 0..0, whole: false };

    /// A square of `side` whose first row and column are those, in a plane of height and width `extent`.
    pub fn new([top, left]: [isize; 2], side: usize, [height, width]: [usize; 2]) -> Tile {
        let inside = |first: isize, extent: usize| {
            let start = (-first).clamp(0, side as isize);
            let end = (extent as isize - first).clamp(start, side as isize);
            start as usize..end as usize
        };
        let from = top * width as isize + left;
        let [rows, columns] = [inside(top, height), inside(left, width)];
        let end = from + ((side - 1) * width + LANES) as isize;
        let whole = rows == (0..side)
            && columns == (0..side)
            && usize::try_from(end).is_ok_and(|end| end <= height * width);
        Tile { from, rows, columns, whole }
    }

    /// The same tile `values` further on.
    pub fn behind(mut self, values: usize) -> Tile {
        self.from += values as isize;
        self
    }
}

/// Where a tile's results go in their planes.
#[derive(Clone, Copy, Default)]
pub struct TileResults {
    pub to: usize,
    /// Rows and columns that are inside.
    pub height: usize,
    pub width: usize,
}

/// Values between the coefficients, so that those of one map do not evict each other from the caches.
const GAP: usize = 16;

/// Coefficients of some maps of the tiles of some panels: for each coefficient, panel and map, a row
/// of one value per tile.
pub struct Panels<'a, T> {
    values: Shared<'a, T>,
    maps: usize,
    panels: usize,
    /// Tiles of a panel, a multiple of the lanes.
    width: usize,
}

impl<'a, T> Panels<'a, T> {
    /// Number of values of memory.
    pub fn volume(maps: usize, panels: usize, width: usize) -> usize {
        COEFFICIENTS * (maps * panels * width + GAP)
    }

    /// # Panics
    /// If there is less memory than [`Panels::volume`] states.
    pub fn new(values: Shared<'a, T>, maps: usize, panels: usize, width: usize) -> Panels<'a, T> {
        assert!(values.len() >= Self::volume(maps, panels, width), "there is too little memory");
        assert!(width.is_multiple_of(LANES), "a panel has whole groups of tiles");
        Panels { values, maps, panels, width }
    }

    pub fn panels(&self) -> usize {
        self.panels
    }

    /// The row of a coefficient, panel and map.
    #[inline(always)]
    pub fn at(&self, coefficient: usize, panel: usize, map: usize) -> *mut T {
        let coefficient = coefficient * (self.panels * self.maps * self.width + GAP);
        let row = panel * self.maps + map;
        self.values.start().wrapping_add(coefficient + row * self.width)
    }
}

/// From planes, by tiles and a number of maps.
pub type Forth<T> = unsafe fn(&Planes<T>, &[Tile], usize, &Panels<T>);

/// To planes, by tiles, a number of maps, and the values of a plane and of its rows.
pub type Back<T> = unsafe fn(&Panels<T>, &[TileResults], usize, [usize; 2], Shared<T>, Finish<T>);

/// The transforms for one kind of processor.
#[derive(Clone, Copy)]
pub struct Transforms<T: 'static> {
    /// The coefficients of tiles, with the tiles side by side.
    ///
    /// # Safety
    /// What tiles read is there, and nobody else uses the panels.
    pub input: Forth<T>,
    /// The coefficients of tiles with the maps side by side: the panels are of maps, and their rows of
    /// tiles.
    ///
    /// # Safety
    /// What tiles read is there, and nobody else uses the panels.
    pub values_by_map: Forth<T>,
    /// Likewise, of gradients of tiles of results: the coefficients of those of the products.
    ///
    /// # Safety
    /// As for `values_by_map`.
    pub results_by_map: Forth<T>,
    /// The results, from their products; `[plane, width]` are the values of a plane
    /// written, and of its rows.
    ///
    /// # Safety
    /// The results are inside their planes, and nobody else uses those.
    pub output: Back<T>,
}

impl<T: Scalar> Transforms<T> {
    pub const PORTABLE: Transforms<T> = Transforms {
        input: input::<T, Portable<T>>,
        values_by_map: by_map::<T, Portable<T>, OfValues, SIDE>,
        results_by_map: by_map::<T, Portable<T>, OfResults, RESULTS>,
        output: output::<T, Portable<T>>,
    };
}

#[cfg(target_arch = "x86_64")]
impl Transforms<f32> {
    /// For processors with AVX2 and FMA.
    pub const AVX2: Transforms<f32> = {
        use super::lanes::Avx2;

        #[target_feature(enable = "avx2,fma")]
        unsafe fn avx2_input(planes: &Planes<f32>, tiles: &[Tile], maps: usize, to: &Panels<f32>) {
            // SAFETY: as the caller promises.
            unsafe { input::<f32, Avx2>(planes, tiles, maps, to) };
        }

        #[target_feature(enable = "avx2,fma")]
        unsafe fn avx2_output(
            products: &Panels<f32>,
            tiles: &[TileResults],
            maps: usize,
            size: [usize; 2],
            to: Shared<f32>,
            finish: Finish<f32>,
        ) {
            // SAFETY: as the caller promises.
            unsafe { output::<f32, Avx2>(products, tiles, maps, size, to, finish) };
        }

        #[target_feature(enable = "avx2,fma")]
        unsafe fn avx2_values_by_map(
            planes: &Planes<f32>,
            tiles: &[Tile],
            maps: usize,
            to: &Panels<f32>,
        ) {
            // SAFETY: as the caller promises.
            unsafe { by_map::<f32, Avx2, OfValues, SIDE>(planes, tiles, maps, to) };
        }

        #[target_feature(enable = "avx2,fma")]
        unsafe fn avx2_results_by_map(
            planes: &Planes<f32>,
            tiles: &[Tile],
            maps: usize,
            to: &Panels<f32>,
        ) {
            // SAFETY: as the caller promises.
            unsafe { by_map::<f32, Avx2, OfResults, RESULTS>(planes, tiles, maps, to) };
        }

        Transforms {
            input: avx2_input,
            values_by_map: avx2_values_by_map,
            results_by_map: avx2_results_by_map,
            output: avx2_output,
        }
    };
}

// The polynomials of the algorithm are evaluated at 0, ±√½, ±√2 and infinity. Of all points these keep
// the numbers between the transforms closest to 1, and with them the rounding errors small.

/// Aᵀm: six products to four results.
#[inline(always)]
fn to_results<T: Scalar, V: Lanes<T>>(products: [V; SIDE]) -> [V; RESULTS] {
    let [m0, m1, m2, m3, m4, m5] = products;
    let (half, two) = (T::from_f64(0.5), T::from_f64(2.0));
    let (near, far) = (T::from_f64(FRAC_1_SQRT_2), T::from_f64(SQRT_2));
    let (sum, far_sum) = (m1 + m2, m3 + m4);
    let (difference, far_difference) = (m1 - m2, m3 - m4);
    [
        m0 + sum + far_sum,
        far_difference.mul_add(far, difference.scale(near)),
        far_sum.mul_add(two, sum.scale(half)),
        far_difference.mul_add(two * far, difference.mul_add(half * near, m5)),
    ]
}

/// G: what each of three weights adds to six coefficients.
const KERNEL: [[f64; 3]; SIDE] = [
    [1.0, 0.0, 0.0],
    [-2.0 / 3.0, -SQRT_2 / 3.0, -1.0 / 3.0],
    [-2.0 / 3.0, SQRT_2 / 3.0, -1.0 / 3.0],
    [1.0 / 6.0, SQRT_2 / 6.0, 1.0 / 3.0],
    [1.0 / 6.0, -SQRT_2 / 6.0, 1.0 / 3.0],
    [0.0, 0.0, 1.0],
];

/// G g Gᵀ: the coefficients of a kernel, by row and column.
pub fn kernel_coefficients<T: Scalar>(kernel: [[T; 3]; 3]) -> [[T; SIDE]; SIDE] {
    let factors = KERNEL.map(|row| row.map(T::from_f64));
    let one =
        |weights: [T; 3]| factors.map(|[a, b, c]| weights[0] * a + weights[1] * b + weights[2] * c);
    let columns: [[T; SIDE]; 3] = std::array::from_fn(|column| one(kernel.map(|row| row[column])));
    std::array::from_fn(|row| one(columns.map(|column| column[row])))
}

/// Gᵀ c G: the gradient of a kernel from those of its coefficients.
pub fn kernel_gradient<T: Scalar>(coefficients: [[T; SIDE]; SIDE]) -> [[T; 3]; 3] {
    let factors = KERNEL.map(|row| row.map(T::from_f64));
    let one = |values: [T; SIDE]| -> [T; 3] {
        std::array::from_fn(|weight| (0..SIDE).map(|row| values[row] * factors[row][weight]).sum())
    };
    let rows = coefficients.map(one);
    let columns: [[T; 3]; 3] = std::array::from_fn(|column| one(rows.map(|row| row[column])));
    std::array::from_fn(|row| columns.map(|column| column[row]))
}

/// The first `ROWS` rows of a tile.
#[inline(always)]
unsafe fn rows<T: Scalar, V: Lanes<T>, const ROWS: usize>(
    planes: &Planes<T>,
    map: usize,
    tile: &Tile,
) -> [V; ROWS] {
    let from = planes.start.wrapping_add(map * planes.plane).wrapping_offset(tile.from);
    let mut rows = [V::splat(T::ZERO); ROWS];
    for (row, values) in rows.iter_mut().enumerate() {
        let from = from.wrapping_add(row * planes.width);
        if tile.whole {
            // SAFETY: a whole tile has eight values in each row.
            *values = unsafe { V::load(from) };
        } else if tile.rows.contains(&row) {
            // SAFETY: those columns of the row are there.
            *values = unsafe { V::load_some(from, tile.columns.start, tile.columns.end) };
        }
    }
    rows
}

/// A transform of a row or column of a tile into coefficients. (Function values are not inlined into loops
/// for other processors than the compiler's.)
trait OneWay<const ROWS: usize> {
    fn one<T: Scalar, V: Lanes<T>>(values: [V; ROWS]) -> [V; SIDE];
}

/// Bᵀd: six values to six coefficients.
struct OfValues;

impl OneWay<SIDE> for OfValues {
    #[inline(always)]
    fn one<T: Scalar, V: Lanes<T>>(values: [V; SIDE]) -> [V; SIDE] {
        let [d0, d1, d2, d3, d4, d5] = values;
        let [half, two, middle] = [T::from_f64(0.5), T::from_f64(2.0), T::from_f64(2.5)];
        let (near, far) = (T::from_f64(FRAC_1_SQRT_2), T::from_f64(SQRT_2));
        let (even, odd) = (d2.mul_add(-two, d4), d1.mul_add(-two, d3));
        let (far_even, far_odd) = (d2.mul_add(-half, d4), d1.mul_add(-half, d3));
        [
            d2.mul_add(-middle, d0 + d4),
            odd.mul_add(near, even),
            odd.mul_add(-near, even),
            far_odd.mul_add(far, far_even),
            far_odd.mul_add(-far, far_even),
            d3.mul_add(-middle, d1 + d5),
        ]
    }
}

/// Ay: four gradients of results to those of six products.
struct OfResults;

impl OneWay<RESULTS> for OfResults {
    #[inline(always)]
    fn one<T: Scalar, V: Lanes<T>>(results: [V; RESULTS]) -> [V; SIDE] {
        let [y0, y1, y2, y3] = results;
        let (half, two) = (T::from_f64(0.5), T::from_f64(2.0));
        let (near, far) = (T::from_f64(FRAC_1_SQRT_2), T::from_f64(SQRT_2));
        let (even, odd) = (y2.mul_add(half, y0), y3.mul_add(half, y1));
        let (far_even, far_odd) = (y2.mul_add(two, y0), y3.mul_add(two, y1));
        [
            y0,
            odd.mul_add(near, even),
            odd.mul_add(-near, even),
            far_odd.mul_add(far, far_even),
            far_odd.mul_add(-far, far_even),
            y3,
        ]
    }
}

/// Eight tiles on the way to coefficients: by row of coefficients, then by tile, the columns.
struct Eight<V>([[V; LANES]; SIDE]);

impl<V: Copy> Eight<V> {
    /// Takes in the rows of one tile.
    #[inline(always)]
    fn down<T: Scalar, Way: OneWay<ROWS>, const ROWS: usize>(
        &mut self,
        lane: usize,
        rows: [V; ROWS],
    ) where
        V: Lanes<T>,
    {
        for (tiles, coefficients) in self.0.iter_mut().zip(Way::one(rows)) {
            tiles[lane] = coefficients;
        }
    }

    /// Puts their coefficients into a row of a panel, from `lane` on.
    ///
    /// # Safety
    /// The row is there, and the caller's.
    #[inline(always)]
    unsafe fn put<T: Scalar, Way: OneWay<ROWS>, const ROWS: usize>(
        &self,
        to: &Panels<T>,
        [panel, row, lane]: [usize; 3],
    ) where
        V: Lanes<T>,
    {
        for (down, tiles) in self.0.iter().enumerate() {
            let across = V::transpose(*tiles);
            let mut columns = [across[0]; ROWS];
            columns.copy_from_slice(&across[..ROWS]);
            for (column, values) in Way::one(columns).into_iter().enumerate() {
                let to = to.at(down * SIDE + column, panel, row).wrapping_add(lane);
                // SAFETY: as the caller promises.
                unsafe { values.store(to) };
            }
        }
    }
}

#[inline(always)]
unsafe fn input<T: Scalar, V: Lanes<T>>(
    planes: &Planes<T>,
    tiles: &[Tile],
    maps: usize,
    to: &Panels<T>,
) {
    let groups_per_panel = to.width / LANES;
    for map in 0..maps {
        for (group, tiles) in tiles.chunks_exact(LANES).enumerate() {
            let (panel, lane) = (group / groups_per_panel, group % groups_per_panel * LANES);
            let mut eight = Eight([[V::splat(T::ZERO); LANES]; SIDE]);
            for (lane, tile) in tiles.iter().enumerate() {
                // SAFETY: as the caller promises.
                let rows = unsafe { rows::<T, V, SIDE>(planes, map, tile) };
                eight.down::<T, OfValues, SIDE>(lane, rows);
            }
            // SAFETY: the panels are the caller's.
            unsafe { eight.put::<T, OfValues, SIDE>(to, [panel, map, lane]) };
        }
    }
}

/// As [`input`], but with the maps side by side: the panels are of maps, and their rows of tiles. `ROWS`
/// are those of a tile that count.
#[inline(always)]
unsafe fn by_map<T: Scalar, V: Lanes<T>, Way: OneWay<ROWS>, const ROWS: usize>(
    planes: &Planes<T>,
    tiles: &[Tile],
    maps: usize,
    to: &Panels<T>,
) {
    for (index, tile) in tiles.iter().enumerate() {
        for first in (0..maps).step_by(LANES) {
            let (panel, lane) = (first / to.width, first % to.width);
            let mut eight = Eight([[V::splat(T::ZERO); LANES]; SIDE]);
            for map in first..maps.min(first + LANES) {
                // SAFETY: as the caller promises.
                let rows = unsafe { rows::<T, V, ROWS>(planes, map, tile) };
                eight.down::<T, Way, ROWS>(map - first, rows);
            }
            // SAFETY: the panels are the caller's.
            unsafe { eight.put::<T, Way, ROWS>(to, [panel, index, lane]) };
        }
    }
}

#[inline(always)]
unsafe fn output<T: Scalar, V: Lanes<T>>(
    products: &Panels<T>,
    tiles: &[TileResults],
    maps: usize,
    [plane, width]: [usize; 2],
    to: Shared<T>,
    finish: Finish<T>,
) {
    let groups_per_panel = products.width / LANES;
    let zero = V::splat(T::ZERO);
    for map in 0..maps {
        let bias = V::splat(finish.bias.map_or(T::ZERO, |bias| bias[map]));
        for (group, tiles) in tiles.chunks_exact(LANES).enumerate() {
            let (panel, lane) = (group / groups_per_panel, group % groups_per_panel * LANES);
            let mut across = [[zero; RESULTS]; SIDE];
            for (row, results) in across.iter_mut().enumerate() {
                let mut own = [zero; SIDE];
                for (column, product) in own.iter_mut().enumerate() {
                    let from = products.at(row * SIDE + column, panel, map).wrapping_add(lane);
                    // SAFETY: the map's row of the panel is there.
                    *product = unsafe { V::load(from) };
                }
                *results = to_results(own);
            }
            let mut columns = [[zero; RESULTS]; RESULTS];
            for (column, results) in columns.iter_mut().enumerate() {
                let mut own = [zero; SIDE];
                for (product, row) in own.iter_mut().zip(&across) {
                    *product = row[column];
                }
                *results = to_results(own);
            }
            for row in 0..RESULTS {
                let mut results = [zero; RESULTS];
                for (result, column) in results.iter_mut().zip(&columns) {
                    *result = column[row] + bias;
                    if finish.relu {
                        *result = result.max(zero);
                    }
                }
                for (tile, values) in tiles.iter().zip(V::columns(results)) {
                    if row >= tile.height {
                        continue;
                    }
                    let start = map * plane + tile.to + row * width;
                    // SAFETY: nobody else uses the results.
                    let to = unsafe { to.part(start, tile.width) };
                    match (<&mut [T; RESULTS]>::try_from(&mut *to), finish.write) {
                        (Ok(to), Write::Set) => *to = values,
                        (Ok(to), Write::Add) => {
                            to.iter_mut().zip(values).for_each(|(to, value)| *to += value);
                        }
                        (Err(_), Write::Set) => {
                            to.iter_mut().zip(values).for_each(|(to, value)| *to = value);
                        }
                        (Err(_), Write::Add) => {
                            to.iter_mut().zip(values).for_each(|(to, value)| *to += value);
                        }
                    }
                }
            }
        }
    }
}
