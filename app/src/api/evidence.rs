//! Saying what one thinks of a picture, and what of it is not compared.

use crate::{
    error::AppError,
    gateway::{MaskChange, MaskOrder, PoolPath, ReviewOrder},
    model::{
        evidence::{Rect, StepKey, Taken, Verdict},
        name::Name,
        trouble::Trouble,
    },
    paths::{self, EvidenceSpot},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Which picture a form is about, and how it is being looked at: its page comes again.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Place {
    environment: Name,
    application: Name,
    number: u32,
    node: Name,
    flow: Name,
    step: u32,
    #[serde(default)]
    row: String,
    #[serde(default)]
    view: String,
    #[serde(default)]
    with: String,
}

impl Place {
    fn pool(&self) -> PoolPath {
        PoolPath {
            environment: self.environment.clone(),
            application: self.application.clone(),
        }
    }

    fn at_step(&self) -> StepKey {
        StepKey {
            flow: self.flow.clone(),
            step: self.step,
        }
    }

    /// Leads back to the picture, where it is told what came of the form.
    fn answer(&self, done: Result<String, AppError>) -> Result<(), AppError> {
        let told = match done {
            Ok(words) => super::told::Told {
                done: true,
                trouble: Trouble::new(words),
            },
            Err(AppError::SignedOut) => return Err(AppError::SignedOut),
            Err(error) => super::told::Told {
                done: false,
                trouble: error.trouble(),
            },
        };
        let page = paths::evidence(&self.environment, &self.application, self.number);
        super::told::tell(&page, &told);
        // what came with the form is put into an address only if it is a word we know
        let known = |word: &str, all: &[&'static str]| {
            all.iter().copied().find(|one| *one == word).unwrap_or("")
        };
        let spot = EvidenceSpot {
            flow: &self.flow,
            step: self.step,
            node: &self.node,
            taken: self.row.parse().unwrap_or(Taken::New),
            view: known(&self.view, &["side", "slider", "blink", "heat"]),
            with: known(&self.with, &["sibling", "last-good", "accepted"]),
        };
        leptos_axum::redirect(&(page + &spot.query()));
        Ok(())
    }
}

/// Accept or reject. The same page then says what came of it.
#[server(name = SayOfPicture, prefix = "/_fn", endpoint = "review")]
pub async fn review(
    place: Place,
    verdict: String,
    new: String,
    #[server(default)] old: String,
    #[server(default)] after: String,
    #[server(default)] reason: String,
) -> Result<(), AppError> {
    let (gateway, actor) = super::asking()?;
    let Ok(verdict) = verdict.parse::<Verdict>() else {
        return Err(AppError::Refused(Trouble::new(
            "A picture is accepted or rejected.",
        )));
    };
    let order = ReviewOrder {
        pool: place.pool(),
        number: place.number,
        node: place.node.clone(),
        at_step: place.at_step(),
        verdict,
        new,
        old: Some(old).filter(|old| !old.is_empty()),
        after: after.parse().ok(),
        reason,
    };
    place.answer(gateway.review(&actor, &order).await)
}

/// A rectangle that is not compared any more.
#[server(name = MaskPicture, prefix = "/_fn", endpoint = "mask")]
pub async fn mask(
    place: Place,
    rect: Rect,
    #[server(default)] reason: String,
) -> Result<(), AppError> {
    change(place, MaskChange::Add(rect), reason).await
}

/// The same, taken away again.
#[server(name = UnmaskPicture, prefix = "/_fn", endpoint = "unmask")]
pub async fn unmask(
    place: Place,
    id: i64,
    #[server(default)] reason: String,
) -> Result<(), AppError> {
    change(place, MaskChange::Remove(id), reason).await
}

async fn change(place: Place, change: MaskChange, reason: String) -> Result<(), AppError> {
    let (gateway, actor) = super::asking()?;
    let order = MaskOrder {
        pool: place.pool(),
        at_step: place.at_step(),
        change,
        reason,
    };
    place.answer(gateway.mask(&actor, &order).await)
}
