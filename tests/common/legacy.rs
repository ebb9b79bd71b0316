//! PyTorch's files of before 1.6, as torchvision's published weights are.

/// A state dictionary of float32 tensors: key, shape and values.
pub fn state_dict(tensors: &[(String, Vec<usize>, Vec<f32>)]) -> Vec<u8> {
    let mut pickle = b"\x80\x02}".to_vec();
    let mut keys = b"\x80\x02(".to_vec();
    for (number, (name, shape, values)) in tensors.iter().enumerate() {
        let storage = number.to_string();
        let length = values.len();
        pickle.extend(text(name));
        pickle.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        pickle.extend(text("storage"));
        pickle.extend(b"ctorch\nFloatStorage\n");
        pickle.extend([text(&storage), text("cpu")].concat());
        pickle.extend(format!("I{length}\nNtQI0\n").bytes());
        pickle.extend(tuple(shape));
        pickle.extend(tuple(&strides(shape)));
        pickle.extend(b"\x89NtRs");
        keys.extend(text(&storage));
    }
    pickle.push(b'.');
    keys.extend(b"l.");
    let magic = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.";
    let mut file = [&magic[..], b"\x80\x02M\xe9\x03.", b"\x80\x02}.", &pickle, &keys].concat();
    for (_, _, values) in tensors {
        file.extend((values.len() as i64).to_le_bytes());
        file.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }
    file
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
