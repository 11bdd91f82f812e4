//! What browser and proxy know about a step's requests.

use super::{
    network::Lost,
    session::{CALL, Session},
};
use crate::smoke::judge;
use app::model::smoke::ConsoleLine;
use std::collections::BTreeSet;
use url::Url;

const MOST_LINES: usize = 50;
pub(super) const LONGEST_LINE: usize = 500;

impl Session {
    /// Lines of the console, and which of them are uncaught errors of scripts.
    pub(super) async fn console(&self) -> (Vec<ConsoleLine>, Vec<String>) {
        let spoken = self.wire.console(CALL).await.unwrap_or_default();
        // `debug` is the browser's own advice to authors
        let (lines, errors): (Vec<_>, Vec<_>) = spoken
            .into_iter()
            .map(|spoken| {
                let line = ConsoleLine {
                    level: spoken.level,
                    text: spoken.text.chars().take(LONGEST_LINE).collect(),
                };
                (line, spoken.is_uncaught)
            })
            .filter(|(line, _)| line.level != "debug" && !line.text.contains("/favicon.ico"))
            .take(MOST_LINES)
            .map(|(line, is_uncaught)| {
                let error = is_uncaught.then(|| line.text.clone());
                (line, error)
            })
            .unzip();
        (lines, errors.into_iter().flatten().collect())
    }

    /// Why a main document did not come; the proxy knows more about it than the browser was told.
    pub(super) fn why_lost(&self, lost: &Lost) -> String {
        let of_tunnel = || {
            let url = Url::parse(&lost.url).ok()?;
            let asked = format!("{}:{}", url.host_str()?, url.port_or_known_default()?);
            self.proxy.as_ref()?.log().failure(&asked)
        };
        let proxy = lost.proxy.clone().or_else(of_tunnel);
        judge::not_loaded(&self.target, &lost.url, &lost.error, proxy.as_deref())
    }

    /// Who answered since this was last asked, in the words of whoever knows.
    pub(super) fn answered_by(&self, browser: BTreeSet<String>) -> Vec<String> {
        match &self.proxy {
            None => browser.into_iter().collect(),
            Some(proxy) => {
                let answered = proxy.log().answered();
                answered.iter().map(ToString::to_string).collect()
            }
        }
    }
}
