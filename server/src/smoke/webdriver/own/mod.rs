//! What the standard has no calls for: each browser does it in a protocol of its own.

/// Chromium's.
pub mod cdp;

/// Firefox's, the standard's next.
pub mod bidi;

/// The way there.
mod socket;

pub use bidi::Bidi;
pub use cdp::Cdp;
pub use socket::Socket;

pub enum Own {
    Cdp(Cdp),
    Bidi(Bidi),
}

/// A part of the browser with cookies, cache, storage and service workers of its own, which go when it goes; with its
/// one tab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    id: String,
    /// Which is the driver's handle of it too.
    pub tab: String,
}

/// How fast its network is, in bytes per second; `None`: as fast as it goes.
#[derive(Debug, Clone, Copy)]
pub struct Network {
    pub download: Option<u64>,
    pub upload: Option<u64>,
    pub latency_ms: u64,
}

impl Network {
    fn is_off(self) -> bool {
        self.download == Some(0) && self.upload.is_none_or(|bytes| bytes == 0)
    }

    fn is_usual(self) -> bool {
        self.download.is_none() && self.upload.is_none() && self.latency_ms == 0
    }
}

/// What is on a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shot {
    /// JPEG.
    Viewport,
    /// PNG; what is too far below or beside is left out.
    Page,
}

/// In CSS pixels.
const HIGHEST_PAGE: f64 = 8_000.0;
const WIDEST_PAGE: f64 = 4_000.0;

/// A line of the console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spoken {
    /// `severe`, `warning`, `info`, `debug`.
    pub level: String,
    pub text: String,
    /// It is an error of a script that nobody caught.
    pub is_uncaught: bool,
}

/// More than that nobody reads.
const MOST_NAMED: usize = 20;
