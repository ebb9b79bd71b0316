//! The pickle instructions of protocols 0 to 5, in the order of Python's `pickletools`.

use super::machine::{Machine, PickleError, pairs};
use super::value::{Object, Value};

type Execute = for<'a> fn(&mut Machine<'a>) -> Result<(), PickleError>;

/// The end of a pickle.
pub const STOP: u8 = b'.';

/// The opcodes and what they do.
const OPCODES: &[(u8, Execute)] = &[
    // Numbers.
    (b'I', |m| number(m.input.line()?).map(|value| m.push(value))),
    (b'J', |m| int(m.input.array().map(i32::from_le_bytes)?.into(), m)),
    (b'K', |m| int(m.input.byte()?.into(), m)),
    (b'M', |m| int(m.input.array().map(u16::from_le_bytes)?.into(), m)),
    (b'L', |m| number(m.input.line()?.trim_end_matches('L')).map(|value| m.push(value))),
    (0x8A, |m| m.input.counted::<1>().map(long).map(|value| m.push(value))),
    (0x8B, |m| m.input.counted::<4>().map(long).map(|value| m.push(value))),
    (b'F', |m| {
        let float = m.input.line()?.parse().map_err(|_| PickleError::Number)?;
        push(Value::Float(float), m)
    }),
    (b'G', |m| push(Value::Float(f64::from_be_bytes(m.input.array()?)), m)),
    // Text and bytes, which Python 2 does not distinguish.
    (b'S', |m| {
        let quoted = m.input.line()?.trim_end();
        let quotes = [b'\'', b'"'].map(char::from);
        let text =
            quotes.iter().find_map(|quote| quoted.strip_prefix(*quote)?.strip_suffix(*quote));
        push(Value::Text(text.ok_or(PickleError::Text)?), m)
    }),
    (b'T', |m| m.input.counted::<4>().map(string).map(|value| m.push(value))),
    (b'U', |m| m.input.counted::<1>().map(string).map(|value| m.push(value))),
    (b'B', |m| m.input.counted::<4>().map(Value::Bytes).map(|value| m.push(value))),
    (b'C', |m| m.input.counted::<1>().map(Value::Bytes).map(|value| m.push(value))),
    (0x8E, |m| m.input.counted::<8>().map(Value::Bytes).map(|value| m.push(value))),
    (0x96, |m| m.input.counted::<8>().map(Value::Bytes).map(|value| m.push(value))),
    (b'V', |m| m.input.line().map(|line| m.push(Value::Text(line)))),
    (0x8C, |m| text(m.input.counted::<1>()?, m)),
    (b'X', |m| text(m.input.counted::<4>()?, m)),
    (0x8D, |m| text(m.input.counted::<8>()?, m)),
    (0x97, |_| Err(PickleError::Outside("a buffer"))),
    (0x98, |_| Err(PickleError::Outside("a buffer"))),
    // Constants.
    (b'N', |m| push(Value::None, m)),
    (0x88, |m| push(Value::Bool(true), m)),
    (0x89, |m| push(Value::Bool(false), m)),
    // Lists and tuples.
    (b']', |m| m.make(Object::Sequence(vec![]))),
    (b'a', |m| m.pop().and_then(|value| m.append(vec![value]))),
    (b'e', |m| m.pop_marked().and_then(|values| m.append(values))),
    (b'l', |m| m.pop_marked().and_then(|values| m.make(Object::Sequence(values)))),
    (b')', |m| m.make(Object::Sequence(vec![]))),
    (b't', |m| m.pop_marked().and_then(|values| m.make(Object::Sequence(values)))),
    (0x85, |m| m.pop_array::<1>().and_then(|values| m.make(Object::Sequence(values.into())))),
    (0x86, |m| m.pop_array::<2>().and_then(|values| m.make(Object::Sequence(values.into())))),
    (0x87, |m| m.pop_array::<3>().and_then(|values| m.make(Object::Sequence(values.into())))),
    // Dictionaries.
    (b'}', |m| m.make(Object::Dictionary(vec![]))),
    (b'd', |m| {
        let values = m.pop_marked()?;
        m.make(Object::Dictionary(pairs(&values)?.collect()))
    }),
    (b's', |m| m.pop_array::<2>().and_then(|pair| m.insert(&pair))),
    (b'u', |m| m.pop_marked().and_then(|values| m.insert(&values))),
    // Sets.
    (0x8F, |m| m.make(Object::Sequence(vec![]))),
    (0x90, |m| m.pop_marked().and_then(|values| m.append(values))),
    (0x91, |m| m.pop_marked().and_then(|values| m.make(Object::Sequence(values)))),
    // The stack.
    (b'0', |m| m.drop_top()),
    (b'2', |m| m.top().map(|value| m.push(value))),
    (b'(', |m| {
        m.mark();
        Ok(())
    }),
    (b'1', |m| m.pop_marked().map(drop)),
    // The memo.
    (b'g', |m| index(m.input.line()?).and_then(|number| m.recall(number))),
    (b'h', |m| m.input.byte().and_then(|number| m.recall(number.into()))),
    (b'j', |m| m.input.array().and_then(|number| m.recall(u32::from_le_bytes(number).into()))),
    (b'p', |m| index(m.input.line()?).and_then(|number| m.keep(number))),
    (b'q', |m| m.input.byte().and_then(|number| m.keep(number.into()))),
    (b'r', |m| m.input.array().and_then(|number| m.keep(u32::from_le_bytes(number).into()))),
    (0x94, |m| m.keep_next()),
    // Functions, classes and their instances.
    (0x82, |_| Err(PickleError::Outside("Python's registry of extensions"))),
    (0x83, |_| Err(PickleError::Outside("Python's registry of extensions"))),
    (0x84, |_| Err(PickleError::Outside("Python's registry of extensions"))),
    (b'c', |m| {
        let [module, name] = [m.input.line()?, m.input.line()?];
        m.make(Object::Global { module, name })
    }),
    (0x93, |m| {
        let name = m.pop_text()?;
        let module = m.pop_text()?;
        m.make(Object::Global { module, name })
    }),
    (b'R', |m| m.pop_array().and_then(|[function, arguments]| m.call(function, arguments))),
    (b'b', |m| m.pop().and_then(|state| m.build(state))),
    (b'i', |m| {
        let [module, name] = [m.input.line()?, m.input.line()?];
        let arguments = m.pop_marked()?;
        m.make(Object::Global { module, name })?;
        m.make(Object::Sequence(arguments))?;
        m.pop_array().and_then(|[class, arguments]| m.call(class, arguments))
    }),
    (b'o', |m| {
        let mut arguments = m.pop_marked()?.into_iter();
        let class = arguments.next().ok_or(PickleError::Stack)?;
        m.make(Object::Sequence(arguments.collect()))?;
        m.pop().and_then(|arguments| m.call(class, arguments))
    }),
    (0x81, |m| m.pop_array().and_then(|[class, arguments]| m.call(class, arguments))),
    (0x92, |m| m.pop_array().and_then(|[class, arguments, _named]| m.call(class, arguments))),
    // The pickle itself.
    (0x80, |m| match m.input.byte()? {
        0..=5 => Ok(()),
        protocol => Err(PickleError::Protocol(protocol)),
    }),
    (0x95, |m| m.input.array::<8>().map(drop)),
    // Persistent names.
    (b'P', |m| m.input.line().and_then(|name| m.make(Object::Persistent(Value::Text(name))))),
    (b'Q', |m| m.pop().and_then(|name| m.make(Object::Persistent(name)))),
];

