//! Where in a text something stands.

use super::ImportError;
use serde_json::value::RawValue;

/// A text whose lines are counted once.
pub struct Text<'a> {
    text: &'a str,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl<'a> Text<'a> {
    pub fn new(text: &'a str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(ends.map(|(at, _)| at + 1));
        Self {
            text,
            lines: lines.collect(),
        }
    }

    /// Where `part`, a slice of this text, begins in it.
    fn offset(&self, part: &str) -> usize {
        let begin = self.text.as_ptr() as usize;
        (part.as_ptr() as usize)
            .checked_sub(begin)
            .filter(|at| at + part.len() <= self.text.len())
            .expect("raw values borrow from the text they were read from")
    }

    pub fn line(&self, part: &RawValue) -> u32 {
        let line = self
            .lines
            .partition_point(|begin| *begin <= self.offset(part.get()));
        u32::try_from(line).unwrap_or(u32::MAX)
    }

    pub fn error(&self, part: &RawValue, words: impl Into<String>) -> ImportError {
        self.at(self.offset(part.get()), words)
    }

    fn at(&self, offset: usize, words: impl Into<String>) -> ImportError {
        let line = self.lines.partition_point(|begin| *begin <= offset);
        let begin = self.lines[line - 1];
        let offset = self.text.floor_char_boundary(offset);
        ImportError {
            line,
            column: self.text[begin.min(offset)..offset].chars().count() + 1,
            words: words.into(),
        }
    }

    /// The whole text, read as `T`.
    pub fn read<T: serde::Deserialize<'a>>(&self) -> Result<T, ImportError> {
        serde_json::from_str(self.text).map_err(|error| {
            let line = self.lines.get(error.line().saturating_sub(1));
            let offset = line.copied().unwrap_or_default() + error.column().saturating_sub(1);
            self.at(offset.min(self.text.len()), words(&error))
        })
    }

    /// A part of it, read as `T`.
    pub fn part<T: serde::Deserialize<'a>>(&self, part: &'a RawValue) -> Result<T, ImportError> {
        serde_json::from_str(part.get()).map_err(|error| {
            let lines = part
                .get()
                .split_inclusive('\n')
                .take(error.line().saturating_sub(1));
            let before: usize = lines.map(str::len).sum();
            let inside = before + error.column().saturating_sub(1);
            self.at(
                self.offset(part.get()) + inside.min(part.get().len()),
                words(&error),
            )
        })
    }
}

/// Without the place, which is said by ourselves.
fn words(error: &serde_json::Error) -> String {
    let words = error.to_string();
    let words = match words.rfind(" at line ") {
        Some(at) => &words[..at],
        None => &words,
    };
    match error.classify() {
        serde_json::error::Category::Eof => {
            "the text ends in the middle, as if a part of the file were missing".to_owned()
        }
        serde_json::error::Category::Data => words.to_owned(),
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
            format!("this is no JSON: {words}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_know_their_line_and_column() {
        let text = "[\n  1,\n  {\"a\":\n  \"ü\", \"b\": tru}\n]";
        let whole = Text::new(text);
        let error = whole.read::<Vec<&RawValue>>().unwrap_err();
        assert_eq!((error.line, error.column), (4, 16), "{error}");

        let text = "[\n  1,\n  {\"a\":\n  \"ü\", \"b\": 5}\n]";
        let whole = Text::new(text);
        let parts: Vec<&RawValue> = whole.read().unwrap();
        assert_eq!(whole.line(parts[0]), 2);
        assert_eq!(whole.line(parts[1]), 3);
        let error = whole.error(parts[1], "x");
        assert_eq!((error.line, error.column), (3, 3));
        let inner: Result<std::collections::BTreeMap<String, String>, _> = whole.part(parts[1]);
        let error = inner.unwrap_err();
        assert_eq!(error.line, 4, "{error}");
        assert!(error.words.contains("expected a string"), "{error}");
    }
}
