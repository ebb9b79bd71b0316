//! The header of a NumPy array (format 1.0 to 3.0): a Python dictionary with the dtype, order and
//! shape of the values, as described by `numpy.lib.format`.

use super::super::tensor_view::{ByteOrder, DType};

const MAGIC: &[u8] = b"\x93NUMPY";

/// What a header says about the values after it.
#[derive(Debug, PartialEq, Eq)]
pub struct Header {
    pub dtype: DType,
    pub order: ByteOrder,
    pub shape: Vec<usize>,
    /// The strides in Fortran order; `None` in row-major order.
    pub strides: Option<Vec<usize>>,
    /// Bytes before the first value.
    pub length: usize,
}

/// Why a header cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    #[error("it does not start like a NumPy array")]
    Magic,
    #[error("it has format {0}.{1}; formats 1.0 to 3.0 are supported")]
    Version(u8, u8),
    #[error("its header is truncated or not NumPy's")]
    Text,
    #[error("its shape has more values than any file can hold")]
    Volume,
}

/// A token of a Python literal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'t> {
    Text(&'t str),
    /// A number or a name.
    Word(&'t str),
    Mark(char),
}

impl Header {
    /// Reads the header at the start of `bytes`.
    ///
    /// # Errors
    /// [`HeaderError`] if it is damaged, or of another version.
    pub fn read(bytes: &[u8]) -> Result<Header, HeaderError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(HeaderError::Magic)?;
        let ([major, minor], rest) = rest.split_first_chunk().ok_or(HeaderError::Text)?;
        let (size, rest) = match (*major, *minor) {
            (1, 0) => {
                let (size, rest) = rest.split_first_chunk().ok_or(HeaderError::Text)?;
                (u16::from_le_bytes(*size).into(), rest)
            }
            (2 | 3, 0) => {
                let (size, rest) = rest.split_first_chunk().ok_or(HeaderError::Text)?;
                (u32::from_le_bytes(*size) as usize, rest)
            }
            (major, minor) => return Err(HeaderError::Version(major, minor)),
        };
        let text = rest.get(..size).ok_or(HeaderError::Text)?;
        let text = std::str::from_utf8(text).map_err(|_| HeaderError::Text)?;
        let length = bytes.len() - rest.len() + size;
        Header::parse(text, length)
    }

    fn parse(text: &str, length: usize) -> Result<Header, HeaderError> {
        let tokens = tokens(text).ok_or(HeaderError::Text)?;
        let after = |key: &str| {
            let mut pairs = tokens.windows(2);
            let at = pairs.position(|pair| pair == [Token::Text(key), Token::Mark(':')]);
            at.map(|at| &tokens[at + 2..]).ok_or(HeaderError::Text)
        };
        let shape = shape(after("shape")?).ok_or(HeaderError::Text)?;
        let is_fortran = match after("fortran_order")?.first() {
            Some(Token::Word("True")) => true,
            Some(Token::Word("False")) => false,
            _ => return Err(HeaderError::Text),
        };
        let (dtype, order) = match after("descr")?.first() {
            Some(Token::Text(descr)) => dtype(descr),
            _ => (DType::Other("a record of fields".into()), ByteOrder::Little),
        };
        let strides = is_fortran.then(|| column_major(&shape)).transpose()?;
        Ok(Header { dtype, order, shape, strides, length })
    }
}

/// The strides of values in Fortran order (first axis fastest).
fn column_major(shape: &[usize]) -> Result<Vec<usize>, HeaderError> {
    let mut strides = Vec::with_capacity(shape.len());
    let mut stride = 1_usize;
    for length in shape {
        strides.push(stride);
        stride = stride.checked_mul(*length).ok_or(HeaderError::Volume)?;
    }
    Ok(strides)
}

/// A dtype by its NumPy name, such as `<f4`.
fn dtype(descr: &str) -> (DType, ByteOrder) {
    let order = match descr.strip_prefix('>') {
        Some(_) => ByteOrder::Big,
        None => ByteOrder::Little,
    };
    let dtype = match descr.trim_start_matches(['<', '>', '=', '|']) {
        "f2" => DType::F16,
        "f4" => DType::F32,
        "f8" => DType::F64,
        _ => DType::Other(descr.to_owned().into()),
    };
    (dtype, order)
}

