//! The instructions of pickles, protocols 0 to 5, in the order of Python's `pickletools`.

use super::machine::{Machine, PickleError, pairs};
use super::value::{Object, Value};

type Execute = for<'a> fn(&mut Machine<'a>) -> Result<(), PickleError>;

/// The end of a pickle.
pub const STOP: u8 = b'.';

/// An instruction's byte and what it does.
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
    // Text and bytes. Python 2 does not tell them apart.
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
    // Functions, classes and what they make.
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
    // What its surroundings hold.
    (b'P', |m| m.input.line().and_then(|name| m.make(Object::Persistent(Value::Text(name))))),
    (b'Q', |m| m.pop().and_then(|name| m.make(Object::Persistent(name)))),
];

/// What each byte does.
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

/// Does what an instruction says; its arguments come from the input.
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

/// What Python 2 calls a string.
fn string(bytes: &[u8]) -> Value<'_> {
    std::str::from_utf8(bytes).map_or(Value::Bytes(bytes), Value::Text)
}

/// A decimal number, or one of protocol 0's truth values.
fn number(text: &str) -> Result<Value<'_>, PickleError> {
    match text.trim_end() {
        "00" => Ok(Value::Bool(false)),
        "01" => Ok(Value::Bool(true)),
        text => text.parse().map(Value::Int).map_err(|_| PickleError::Number),
    }
}

/// A number of the memo.
fn index(text: &str) -> Result<u64, PickleError> {
    text.trim_end().parse().map_err(|_| PickleError::Number)
}

/// An integer in two's complement, lowest byte first; none is zero.
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

#[cfg(test)]
mod tests {
    use super::super::{Call, Pickle, read};
    use super::*;

