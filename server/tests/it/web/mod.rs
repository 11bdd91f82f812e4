/// A running service, and somebody who clicks.
pub mod site;

/// Sign-in, its limit, sign-out, first run.
mod sign_in;

/// Who may do what, by cookie, token and socket.
mod access;

/// Pools and deployments over the API.
mod pools;

/// What people ask of a deployment.
mod commands;

/// Somebody's open event stream.
mod stream;

/// The event stream.
mod events;

/// What is said while the database is away.
mod paused;

/// Headers, evidence, cross-site posts.
mod safety;

/// Artefacts.
mod releases;

/// Start and stop.
mod life;

/// Differences: page, forms, API.
mod drift;

/// Variables and secrets: page, forms, API.
mod values;

/// Pictures: page, forms, API.
mod evidence;

/// Suites: page, forms, API.
mod suites;

/// Flows edited in the browser.
mod editor;

/// Forms that came to nothing.
mod in_vain;

/// Rehearsals: form and page.
mod rehearsals;
