//! Overlapping tiles: gradients of a picture too large to pass through the network at once.
//!
//! A tile starts at a multiple of the layers' stride, so that its grid is the whole picture's, and
//! reaches beyond the pixels it is kept for by three quarters of a receptive field, or by a whole one
//! where that is small. A kept pixel's gradient then misses only what activations at the far rim of
//! its field would see beyond that, about 0.001 of the gradient; with a whole field it would miss
//! nothing. Since the picture is rolled anew for every step, the tiles' borders wander as well.

use std::ops::Range;

use super::Shift;
use crate::Size;
use crate::backend::{Edge, Rectangle, View};
use crate::network::{Extent, Graph, NodeId, ReceptiveField, ShapeError, receptive_fields, shapes};

/// How far a tile reaches beyond the pixels it is kept for, in receptive fields.
const MARGIN: f64 = 0.75;

/// A field of at most this many pixels is reached beyond as a whole: it costs little, and in a small
/// network's field, such as LeNet's, the rim counts as much as the middle.
const SMALL_FIELD: usize = 64;

/// Why a picture cannot be cut into tiles.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// A value of the layer depends on the whole picture.
    #[error(
        "a value of this layer sees the whole picture, so the picture cannot be cut into tiles; \
         choose an earlier layer or a smaller picture"
    )]
    Global,
    /// No pixel of a tile would be the same as in the whole picture.
    #[error(
        "tiles of {side} pixels are too small for this layer, which sees {sees} pixels; they need \
         {least} or more"
    )]
    TooSmall {
        /// Side of the tiles, in pixels.
        side: usize,
        /// Side of the layer's receptive field, in pixels.
        sees: usize,
        /// The smallest side that can be used, in pixels.
        least: usize,
    },
}

/// A part of the shifted picture that passes through the network on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Pixels that the network is given.
    pub window: Rectangle,
    /// Pixels, within the window, whose gradient is kept.
    pub kept: Rectangle,
    /// For each target the cells of its grid (in the window's own grid) that count for the score;
    /// `None`: all of them.
    pub cells: Vec<Option<Rectangle>>,
}

impl Tile {
    /// The window in a picture that is shifted, with what lies beyond its edges.
    pub fn view(&self, shift: Shift, edges: [Edge; 2]) -> View {
        View {
            top: self.window.top as isize - shift.down,
            left: self.window.left as isize - shift.right,
            height: self.window.height,
            width: self.window.width,
            edges,
        }
    }

    /// Keeps nothing of the outermost rows and columns of the shifted picture, and so perhaps nothing at all.
    pub fn without_rims(self, picture: Size, [rows, columns]: [usize; 2]) -> Tile {
        let inside = |start: usize, count: usize, rim: usize, length: usize| {
            let end = (start + count).min(length - rim).max(start);
            let start = start.max(rim).min(end);
            (start, end - start)
        };
        let (top, height) = inside(self.kept.top, self.kept.height, rows, picture.height);
        let (left, width) = inside(self.kept.left, self.kept.width, columns, picture.width);
        Tile { kept: Rectangle { top, left, height, width }, ..self }
    }

    /// The kept pixels, counted from the window's corner.
    pub fn kept_in_view(&self) -> Rectangle {
        let (top, left) = (self.kept.top - self.window.top, self.kept.left - self.window.left);
        Rectangle { top, left, ..self.kept }
    }
}

/// How a network's picture may be cut.
#[derive(Clone, Debug)]
pub struct Tiling {
    graph: Graph,
    targets: Vec<NodeId>,
    /// What the targets see; `None` where it is the whole picture.
    fields: Vec<Option<ReceptiveField>>,
    /// How many cells of each target around its own a tile needs to know.
    reach: Vec<Extent>,
    /// In receptive fields, where it is chosen.
    margin: Option<f64>,
}

impl Tiling {
    /// For a graph truncated at `targets`.
    pub fn new(graph: &Graph, targets: &[NodeId]) -> Tiling {
        let fields = receptive_fields(graph);
        Tiling {
            fields: targets.iter().map(|target| fields[target.index()]).collect(),
            reach: vec![[0; 2]; targets.len()],
            graph: graph.clone(),
            targets: targets.to_vec(),
            margin: None,
        }
    }