    fn root(bytes: &[u8]) -> Value<'_> {
        read(bytes).unwrap().root
    }

    /// Reads a pickle whose root is a sequence of these values.
    #[track_caller]
    fn assert_sequence(bytes: &[u8], expected: &[Value]) {
        let pickle = read(bytes).unwrap();
        assert_eq!(pickle.sequence(pickle.root), Some(expected));
    }

    fn call<'p>(pickle: &'p Pickle<'p>, name: (&str, &str)) -> &'p Call<'p> {
        let call = pickle.call(pickle.root).unwrap();
        assert_eq!(pickle.global(call.function), Some(name));
        call
    }

    #[test]
    fn numbers_are_read() {
        for (bytes, number) in [
            (&b"I-12\n."[..], -12),
            (b"J\xFE\xFF\xFF\xFF.", -2),
            (b"K\xFF.", 255),
            (b"M\x00\x01.", 256),
            (b"L77L\n.", 77),
            (b"\x8A\x00.", 0),
            (b"\x8A\x01\x80.", -128),
            (b"\x8A\x03\xFF\xFF\x00.", 65535),
            (b"\x8B\x02\0\0\0\x00\x80.", -32768),
        ] {
            assert_eq!(root(bytes), Value::Int(number), "{bytes:?}");
        }
        assert_eq!(root(b"\x8A\x09\0\0\0\0\0\0\0\0\x01."), Value::Long(b"\0\0\0\0\0\0\0\0\x01"));
        assert_eq!(root(b"F0.5\n."), Value::Float(0.5));
        assert_eq!(root(b"G\x3F\xE0\0\0\0\0\0\0."), Value::Float(0.5));
    }

    #[test]
    fn constants_are_read() {
        for (bytes, constant) in [
            (&b"N."[..], Value::None),
            (b"\x88.", Value::Bool(true)),
            (b"\x89.", Value::Bool(false)),
            (b"I01\n.", Value::Bool(true)),
            (b"I00\n.", Value::Bool(false)),
        ] {
            assert_eq!(root(bytes), constant, "{bytes:?}");
        }
    }

    #[test]
    fn text_and_bytes_are_read() {
        for bytes in [
            &b"S'abc'\n."[..],
            b"S\"abc\"\n.",
            b"T\x03\0\0\0abc.",
            b"U\x03abc.",
            b"Vabc\n.",
            b"\x8C\x03abc.",
            b"X\x03\0\0\0abc.",
            b"\x8D\x03\0\0\0\0\0\0\0abc.",
        ] {
            assert_eq!(root(bytes), Value::Text("abc"), "{bytes:?}");
        }
        for bytes in [
            &b"U\x01\xFF."[..],
            b"B\x01\0\0\0\xFF.",
            b"C\x01\xFF.",
            b"\x8E\x01\0\0\0\0\0\0\0\xFF.",
            b"\x96\x01\0\0\0\0\0\0\0\xFF.",
        ] {
            assert_eq!(root(bytes), Value::Bytes(b"\xFF"), "{bytes:?}");
        }
    }

    #[test]
    fn sequences_are_built() {
        let one = Value::Int(1);
        for bytes in [
            &b"(K\x01N\x88l."[..],
            b"(K\x01N\x88t.",
            b"K\x01N\x88\x87.",
            b"](K\x01N\x88e.",
            b"]K\x01aNa\x88a.",
            b"\x8F(K\x01N\x88\x90.",
            b"(K\x01N\x88\x91.",
        ] {
            assert_sequence(bytes, &[one, Value::None, Value::Bool(true)]);
        }
        assert_sequence(b").", &[]);
        assert_sequence(b"K\x01\x85.", &[one]);
        assert_sequence(b"K\x01N\x86.", &[one, Value::None]);
    }

    #[test]
    fn dictionaries_are_built() {
        for bytes in [&b"(U\x01aK\x01d."[..], b"}U\x01aK\x01s.", b"}(U\x01aK\x01u."] {
            let pickle = read(bytes).unwrap();
            assert_eq!(pickle.item(pickle.root, "a"), Some(Value::Int(1)), "{bytes:?}");
            assert_eq!(pickle.item(pickle.root, "b"), None);
        }
        let pickle = read(b"}(U\x01aNU\x01aK\x01u.").unwrap();
        assert_eq!(pickle.item(pickle.root, "a"), Some(Value::Int(1)), "the last one counts");
    }

    #[test]
    fn the_stack_and_the_memo_are_kept() {
        let [one, two] = [1, 2].map(Value::Int);
        assert_sequence(b"K\x01K\x020\x85.", &[one]);
        assert_sequence(b"K\x012\x86.", &[one, one]);
        assert_sequence(b"K\x01(K\x02N1\x85.", &[one]);
        assert_sequence(b"(K\x01(0l.", &[one]);
        for memo in [
            &b"K\x01p7\nK\x02g7\n\x87"[..],
            b"K\x01q\x07K\x02h\x07\x87",
            b"K\x01r\x07\xFF\xFF\xFFK\x02j\x07\xFF\xFF\xFF\x87",
            b"K\x01\x94K\x02h\x00\x87",
        ] {
            assert_sequence(&[memo, b"."].concat(), &[one, two, one]);
        }
    }

    #[test]
    fn calls_are_noted_down() {
        let system = ("os", "system");
        for bytes in [
            &b"cos\nsystem\n(U\x02lstR."[..],
            b"U\x02osU\x06system\x93U\x02ls\x85R.",
            b"cos\nsystem\nU\x02ls\x85\x81.",
            b"cos\nsystem\nU\x02ls\x85}\x92.",
            b"(U\x02lsios\nsystem\n.",
            b"(cos\nsystem\nU\x02lso.",
        ] {
            let pickle = read(bytes).unwrap();
            let call = call(&pickle, system);
            assert_eq!(pickle.sequence(call.arguments), Some(&[Value::Text("ls")][..]));
        }
    }

    #[test]
    fn objects_have_a_state_and_items() {
        let pickle = read(b"ca\nB\n)\x81(U\x01kK\x01uU\x01sb.").unwrap();
        let call = call(&pickle, ("a", "B"));
        assert_eq!(call.state, Some(Value::Text("s")));
        assert_eq!(call.items, [(Value::Text("k"), Value::Int(1))]);
    }

    #[test]
    fn persistent_names_are_listed() {
        let pickle = read(b"Pone\nU\x03twoQ\x86.").unwrap();
        let names: Vec<Value> = pickle.persistent().collect();
        assert_eq!(names, [Value::Text("one"), Value::Text("two")]);
    }

    #[test]
    fn protocols_and_frames_are_passed_over() {
        let pickle = read(b"\x80\x05\x95\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFN. and more").unwrap();
        assert_eq!((pickle.root, pickle.length), (Value::None, 13));
    }

    #[test]
    fn what_is_damaged_is_an_error() {
        use PickleError::*;
        for (bytes, error) in [
            (&b""[..], Short),
            (b"N", Short),
            (b"K", Short),
            (b"I12", Short),
            (b"X\xFF\xFF\xFF\xFFabc.", Short),
            (b"\x8E\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF.", Short),
            (b"\xFF.", Unknown(0xFF)),
            (b"\x80\x06N.", Protocol(6)),
            (b"\x82\x01.", Outside("Python's registry of extensions")),
            (b"\x97.", Outside("a buffer")),
            (b".", Stack),
            (b"N(.", Stack),
            (b"t.", Stack),
            (b"NR.", Stack),
            (b"N(R.", Stack),
            (b"KK\x93.", Stack),
            (b"}(Nu.", Stack),
            (b"(o.", Stack),
            (b"h\x01.", Memo),
            (b"NNa.", Container),
            (b"]NNs.", Container),
            (b"}Na.", Container),
            (b"NNb.", Container),
            (b"X\x01\0\0\0\xFF.", Text),
            (b"Sabc\n.", Text),
            (b"Iabc\n.", Number),
            (b"Fabc\n.", Number),
            (b"g-1\n.", Number),
        ] {
            assert_eq!(read(bytes).unwrap_err(), error, "{bytes:?}");
        }
    }

    #[test]
    fn no_pickle_has_more_instructions_or_objects_than_networks_have() {
        assert_eq!(read(&b"]".repeat(1 << 23)).unwrap_err(), PickleError::Large);
        assert_eq!(read(&b"N0".repeat(1 << 24)).unwrap_err(), PickleError::Large);
    }
}
