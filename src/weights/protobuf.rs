//! The wire format of Protocol Buffers: the fields of a message in turn, borrowed from its bytes.
//!
//! Decoding a message into a struct would copy it, while weights are read where the file is mapped.
//! So Caffe's and TensorFlow's schemas are reduced to the numbers of the few fields that matter,
//! and everything else is skipped, however deeply nested.

use std::borrow::Cow;

/// Why bytes are not a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtobufError {
    #[error("it is damaged: a varint never ends")]
    Number,
    #[error("it is damaged: {0} is not a field key")]
    Key(u64),
    #[error(
        "it is truncated: field {field} needs {size} bytes, but only {there} are left; download the file again"
    )]
    Truncated { field: u32, size: u64, there: usize },
    #[error("it is damaged: field {0} is a group, which neither Caffe nor TensorFlow writes")]
    Group(u32),
    #[error("it is damaged: field {0} has the wrong wire type")]
    Type(u32),
    #[error("it is damaged: field {0} is not UTF-8 text")]
    Text(u32),
}

/// A field of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    pub number: u32,
    value: Value<'a>,
}

/// A field's value, as far as the wire type determines it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value<'a> {
    Varint(u64),
    Fixed32(&'a [u8]),
    Fixed64(&'a [u8]),
    /// Text, bytes, a message, or packed numbers.
    Bytes(&'a [u8]),
}

/// The fields of a message in file order; ends after the first error.
pub struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub fn of(message: &'a [u8]) -> Fields<'a> {
        Fields { rest: message }
    }

    fn field(&mut self) -> Result<Field<'a>, ProtobufError> {
        let key = varint(&mut self.rest)?;
        let number = u32::try_from(key >> 3).ok().filter(|number| (1..1 << 29).contains(number));
        let number = number.ok_or(ProtobufError::Key(key))?;
        let value = match key & 7 {
            0 => Value::Varint(varint(&mut self.rest)?),
            1 => Value::Fixed64(self.take(number, 8)?),
            2 => {
                let size = varint(&mut self.rest)?;
                Value::Bytes(self.take(number, size)?)
            }
            3 | 4 => return Err(ProtobufError::Group(number)),
            5 => Value::Fixed32(self.take(number, 4)?),
            _ => return Err(ProtobufError::Key(key)),
        };
        Ok(Field { number, value })
    }

    fn take(&mut self, field: u32, size: u64) -> Result<&'a [u8], ProtobufError> {
        let there = self.rest.len();
        let parts = usize::try_from(size).ok().and_then(|size| self.rest.split_at_checked(size));
        let (taken, rest) = parts.ok_or(ProtobufError::Truncated { field, size, there })?;
        self.rest = rest;
        Ok(taken)
    }
}

/// Takes a number off the front: seven bits a byte, the lowest first, the last without its high bit.
fn varint(rest: &mut &[u8]) -> Result<u64, ProtobufError> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, behind) = rest.split_first().ok_or(ProtobufError::Number)?;
        let bits = u64::from(byte & 0x7f);
        if bits << shift >> shift != bits {
            break;
        }
        number |= bits << shift;
        *rest = behind;
        if *byte < 0x80 {
            return Ok(number);
        }
    }
    Err(ProtobufError::Number)
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<Field<'a>, ProtobufError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

