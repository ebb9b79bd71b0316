//! Where a tensor's values lie, given its shape and strides.

/// The number of values of a shape; `None` on overflow.
pub fn volume(shape: &[usize]) -> Option<usize> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1_usize, |volume, length| volume.checked_mul(*length))
}

/// Elements from the first to just past the last value of a view; `None` on overflow. No axis may
/// be empty.
pub fn span(shape: &[usize], strides: &[usize]) -> Option<usize> {
    let mut axes = shape.iter().zip(strides);
    axes.try_fold(1_usize, |span, (length, stride)| {
        (length - 1).checked_mul(*stride)?.checked_add(span)
    })
}

/// Whether values of a view overlap, or might: along some axis neighbours are no further apart than
/// the last value along all axes of smaller strides. No axis may be empty.
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

/// The strides of a shape in row-major order. The shape must have a [`volume`].
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
