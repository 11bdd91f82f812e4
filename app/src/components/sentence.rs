//! Sentences with machine words in them.

use crate::model::live::words::{Piece, Sentence};
use leptos::{either::EitherOf3, prelude::*};

pub fn sentence(sentence: Sentence) -> impl IntoView {
    sentence
        .0
        .into_iter()
        .map(|piece| match piece {
            Piece::Words(text) => EitherOf3::A(text),
            Piece::Code(text) => EitherOf3::B(view! { <code>{text}</code> }),
            // the space is for those who hear or copy it
            Piece::Line => EitherOf3::C(view! { " "<br/> }),
        })
        .collect_view()
}

/// Plain text in which `backticks` mark machine words.
#[cfg(feature = "ssr")]
pub fn coded(text: &str) -> impl IntoView + use<> {
    text.split('`')
        .enumerate()
        .map(|(at, piece)| match at % 2 {
            0 => view! { {piece.to_owned()} }.into_any(),
            _ => view! { <code>{piece.to_owned()}</code> }.into_any(),
        })
        .collect_view()
}
