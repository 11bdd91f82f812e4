//! The doors: who is asking, call the gateway, map the error. What the pages read is not public; what a
//! form or an island sends is a server function below `/_fn`.

/// Starting deployments.
pub mod deployments;

/// Adopting and reverting what differs.
pub mod drift;

/// Pictures reviewed and masked.
#[cfg(feature = "ssr")]
pub mod evidence;

/// Trying a pool's suite.
#[cfg(feature = "ssr")]
pub mod rehearsals;

/// Variables and secrets of environments.
#[cfg(feature = "ssr")]
pub mod values;

/// What came of a form, told on the next page.
#[cfg(feature = "ssr")]
pub mod told;

/// What people ask of a running deployment.
#[expect(clippy::too_many_arguments, reason = "a form's fields, one by one")]
pub mod commands;

/// What a deployment would do.
pub mod plans;

#[cfg(feature = "ssr")]
mod asking {
    use crate::{error::AppError, gateway::SharedGateway, model::access::Actor};
    use leptos::prelude::use_context;

    /// The gateway, and who knocks.
    pub fn asking() -> Result<(SharedGateway, Actor), AppError> {
        let actor = use_context::<Option<Actor>>().flatten();
        let gateway = use_context::<SharedGateway>().expect("the server provides a gateway");
        Ok((gateway, actor.ok_or(AppError::SignedOut)?))
    }
}

#[cfg(feature = "ssr")]
pub use asking::asking;
