//! Where the values of a tensor lie, by its shape and strides.

/// How many values a shape has, if that is a number.
pub fn volume(shape: &[usize]) -> Option<usize> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1_usize, |volume, length| volume.checked_mul(*length))
}

/// From the first to behind the last value of a view, in elements, if that is a number. No axis is
/// empty.
pub fn span(shape: &[usize], strides: &[usize]) -> Option<usize> {
    let mut axes = shape.iter().zip(strides);
    axes.try_fold(1_usize, |span, (length, stride)| {
        (length - 1).checked_mul(*stride)?.checked_add(span)
    })
}

/// Whether values of a view lie upon one another, or might: a neighbour along an axis lies no
/// further away than the last value along all axes of smaller strides. No axis is empty.
pub fn overlap(shape: &[usize], strides: &[usize]) -> bool {
    let axes = strides.iter().copied().zip(shape.iter().copied());
    let mut axes: Vec<(usize, usize)> = axes.filter(|(_, length)| *length > 1).collect();
    axes.sort_unstable();
    let mut span = 1_usize;
    axes.into_iter().any(|(stride, length)| {
        let overlaps = stride < span;
        span = span.saturating_add((length - 1).saturating_mul(stride));
        overlaps
    })
}

/// The strides of a shape in row-major order. The shape has a [`volume`].
pub fn row_major(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}

pub fn is_row_major(shape: &[usize], strides: &[usize]) -> bool {
    let mut expected = 1;
    shape.iter().zip(strides).rev().all(|(length, stride)| {
        let is_next = *length == 1 || *stride == expected;
        expected *= length;
        is_next
    })
}
