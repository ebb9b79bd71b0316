//! What each instruction of a pickle does, and what is refused.

use super::{Call, Pickle, PickleError, Value, read};

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
fn calls_are_recorded() {
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
fn protocols_and_frames_are_skipped() {
    let pickle = read(b"\x80\x05\x95\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFN. and more").unwrap();
    assert_eq!((pickle.root, pickle.length), (Value::None, 13));
}

#[test]
fn damage_is_an_error() {
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
fn pickles_larger_than_any_networks_are_refused() {
    assert_eq!(read(&b"]".repeat(1 << 23)).unwrap_err(), PickleError::Large);
    assert_eq!(read(&b"N0".repeat(1 << 24)).unwrap_err(), PickleError::Large);
}