/// A tuple of numbers, such as `(64, 3, 7, 7)`.
fn shape(tokens: &[Token]) -> Option<Vec<usize>> {
    let mut tokens = tokens.strip_prefix(&[Token::Mark('(')])?.iter();
    let mut shape = vec![];
    loop {
        match tokens.next()? {
            Token::Mark(')') => return Some(shape),
            Token::Mark(',') => {}
            // Python 2 writes an L after long integers.
            Token::Word(number) => shape.push(number.trim_end_matches('L').parse().ok()?),
            _ => return None,
        }
    }
}

fn tokens(text: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = vec![];
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '\'' | '"' => {
                let end = rest[1..].find(first)?;
                (Token::Text(&rest[1..=end]), end + 2)
            }
            mark if "{}()[]:,".contains(mark) => (Token::Mark(mark), 1),
            _ => {
                let is_end = |c: char| !(c.is_ascii_alphanumeric() || "_-+.".contains(c));
                let end = rest.find(is_end).unwrap_or(rest.len());
                if end == 0 {
                    return None;
                }
                (Token::Word(&rest[..end]), end)
            }
        };
        tokens.push(token);
        rest = rest[length..].trim_start();
    }
    Some(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(version: &[u8], text: &str) -> Result<Header, HeaderError> {
        let mut bytes = [MAGIC, version].concat();
        let size = text.len() as u32;
        let wide = version[0] != 1;
        bytes.extend(&size.to_le_bytes()[..if wide { 4 } else { 2 }]);
        bytes.extend(text.as_bytes());
        Header::read(&bytes)
    }

    #[test]
    fn each_version_is_read() {
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n";
        for (version, before) in [([1, 0], 10), ([2, 0], 12), ([3, 0], 12)] {
            let read = header(&version, text).unwrap();
            assert_eq!((read.dtype, read.order), (DType::F32, ByteOrder::Little));
            assert_eq!((read.shape, read.strides), (vec![2, 3], None));
            assert_eq!(read.length, before + text.len());
        }
        assert_eq!(header(&[4, 0], text), Err(HeaderError::Version(4, 0)));
    }

    #[test]
    fn dtypes_are_known_by_their_names() {
        for (descr, dtype, order) in [
            ("<f2", DType::F16, ByteOrder::Little),
            (">f4", DType::F32, ByteOrder::Big),
            ("<f8", DType::F64, ByteOrder::Little),
            ("|O", DType::Other("|O".into()), ByteOrder::Little),
            (">i8", DType::Other(">i8".into()), ByteOrder::Big),
        ] {
            let text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ()}}");
            let read = header(&[1, 0], &text).unwrap();
            assert_eq!((read.dtype, read.order, read.shape), (dtype, order, vec![]));
        }
    }

    #[test]
    fn the_first_axis_is_the_fastest_in_fortran_order() {
        let text = "{'descr': '<f4', 'fortran_order': True, 'shape': (2L, 3, 4)}";
        assert_eq!(header(&[1, 0], text).unwrap().strides, Some(vec![1, 2, 6]));
    }

    #[test]
    fn text_that_is_no_header_is_an_error() {
        for text in [
            "",
            "{'descr': '<f4', 'fortran_order': False}",
            "{'descr': '<f4', 'fortran_order': 1, 'shape': (2,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2,",
            "{'descr': '<f4', 'shape': (2,), 'fortran_order': ",
            "{'descr",
            "\u{1F600}",
        ] {
            assert_eq!(header(&[1, 0], text), Err(HeaderError::Text), "{text}");
        }
        let text = "{'descr': '<f4', 'fortran_order': True, 'shape': (9999999999, 9999999999, 9)}";
        assert_eq!(header(&[1, 0], text), Err(HeaderError::Volume));
        assert_eq!(Header::read(b"PK"), Err(HeaderError::Magic));
        assert_eq!(Header::read(b"\x93NUMPY\x02\0\xFF\xFF\xFF\xFF"), Err(HeaderError::Text));
    }
}
