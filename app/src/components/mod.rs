//! Stateless pieces every page is made of. The browser knows only those its islands use.

/// Icon, word and colour of a state.
pub mod status;

/// Points in time, relative and absolute.
pub mod when;

/// Sentences with machine words in them.
pub mod sentence;

/// An operator's sentence in its four parts.
pub mod trouble;

/// One square per node.
#[cfg(feature = "ssr")]
pub mod squares;

/// What every page has around it.
#[cfg(feature = "ssr")]
pub mod frame;

/// Release, nodes, reason, plan: the Deploy form.
#[cfg(feature = "ssr")]
pub mod deploy_form;

/// One deployment as a row.
#[cfg(feature = "ssr")]
pub mod deployment_row;

/// Text of a field with several lines.
#[cfg(feature = "ssr")]
pub mod area;
