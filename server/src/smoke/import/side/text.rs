//! Texts as a file of Selenium IDE has them: trimmed, with `\\`, `\n`, `\r` and `${nbsp}`.

use app::model::smoke::Text;

const NBSP: &str = "\u{a0}";

/// As it is meant. Variables stay: they have their values when the step is done.
pub fn plain(written: &str) -> String {
    script(written).replace("${nbsp}", NBSP)
}

/// The same in a script, in which `${nbsp}` is nothing.
pub fn script(written: &str) -> String {
    // one after the other, as the runtime does it
    written
        .trim()
        .replace("\\\\", "\\")
        .replace("\\r", "\r")
        .replace("\\n", "\n")
}

/// A script of the first version, where variables stood in quotes.
pub fn old_script(written: &str) -> String {
    let mut text = written.to_owned();
    for quote in ['\'', '"', '`'] {
        let open = format!("{quote}${{");
        let mut from = 0;
        while let Some(at) = text[from..].find(&open).map(|at| at + from) {
            let name = at + open.len();
            let end = text[name..]
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .map_or(text.len(), |end| name + end);
            if end > name && text[end..].starts_with(&format!("}}{quote}")) {
                text.replace_range(end + 1..end + 2, "");
                text.replace_range(at..=at, "");
            }
            from = at + 1;
        }
    }
    text
}

/// What is typed; all of it from the environment: a secret.
pub fn typed(written: &str) -> Text {
    let text = plain(written);
    match secret(&text) {
        Some(name) => Text::Secret(name.to_owned()),
        None => Text::Plain(text),
    }
}

/// `${env:NAME}`
pub fn secret(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${env:")?.strip_suffix('}')?;
    let usable = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    usable.then_some(name)
}

/// The way back of [`plain`]; `None`: a file cannot say it.
pub fn written(text: &str) -> Option<String> {
    let said = escaped(text).replace(NBSP, "${nbsp}");
    (plain(&said) == text).then_some(said)
}

/// The way back of [`script`].
pub fn written_script(text: &str) -> Option<String> {
    let said = escaped(text);
    (script(&said) == text).then_some(said)
}

/// Line ends at its border would be trimmed as such.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\");
    let inside = text.trim_matches(['\n', '\r']);
    match inside.len() == text.len() {
        true => text,
        false => text.replace('\n', "\\n").replace('\r', "\\r"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_the_runtime_reads_them() {
        let cases = [
            ("  a b ", "a b"),
            (r"a\\b", r"a\b"),
            (r"a\nb", "a\nb"),
            (r"a\\nb", "a\nb"),
            ("${nbsp}x", "\u{a0}x"),
            ("${who}", "${who}"),
        ];
        for (written, text) in cases {
            assert_eq!(plain(written), text, "{written}");
        }
        assert_eq!(script(" return ${x} "), "return ${x}");
        assert_eq!(
            old_script("'${a}' == \"${b_1}\" + `${c}` + '${d} '"),
            "${a} == ${b_1} + ${c} + '${d} '"
        );
        assert_eq!(
            typed("${env:SHOP_PASSWORD}"),
            Text::Secret("SHOP_PASSWORD".into())
        );
        assert_eq!(typed("x${env:A}"), Text::Plain("x${env:A}".into()));
    }

    #[test]
    fn what_can_be_written_is_read_back_as_it_was() {
        for text in [
            "", "a", r"a\b", "a\nb", "a\n", "\u{a0}a", "${x}", r"C:\temp", "\\\\",
        ] {
            if let Some(said) = written(text) {
                assert_eq!(plain(&said), text);
            }
        }
        assert_eq!(written("a\n").as_deref(), Some("a\\n"));
        assert_eq!(written(" a"), None);
        assert_eq!(written(r"a\nb"), None, "it would be a line end");
    }
}
