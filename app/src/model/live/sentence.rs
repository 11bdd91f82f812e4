//! A sentence with machine words in it.

/// A sentence with machine words in it, which are set in another face.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sentence(pub Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Words(String),
    Code(String),
    /// The next sentence begins on its own line.
    Line,
}

impl Sentence {
    pub(super) fn words(mut self, text: impl Into<String>) -> Self {
        self.0.push(Piece::Words(text.into()));
        self
    }

    pub(super) fn line(mut self) -> Self {
        self.0.push(Piece::Line);
        self
    }

    pub(super) fn code(mut self, text: impl ToString) -> Self {
        self.0.push(Piece::Code(text.to_string()));
        self
    }

    pub fn plain(&self) -> String {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Words(text) | Piece::Code(text) => text.as_str(),
                Piece::Line => " ",
            })
            .collect()
    }
}