    /// With tiles that reach beyond the pixels they are kept for by `receptive_fields` times what a
    /// value of the layers sees: with 1 the gradient is that of the whole picture, and with less it
    /// is less exact and costs less.
    pub fn with_margin(self, receptive_fields: f64) -> Tiling {
        Tiling { margin: Some(receptive_fields), ..self }
    }

    /// With tiles that know so many cells of each target more, down and right.
    pub fn reaching(&self, cells: &[Extent]) -> Tiling {
        Tiling { reach: cells.to_vec(), ..self.clone() }
    }

    /// What each target sees; `None` where it is the whole picture.
    pub fn fields(&self) -> &[Option<ReceptiveField>] {
        &self.fields
    }

    /// The size of the pictures that the network was trained on.
    pub fn trained_on(&self) -> Size {
        self.graph.picture_size()
    }

    /// Whether the network can see a picture.
    ///
    /// # Errors
    /// [`ShapeError`] if it is too small, or of another size than the network needs.
    pub fn check(&self, picture: Size) -> Result<(), ShapeError> {
        shapes(&self.graph, picture.height, picture.width).map(drop)
    }

    /// Tiles of at most `side`×`side` pixels; without a side, the whole picture as its one tile.
    ///
    /// # Errors
    /// As for [`Tiling::tiles`].
    pub fn cut(&self, picture: Size, side: Option<usize>) -> Result<Vec<Tile>, TileError> {
        side.map_or_else(|| Ok(self.whole(picture)), |side| self.tiles(picture, side))
    }

    /// The whole picture as its one tile.
    pub fn whole(&self, picture: Size) -> Vec<Tile> {
        let whole = Rectangle::whole(picture.height, picture.width);
        vec![Tile { window: whole, kept: whole, cells: vec![None; self.targets.len()] }]
    }

    /// Tiles of at most `side`×`side` pixels, or of as many pixels in all.
    ///
    /// # Errors
    /// [`TileError`] if the layer sees the whole picture or more than a tile.
    pub fn tiles(&self, picture: Size, side: usize) -> Result<Vec<Tile>, TileError> {
        if picture.pixels() <= side * side {
            return Ok(self.whole(picture));
        }
        let fields: Option<Vec<ReceptiveField>> = self.fields.iter().copied().collect();
        let fields = &fields.ok_or(TileError::Global)?;
        let rows = self.axis(fields, 0, picture.height, side)?;
        let columns = self.axis(fields, 1, picture.width, side)?;
        let tile = |row: &Span, column: &Span| {
            let (window, kept) =
                (rectangle(&row.window, &column.window), rectangle(&row.kept, &column.kept));
            let shapes = shapes(&self.graph, window.height, window.width)
                .expect("a tile is larger than what its layers see");
            let cells = fields
                .iter()
                .zip(&self.targets)
                .map(|(field, target)| {
                    let shape = shapes[target.index()];
                    let rows = row.cells(field, 0, picture.height, shape.height);
                    let columns = column.cells(field, 1, picture.width, shape.width);
                    Some(rectangle(&rows, &columns))
                })
                .collect();
            Tile { window, kept, cells }
        };
        Ok(rows
            .iter()
            .flat_map(|row| columns.iter().map(move |column| tile(row, column)))
            .collect())
    }

    /// The side at which a picture can be cut: `side`, or the least that the layers can do with.
    ///
    /// # Errors
    /// [`TileError::Global`] where it cannot be cut at all.
    pub fn fit(&self, picture: Size, side: usize) -> Result<usize, TileError> {
        match self.tiles(picture, side) {
            Ok(_) => Ok(side),
            Err(TileError::TooSmall { least, .. }) => Ok(least),
            Err(error) => Err(error),
        }
    }

    /// Half the side of tiles, or of a whole picture, as far as the layers can do with that; `None` where
    /// that is no smaller.
    pub fn smaller(&self, picture: Size, side: Option<usize>) -> Option<usize> {
        let side = side.unwrap_or_else(|| (picture.pixels() as f64).sqrt() as usize);
        self.fit(picture, side / 2).ok().filter(|smaller| *smaller < side)
    }

