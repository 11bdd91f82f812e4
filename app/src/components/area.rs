//! Text of a field with several lines.

/// As it stands between the tags. Leptos writes there what it is given, as it does in a script, so that a text with
/// `</textarea>` in it would end the field; and a browser takes the first line break for its own.
pub fn area(text: &str) -> String {
    format!("\n{}", text.replace('&', "&amp;").replace('<', "&lt;"))
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_text_ends_its_field() {
        let text = super::area("a &lt; b</textarea><script>");
        assert_eq!(text, "\na &amp;lt; b&lt;/textarea>&lt;script>");
    }
}
