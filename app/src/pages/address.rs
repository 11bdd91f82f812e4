//! The parts of this page's address, parsed once.

use crate::{
    error::AppError,
    gateway::PoolPath,
    model::{name::Name, trouble::Trouble},
};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use std::str::FromStr;

/// A part of the path; one that cannot be right is a page that does not exist.
pub fn part<T: FromStr>(name: &str) -> Result<T, AppError> {
    use_params_map()
        .with_untracked(|params| params.get(name))
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| {
            AppError::NotFound(
                Trouble::new("There is no such page.").remedy("Start from the overview."),
            )
        })
}

pub fn pool_path() -> Result<PoolPath, AppError> {
    Ok(PoolPath {
        environment: part("environment")?,
        application: part("application")?,
    })
}

/// A value after the question mark, if it is there and makes sense.
pub fn query<T: FromStr>(name: &str) -> Option<T> {
    use_query_map()
        .with_untracked(|query| query.get(name))
        .filter(|text| !text.is_empty())
        .and_then(|text| text.parse().ok())
}

/// All values of a name, as links (`nodes`) or forms (`nodes[]`) write it.
pub fn query_all(name: &str) -> Vec<Name> {
    let all =
        |key: &str| use_query_map().with_untracked(|query| query.get_all(key).unwrap_or_default());
    let mut texts = all(name);
    texts.extend(all(&format!("{name}[]")));
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}
