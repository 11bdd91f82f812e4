//! One browser for many tests: starting one takes as long as dozens of steps, and every flow has a context of its own
//! in it anyway.

use super::{
    bench::{Bench, Outcome},
    site::{self, Site},
};
use app::model::smoke::Suite;
use server::smoke::{BrowserSession, webdriver::Kind};

/// A browser, and the node it is kept to.
pub struct Shared {
    pub bench: Bench,
    pub red: Site,
    pub session: Box<dyn BrowserSession>,
    pub kind: Kind,
}

impl Shared {
    pub async fn new() -> Self {
        Self::with(Kind::Chromium, Bench::new()).await
    }

    pub async fn firefox() -> Self {
        Self::with(Kind::Firefox, Bench::firefox()).await
    }

    async fn with(kind: Kind, bench: Bench) -> Self {
        let red = site::start("red", "127.0.0.21").await;
        let session = bench.session(red.address).await;
        Self {
            bench,
            red,
            session,
            kind,
        }
    }

    /// A suite of these flows.
    pub async fn run(&mut self, flows: &str) -> Outcome {
        let session = self.session.as_mut();
        self.bench.run(session, self.red.address, flows).await
    }

    pub async fn run_suite(&mut self, suite: Suite) -> Outcome {
        let session = self.session.as_mut();
        self.bench.run_suite(session, self.red.address, suite).await
    }

    /// Nothing of it is left.
    pub async fn close(self) {
        self.session.close().await;
        self.bench.expect_nothing_left();
    }
}

/// A test of several parts, each a function that is given the one browser. All of them are played, and each that fails
/// is named. In the parentheses: how to have the browser.
macro_rules! in_one_browser {
    ($(#[$about:meta])* $test:ident($open:path): $($part:path),* $(,)?) => {
        $(#[$about])*
        #[tokio::test]
        async fn $test() {
            use futures::FutureExt as _;
            use std::{panic::AssertUnwindSafe, time::Instant};

            let mut shared = $open().await;
            let mut failed = Vec::new();
            $(
                let begun = Instant::now();
                let part = AssertUnwindSafe($part(&mut shared)).catch_unwind().await;
                println!("{}: {:.1} s", stringify!($part), begun.elapsed().as_secs_f64());
                if part.is_err() {
                    failed.push(stringify!($part));
                }
            )*
            shared.close().await;
            assert!(failed.is_empty(), "{} failed", failed.join(", "));
        }
    };
}

pub(in crate::smoke) use in_one_browser;