/// The action of each byte.
const TABLE: [Option<Execute>; 256] = {
    let mut table: [Option<Execute>; 256] = [None; 256];
    let mut index = 0;
    while index < OPCODES.len() {
        let (opcode, execute) = OPCODES[index];
        table[opcode as usize] = Some(execute);
        index += 1;
    }
    table
};

/// Executes an instruction; its arguments are read from the input.
pub fn execute(opcode: u8, machine: &mut Machine) -> Result<(), PickleError> {
    TABLE[usize::from(opcode)].ok_or(PickleError::Unknown(opcode))?(machine)
}

fn push<'a>(value: Value<'a>, machine: &mut Machine<'a>) -> Result<(), PickleError> {
    machine.push(value);
    Ok(())
}

fn int(value: i64, machine: &mut Machine) -> Result<(), PickleError> {
    push(Value::Int(value), machine)
}

fn text<'a>(bytes: &'a [u8], machine: &mut Machine<'a>) -> Result<(), PickleError> {
    let text = std::str::from_utf8(bytes).map_err(|_| PickleError::Text)?;
    push(Value::Text(text), machine)
}

/// A Python 2 string.
fn string(bytes: &[u8]) -> Value<'_> {
    std::str::from_utf8(bytes).map_or(Value::Bytes(bytes), Value::Text)
}

/// A decimal number, or a boolean of protocol 0.
fn number(text: &str) -> Result<Value<'_>, PickleError> {
    match text.trim_end() {
        "00" => Ok(Value::Bool(false)),
        "01" => Ok(Value::Bool(true)),
        text => text.parse().map(Value::Int).map_err(|_| PickleError::Number),
    }
}

/// A memo index.
fn index(text: &str) -> Result<u64, PickleError> {
    text.trim_end().parse().map_err(|_| PickleError::Number)
}

/// A little-endian integer in two's complement; no bytes mean zero.
fn long(bytes: &[u8]) -> Value<'_> {
    match bytes.last() {
        _ if bytes.len() > 8 => Value::Long(bytes),
        None => Value::Int(0),
        Some(highest) => {
            let sign = if *highest < 0x80 { 0 } else { 0xFF };
            let mut whole = [sign; 8];
            whole[..bytes.len()].copy_from_slice(bytes);
            Value::Int(i64::from_le_bytes(whole))
        }
    }
}
