//! Reading pages strictly.

/// A page of HTML as XML: elements that HTML never closes are closed.
pub fn xml(html: &str) -> String {
    let body = html.strip_prefix("<!DOCTYPE html>").expect("a page of HTML");
    let closed = |part: &str| {
        let tag = part.rfind('<').map_or("", |at| &part[at..]);
        let is_void = ["<meta ", "<img ", "<input "].iter().any(|void| tag.starts_with(void));
        if is_void { format!("{}/>", &part[..part.len() - 1]) } else { part.to_owned() }
    };
    body.split_inclusive('>').map(closed).collect()
}
