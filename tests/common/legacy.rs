//! PyTorch's files of before 1.6, as torchvision's published weights are.

/// Key, shape and values.
pub type Parameter = (String, Vec<usize>, Vec<f32>);

/// A state dictionary of float32 tensors.
pub fn state_dict(tensors: &[Parameter]) -> Vec<u8> {
    let names: Vec<u8> = (0..tensors.len()).flat_map(|number| text(&number.to_string())).collect();
    let keys = [b"\x80\x02(", &names[..], b"l."].concat();
    let magic = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
    let [version, system] = [&b"\x80\x02M\xe9\x03."[..], b"\x80\x02}."];
    let mut file = [magic, version, system, &pickle(tensors), &keys].concat();
    for (_, _, values) in tensors {
        file.extend((values.len() as i64).to_le_bytes());
        file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }
    file
}

/// The dictionary itself, each tensor in a storage that its number names: in the files of today
/// `data.pkl`.
pub fn pickle(tensors: &[Parameter]) -> Vec<u8> {
    let mut pickle = b"\x80\x02}".to_vec();
    for (number, (name, shape, values)) in tensors.iter().enumerate() {
        pickle.extend(text(name));
        pickle.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        pickle.extend(text("storage"));
        pickle.extend(b"ctorch\nFloatStorage\n");
        pickle.extend([text(&number.to_string()), text("cpu")].concat());
        pickle.extend(format!("I{}\nNtQI0\n", values.len()).bytes());
        pickle.extend(tuple(shape));
        pickle.extend(tuple(&strides(shape)));
        pickle.extend(b"\x89NtRs");
    }
    pickle.push(b'.');
    pickle
}

fn text(text: &str) -> Vec<u8> {
    [b"X", &(text.len() as u32).to_le_bytes()[..], text.as_bytes()].concat()
}

fn tuple(numbers: &[usize]) -> Vec<u8> {
    let numbers: String = numbers.iter().map(|number| format!("I{number}\n")).collect();
    format!("({numbers}t").into()
}

fn strides(shape: &[usize]) -> Vec<usize> {
    (1..=shape.len()).map(|axis| shape[axis..].iter().product()).collect()
}