    /// Cuts one axis into spans.
    fn axis(
        &self,
        fields: &[ReceptiveField],
        axis: usize,
        length: usize,
        side: usize,
    ) -> Result<Vec<Span>, TileError> {
        let stride = fields.iter().map(|field| field.stride[axis]).max().unwrap_or(1);
        let sees = fields.iter().map(|field| field.size()[axis]).max().unwrap_or(1);
        let margin = self.margin.unwrap_or(if sees <= SMALL_FIELD { 1.0 } else { MARGIN });
        let reaches = fields.iter().zip(&self.reach);
        let reach = reaches.map(|(field, reach)| field.stride[axis] * reach[axis]).max();
        let margin = (sees as f64 * margin).ceil() as usize + reach.unwrap_or(0);
        let margin = margin.next_multiple_of(stride);
        if length <= side {
            return Ok(vec![Span { window: 0..length, kept: 0..length }]);
        }
        let least = 2 * margin + 4 * stride;
        if side < least {
            return Err(TileError::TooSmall { side, sees, least });
        }
        let kept = (side - 2 * margin) / stride * stride;
        let count = length.div_ceil(kept);
        let border = |index: usize| {
            if index == count { length } else { index * length / count / stride * stride }
        };
        Ok((0..count)
            .map(|index| {
                let kept = border(index)..border(index + 1);
                let window = kept.start.saturating_sub(margin)..(kept.end + margin).min(length);
                Span { window, kept }
            })
            .collect())
    }
}

/// One axis of a tile, in pixels of the rolled picture.
struct Span {
    window: Range<usize>,
    kept: Range<usize>,
}

impl Span {
    /// The cells of a layer's grid, counted from the window's start, that see about the kept part:
    /// those with the middle of their receptive fields in it, which over all spans are the `length`
    /// pixels' cells, each once. The window has `count` of them.
    fn cells(
        &self,
        field: &ReceptiveField,
        axis: usize,
        length: usize,
        count: usize,
    ) -> Range<usize> {
        let stride = field.stride[axis] as isize;
        let middle = (field.low[axis] + field.high[axis]).div_euclid(2);
        let first_from = |pixel: usize| {
            let pixel = pixel as isize - self.window.start as isize;
            let cell = (pixel - middle + stride - 1).div_euclid(stride);
            (cell.max(0) as usize).min(count)
        };
        let start = if self.kept.start == 0 { 0 } else { first_from(self.kept.start) };
        let end = if self.kept.end == length { count } else { first_from(self.kept.end) };
        start..end
    }
}

