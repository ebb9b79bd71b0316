//! The size of a picture, a window or a grid.

/// Height and width in pixels or cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Size {
    /// As high as wide.
    pub const fn square(side: usize) -> Size {
        Size { height: side, width: side }
    }

    /// Number of pixels or cells.
    pub fn pixels(self) -> usize {
        self.height * self.width
    }
}

/// `WIDTH×HEIGHT`, as people write it.
impl std::fmt::Display for Size {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}×{}", self.width, self.height)
    }
}
