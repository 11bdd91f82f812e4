//! The pages and what they say, over made-up deployments.

#[path = "../../examples/gallery/story.rs"]
mod story;

#[path = "../../examples/gallery/shop.rs"]
mod shop;

#[path = "../../examples/gallery/suites.rs"]
#[expect(dead_code, reason = "the gallery shows a draft, these tests do not")]
mod suites;

#[path = "../../examples/gallery/fake.rs"]
mod fake;

/// The journal folded for reading.
#[cfg(test)]
mod live;

/// What a page is sent.
#[cfg(test)]
mod wire;

/// Every page rendered as a browser would get it.
#[cfg(test)]
mod pages;

/// Pictures held against others.
#[cfg(test)]
mod evidence;