fn rectangle(rows: &Range<usize>, columns: &Range<usize>) -> Rectangle {
    Rectangle { top: rows.start, left: columns.start, height: rows.len(), width: columns.len() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Architecture, find_layer, truncate, zoo};

    fn tiling(model: &str, layer: &str) -> Tiling {
        let graph = zoo::build(model).unwrap_or_else(|| {
            let architecture: Architecture = model.parse().expect("it is an architecture");
            architecture.graph(&architecture.digits()).expect("it fits")
        });
        let target = find_layer(&graph, layer).expect("the network has it");
        let (graph, targets) = truncate(&graph, &[target]);
        Tiling::new(&graph, &targets)
    }

    #[test]
    fn kept_parts_cover_the_picture_once() {
        let size = Size { height: 1301, width: 977 };
        let tiles = tiling("googlenet", "inception4c").tiles(size, 600).expect("it can be cut");
        let mut covered = vec![0u8; size.pixels()];
        for tile in &tiles {
            assert!(tile.window.height <= 600 && tile.window.width <= 600);
            for y in tile.kept.top..tile.kept.top + tile.kept.height {
                for x in tile.kept.left..tile.kept.left + tile.kept.width {
                    covered[y * size.width + x] += 1;
                }
            }
        }
        assert!(tiles.len() > 1);
        assert!(covered.iter().all(|count| *count == 1));
    }

    #[test]
    fn all_but_the_rims_is_kept_and_lies_within_the_windows() {
        let size = Size { height: 180, width: 140 };
        // Tiles of the first layer are narrower than a rim.
        for side in [None, Some(16), Some(60)] {
            let mut covered = vec![0u8; size.pixels()];
            let tiles = tiling("vgg16", "features.0").cut(size, side).expect("it can be cut");
            for tile in tiles.into_iter().map(|tile| tile.without_rims(size, [22, 17])) {
                let (Rectangle { top, left, .. }, window) = (tile.kept, tile.window);
                assert!(top >= window.top && left >= window.left, "{tile:?}");
                let (bottom, right) = (top + tile.kept.height, left + tile.kept.width);
                assert!(bottom <= window.top + window.height, "{tile:?}");
                assert!(right <= window.left + window.width, "{tile:?}");
                for y in top..bottom {
                    (left..right).for_each(|x| covered[y * size.width + x] += 1);
                }
            }
            for (pixel, count) in covered.into_iter().enumerate() {
                let (x, y) = (pixel % size.width, pixel / size.width);
                let inside = (22..180 - 22).contains(&y) && (17..140 - 17).contains(&x);
                assert_eq!(count, u8::from(inside), "{x} {y}");
            }
        }
    }

    #[test]
    fn tiles_start_on_the_grid_of_the_whole_picture() {
        let size = Size { height: 3000, width: 2000 };
        let tiles = tiling("googlenet", "inception4c").tiles(size, 700).expect("it can be cut");
        assert!(tiles.iter().all(|tile| tile.window.top % 16 == 0 && tile.window.left % 16 == 0));
    }

    #[test]
    fn every_cell_counts_for_the_score_once() {
        let size = Size { height: 901, width: 743 };
        for (model, layer) in [
            ("googlenet", "inception4c"),
            ("bvlc_googlenet", "inception_4c/output"),
            ("inception5h", "mixed4c"),
            ("squeezenet1_0", "features.9"),
            ("resnet50", "layer2.1"),
            ("alexnet", "features.5"),
            ("inception_v3", "Mixed_5d"),
            ("mobilenet_v2", "features.10"),
            ("vgg16", "features.22"),
            ("lenet5", "c3"),
            ("lenet5", "output"),
        ] {
            let tiling = tiling(model, layer);
            let tiles = tiling.tiles(size, 700).expect("it can be cut");
            assert!(tiles.len() > 1);
            let stride = tiling.fields()[0].expect("it does not see everything").stride;
            let grid = shapes(&tiling.graph, size.height, size.width).expect("it fits");
            let grid = grid[tiling.targets[0].index()];
            let mut counted = vec![0u8; grid.height * grid.width];
            for tile in &tiles {
                let cells = tile.cells[0].expect("a tile counts some cells");
                let (top, left) = (tile.window.top / stride[0], tile.window.left / stride[1]);
                for y in top + cells.top..top + cells.top + cells.height {
                    for x in left + cells.left..left + cells.left + cells.width {
                        counted[y * grid.width + x] += 1;
                    }
                }
            }
            assert!(counted.iter().all(|count| *count == 1), "{model}");
        }
    }

    #[test]
    fn a_layer_that_sees_everything_cannot_be_cut() {
        let size = Size { height: 3000, width: 2000 };
        for (model, layer) in [("googlenet", "avgpool"), ("mlp:784-30-10", "hidden1")] {
            let error = tiling(model, layer).tiles(size, 700).expect_err("it sees all");
            assert_eq!(error, TileError::Global, "{model}");
        }
    }

    #[test]
    fn a_tile_smaller_than_the_layer_sees_is_refused_with_the_least_size() {
        for model in zoo::names() {
            let graph = zoo::build(model).expect("the zoo has it");
            let tiling = tiling(model, graph.default_layer());
            let size = Size { height: 3000, width: 2000 };
            let Err(TileError::TooSmall { least, .. }) = tiling.tiles(size, 64) else {
                panic!("64 pixels are too few for {model}");
            };
            for length in least + 1..least + 64 {
                let size = Size { height: length, width: length };
                assert!(tiling.tiles(size, least).is_ok(), "{model}");
            }
        }
    }
}
