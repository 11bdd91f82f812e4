//! Everything that comes over HTTP: pages, JSON API, event stream, sign-in.

/// Every route and the layers around it.
pub mod router;

/// What handlers share.
pub mod state;

/// Who connects: a TCP address, or a user of this machine.
pub mod peer;

/// Who asks: session, token or socket.
pub mod session;

/// Random secrets, and the hashes that are stored of them.
pub mod secret;

/// Password hashes, a few at a time.
pub mod password;

/// Sign-in and sign-out.
pub mod sign_in;

/// First run: the first admin, by a one-time code.
pub mod setup;

/// Security headers; a nonce per response.
pub mod headers;

/// `AppError` as a response.
pub mod problem;

/// Errors on their way out.
pub mod answered;

/// What is said while the database does not answer.
pub mod paused;

/// Alive, and ready.
pub mod health;

/// The browser's half: wasm, styles.
pub mod files;

/// Blobs, shown without trusting them.
pub mod evidence;

/// Forms as large as a file.
pub mod form;

/// What was typed, when the session is over.
pub mod stranger;

/// The form of a suite's editor.
pub mod editor;

/// Files for a pool's suite, from a form.
pub mod suites;

/// The event stream of a deployment.
pub mod events;

/// JSON under `/api/v1`.
pub mod api;

/// Server-rendered pages and server functions.
pub mod pages;