impl<'a> Field<'a> {
    /// The field as bytes or a message.
    ///
    /// # Errors
    /// [`ProtobufError::Type`] if it is something else.
    pub fn bytes(self) -> Result<&'a [u8], ProtobufError> {
        match self.value {
            Value::Bytes(bytes) => Ok(bytes),
            _ => Err(ProtobufError::Type(self.number)),
        }
    }

    /// # Errors
    /// [`ProtobufError::Type`] or [`ProtobufError::Text`] if it is something else.
    pub fn text(self) -> Result<&'a str, ProtobufError> {
        str::from_utf8(self.bytes()?).map_err(|_| ProtobufError::Text(self.number))
    }

    /// The field as a varint.
    ///
    /// # Errors
    /// [`ProtobufError::Type`] if it is something else.
    pub fn varint(self) -> Result<u64, ProtobufError> {
        match self.value {
            Value::Varint(number) => Ok(number),
            _ => Err(ProtobufError::Type(self.number)),
        }
    }

    /// The field as a varint of a signed type.
    ///
    /// # Errors
    /// [`ProtobufError::Type`] if it is something else.
    pub fn signed(self) -> Result<i64, ProtobufError> {
        self.varint().map(u64::cast_signed)
    }

    /// Appends the varints of a repeated field: one, or many if packed.
    ///
    /// # Errors
    /// [`ProtobufError`] if it is something else, or the last varint is truncated.
    pub fn add_varints(self, numbers: &mut Vec<u64>) -> Result<(), ProtobufError> {
        match self.value {
            Value::Varint(number) => numbers.push(number),
            Value::Bytes(mut packed) => {
                while !packed.is_empty() {
                    numbers.push(varint(&mut packed)?);
                }
            }
            _ => return Err(ProtobufError::Type(self.number)),
        }
        Ok(())
    }

    /// Appends the numbers of a repeated field of `SIZE` bytes (4 or 8) each: one, or many if
    /// packed. A single packed run, as all modern files have, is borrowed rather than copied.
    ///
    /// # Errors
    /// [`ProtobufError::Type`] if it is something else.
    pub fn add_fixed<const SIZE: usize>(
        self,
        numbers: &mut Cow<'a, [u8]>,
    ) -> Result<(), ProtobufError> {
        let more = match (self.value, SIZE) {
            (Value::Bytes(bytes), _) | (Value::Fixed32(bytes), 4) | (Value::Fixed64(bytes), 8) => {
                bytes
            }
            _ => return Err(ProtobufError::Type(self.number)),
        };
        if numbers.is_empty() {
            *numbers = Cow::Borrowed(more);
        } else {
            numbers.to_mut().extend_from_slice(more);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(message: &[u8]) -> Result<Field<'_>, ProtobufError> {
        Fields::of(message).next().expect("it is not empty")
    }

    #[test]
    fn fields_are_found_in_place() {
        let message = b"\x08\x96\x01\x12\x05dream\x1d\0\0\x80\x3f\xa2\x06\x01x";
        let fields: Vec<Field> = Fields::of(message).map(|field| field.expect("it is")).collect();
        let numbers = fields.iter().map(|field| field.number).collect::<Vec<_>>();
        assert_eq!(numbers, [1, 2, 3, 100]);
        assert_eq!(fields[0].varint(), Ok(150));
        assert_eq!(fields[1].text(), Ok("dream"));
        assert_eq!(fields[1].bytes().map(<[u8]>::as_ptr), Ok(message[5..].as_ptr()));
    }

    #[test]
    fn repeated_numbers_may_be_packed_or_not() {
        let one = 1.0f32.to_le_bytes();
        let two = 2.0f32.to_le_bytes();
        let unpacked = [&[0x2d][..], &one, &[0x2d], &two].concat();
        let packed = [&[0x2a, 8][..], &one, &two].concat();
        let mixed = [&[0x2d][..], &one, &[0x2a, 4], &two].concat();
        for message in [unpacked, packed, mixed] {
            let mut numbers = Cow::default();
            for field in Fields::of(&message) {
                field
                    .and_then(|field| field.add_fixed::<4>(&mut numbers))
                    .expect("they are floats");
            }
            assert_eq!(*numbers, [one, two].concat());
        }
        let mut numbers = vec![];
        for field in Fields::of(b"\x08\x03\x0a\x03\x96\x01\x05") {
            field.and_then(|field| field.add_varints(&mut numbers)).expect("they are varints");
        }
        assert_eq!(numbers, [3, 150, 5]);
    }

    #[test]
    fn packed_numbers_are_not_copied() {
        let packed = [&[0x2a, 8][..], &[7; 8]].concat();
        let mut numbers = Cow::default();
        first(&packed).and_then(|field| field.add_fixed::<4>(&mut numbers)).expect("floats");
        assert!(matches!(numbers, Cow::Borrowed(bytes) if bytes.as_ptr() == packed[2..].as_ptr()));
    }

    #[test]
    fn a_truncated_field_says_by_how_much() {
        let error = ProtobufError::Truncated { field: 2, size: 5, there: 2 };
        assert_eq!(first(b"\x12\x05dr"), Err(error));
        let error = ProtobufError::Truncated { field: 3, size: 4, there: 1 };
        assert_eq!(first(b"\x1d\0"), Err(error));
    }

    #[test]
    fn a_size_beyond_memory_is_truncated() {
        let message = b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
        let error = ProtobufError::Truncated { field: 2, size: u64::MAX, there: 0 };
        assert_eq!(first(message), Err(error));
    }

    #[test]
    fn bytes_that_are_no_message_are_an_error_and_the_end() {
        for message in
            [&b"\x08"[..], b"\x08\xff", &[0xff; 20], b"\0\0", b"\x0b\x08\x01\x0c", b"\x0e\0"]
        {
            let mut fields = Fields::of(message);
            assert!(fields.next().expect("it is not empty").is_err(), "{message:?}");
            assert_eq!(fields.next(), None, "{message:?}");
        }
    }

    #[test]
    fn values_of_another_type_are_an_error() {
        let number = first(b"\x08\x01").expect("a varint");
        assert_eq!(number.bytes(), Err(ProtobufError::Type(1)));
        assert_eq!(number.add_fixed::<4>(&mut Cow::default()), Err(ProtobufError::Type(1)));
        let fixed = first(b"\x15\0\0\0\0").expect("a float");
        assert_eq!(fixed.add_varints(&mut vec![]), Err(ProtobufError::Type(2)));
        assert_eq!(fixed.add_fixed::<8>(&mut Cow::default()), Err(ProtobufError::Type(2)));
        let text = first(b"\x0a\x01\xff").expect("bytes");
        assert_eq!(text.text(), Err(ProtobufError::Text(1)));
    }
}
