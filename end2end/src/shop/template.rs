//! Placeholders in HTML files: `{{name}}` is escaped, `{{{name}}}` goes in as it is.

use std::collections::HashMap;

pub struct Templates(HashMap<String, String>);

impl Templates {
    pub fn new(files: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(files.into_iter().collect())
    }

    /// A template or a value that is not there is an error that names it.
    pub fn fill(&self, file: &str, values: &[(&str, &str)]) -> Result<String, String> {
        let text = self.0.get(file).ok_or(format!("no template {file}"))?;
        fill(text, values).map_err(|name| format!("{file}: no value for {name}"))
    }
}

fn fill(text: &str, values: &[(&str, &str)]) -> Result<String, String> {
    let mut out = String::with_capacity(text.len() + 256);
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        out.push_str(&rest[..start]);
        let raw = rest[start..].starts_with("{{{");
        let (open, close) = if raw { (3, "}}}") } else { (2, "}}") };
        let inner = &rest[start + open..];
        let Some(end) = inner.find(close) else {
            return Err(inner.chars().take(20).collect());
        };
        let name = inner[..end].trim();
        let Some((_, value)) = values.iter().find(|(key, _)| *key == name) else {
            return Err(name.to_owned());
        };
        if raw {
            out.push_str(value);
        } else {
            out.push_str(&escaped(value));
        }
        rest = &inner[end + close.len()..];
    }
    out.push_str(rest);
    Ok(out)
}

pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_what_is_named_and_refuses_what_is_not() {
        let values = [("a", "<b>"), ("c", "it's")];
        for (text, expected) in [
            ("plain", Ok("plain".to_owned())),
            ("x{{a}}y", Ok("x&lt;b&gt;y".to_owned())),
            ("{{{a}}}{{c}}", Ok("<b>it&#39;s".to_owned())),
            ("{{ a }}", Ok("&lt;b&gt;".to_owned())),
            ("{{d}}", Err("d".to_owned())),
            ("{{a", Err("a".to_owned())),
        ] {
            assert_eq!(fill(text, &values), expected, "{text}");
        }
    }
}
