//! Sentences with machine words in them.

use crate::model::live::words::{Piece, Sentence};
use leptos::{either::Either, prelude::*};

pub fn sentence(sentence: Sentence) -> impl IntoView {
    sentence
        .0
        .into_iter()
        .map(|piece| match piece {
            Piece::Words(text) => Either::Left(text),
            Piece::Code(text) => Either::Right(view! { <code>{text}</code> }),
        })
        .collect_view()
}
