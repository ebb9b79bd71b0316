//! The sizes at which a picture is dreamed, smallest first.

use crate::Size;
use crate::network::{Graph, ShapeError, shapes};

/// The octaves that a network can see, and those it cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Octaves {
    /// Smallest first; the last one is the picture's own size.
    pub sizes: Vec<Size>,
    /// Octaves left out because the chosen layers would be empty there.
    pub left_out: Vec<Size>,
}

/// Octave k = 0 … `count`−1 has the picture's height and width divided by `scale`^(`count`−1−k),
/// rounded.
///
/// # Errors
/// [`ShapeError`] if even the picture's own size is too small for `graph`.
pub fn octaves(
    graph: &Graph,
    picture: Size,
    count: usize,
    scale: f64,
) -> Result<Octaves, ShapeError> {
    shapes(graph, picture.height, picture.width)?;
    let (sizes, left_out) = (0..count)
        .map(|octave| scale.powi((count - 1 - octave) as i32))
        .map(|factor| Size {
            height: (picture.height as f64 / factor).round() as usize,
            width: (picture.width as f64 / factor).round() as usize,
        })
        .partition(|size| shapes(graph, size.height, size.width).is_ok());
    Ok(Octaves { sizes, left_out })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::zoo;

    fn squeezenet() -> Graph {
        zoo::build("squeezenet1_0").expect("the zoo has it")
    }

    #[test]
    fn sizes_shrink_by_the_scale_and_end_with_the_picture() {
        let picture = Size { height: 576, width: 1024 };
        let octaves = octaves(&squeezenet(), picture, 3, 1.4).expect("it fits");
        let sizes: Vec<_> = octaves.sizes.iter().map(|size| (size.height, size.width)).collect();
        assert_eq!(sizes, [(294, 522), (411, 731), (576, 1024)]);
        assert!(octaves.left_out.is_empty());
    }

    #[test]
    fn an_octave_too_small_for_the_network_is_left_out() {
        let picture = Size { height: 64, width: 64 };
        let octaves = octaves(&squeezenet(), picture, 4, 2.0).expect("it fits");
        assert_eq!(octaves.sizes.last(), Some(&picture));
        assert_eq!(octaves.sizes.len() + octaves.left_out.len(), 4);
        assert!(octaves.left_out.contains(&Size { height: 8, width: 8 }));
    }

    #[test]
    fn a_picture_too_small_for_the_network_is_an_error() {
        assert!(octaves(&squeezenet(), Size { height: 1, width: 5000 }, 4, 1.4).is_err());
    }
}
