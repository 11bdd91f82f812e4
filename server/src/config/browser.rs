//! Browser and driver of the smoke tests.

use super::{ConfigError, Sources, data::existing_file, source::truth};
use crate::smoke::{
    proxy::ProxySettings,
    webdriver::{Kind, grid::GridSettings},
};
use ipnet::IpNet;
use std::{
    net::IpAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

/// A Grid has a queue of its own; ours is seen by people.
const ON_A_GRID: NonZeroUsize = NonZeroUsize::new(8).expect("it is not zero");

#[derive(Debug, Clone)]
pub struct BrowserConfig {
    pub kind: Kind,
    /// As its name alone where it is not on this machine; a suite is refused in words then, not the start.
    pub driver: PathBuf,
    pub browser: PathBuf,
    /// Only ever by explicit wish.
    pub no_sandbox: bool,
    /// Browsers of this process together.
    pub at_once: NonZeroUsize,
    pub grid: Option<GridSettings>,
    pub proxy: ProxySettings,
}

/// Where a browser and its driver are named, and what they are called.
struct Programs {
    driver_key: &'static str,
    driver: &'static [&'static str],
    browser_key: &'static str,
    browser: &'static [&'static str],
}

impl Programs {
    const fn of(kind: Kind) -> Self {
        match kind {
            Kind::Chromium => Self {
                driver_key: "browser.chromedriver",
                driver: &["chromedriver"],
                browser_key: "browser.chromium",
                browser: &["chromium", "chromium-browser", "google-chrome"],
            },
            Kind::Firefox => Self {
                driver_key: "browser.geckodriver",
                driver: &["geckodriver"],
                browser_key: "browser.firefox",
                browser: &["firefox", "firefox-esr"],
            },
        }
    }
}

impl BrowserConfig {
    pub fn from_sources(sources: &Sources) -> Result<Self, ConfigError> {
        let path = sources.surrounding("PATH").unwrap_or_default();
        let kind = sources.parsed("browser.kind", Kind::parse)?;
        let kind = kind.unwrap_or_default();
        let programs = Programs::of(kind);
        let program = |key: &'static str, names: &[&str]| {
            let given = sources.parsed(key, existing_file)?;
            Ok(given.unwrap_or_else(|| found(path, names)))
        };
        let grid = sources.parsed("browser.grid_url", GridSettings::parse)?;
        let at_once = sources.parsed("browser.at_once", |text| {
            text.parse()
                .ok()
                .filter(|count: &NonZeroUsize| count.get() <= 256)
                .ok_or_else(|| format!("`{text}` is no number from 1 to 256"))
        })?;
        let usual = if grid.is_some() {
            ON_A_GRID
        } else {
            one_per_core_pair()
        };
        Ok(Self {
            at_once: at_once.unwrap_or(usual),
            grid,
            proxy: proxy(sources)?,
            kind,
            driver: program(programs.driver_key, programs.driver)?,
            browser: program(programs.browser_key, programs.browser)?,
            no_sandbox: sources
                .parsed("browser.no_sandbox", truth)?
                .unwrap_or(false),
        })
    }

    pub fn for_testing() -> Self {
        let path = std::env::var("PATH").unwrap_or_default();
        Self {
            kind: Kind::Chromium,
            driver: found(&path, Programs::of(Kind::Chromium).driver),
            browser: found(&path, Programs::of(Kind::Chromium).browser),
            no_sandbox: true,
            at_once: one_per_core_pair(),
            grid: None,
            proxy: ProxySettings::default(),
        }
    }
}

/// Through which browsers reach the node under test where their own rules do not reach.
fn proxy(sources: &Sources) -> Result<ProxySettings, ConfigError> {
    let usual = ProxySettings::default();
    let bind = sources.parsed("browser.proxy_bind", |text| {
        text.parse::<IpAddr>()
            .map_err(|_| format!("`{text}` is no address of this machine"))
    })?;
    let advertise = sources
        .get("browser.proxy_host")
        .map(|given| given.text.clone());
    let users = sources.parsed("browser.proxy_users", networks)?;
    let bind = bind.unwrap_or(usual.bind);
    if bind.is_unspecified() && advertise.is_none() {
        let why = "a browser cannot ask all addresses at once; name one in `browser.proxy_host`";
        return Err(sources.wrong("browser.proxy_bind", why));
    }
    if !bind.is_loopback() && users.is_none() {
        let why = "other machines could use it; say which may in `browser.proxy_users`";
        return Err(sources.wrong("browser.proxy_bind", why));
    }
    Ok(ProxySettings {
        bind,
        advertise,
        sources: users.unwrap_or(usual.sources),
    })
}

fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    let one = |part: &str| {
        part.parse::<IpNet>()
            .or_else(|_| part.parse::<IpAddr>().map(IpNet::from))
            .map_err(|_| format!("`{part}` is neither an address nor a network"))
    };
    text.split(',').map(str::trim).map(one).collect()
}

/// Two browsers on two cores take as long as one after the other.
fn one_per_core_pair() -> NonZeroUsize {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    NonZeroUsize::new(cores / 2).unwrap_or(NonZeroUsize::MIN)
}

/// The first of them there is; otherwise its name, to be said when it is missed.
fn found(path: &str, names: &[&str]) -> PathBuf {
    let there = names.iter().find_map(|name| in_path(path, name));
    there.unwrap_or_else(|| names[0].into())
}

fn in_path(path: &str, name: &str) -> Option<PathBuf> {
    path.split(':')
        .filter(|dir| !dir.is_empty())
        .map(|dir| Path::new(dir).join(name))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn read(flags: &[(&'static str, &str)]) -> Result<BrowserConfig, String> {
        let flags = flags.iter().map(|(key, text)| (*key, (*text).to_owned()));
        let sources = Sources::merge(flags.collect(), &BTreeMap::new(), None).unwrap();
        BrowserConfig::from_sources(&sources).map_err(|error| error.to_string())
    }

    #[test]
    fn a_grid_has_more_browsers_and_its_credentials_are_not_shown() {
        let url = ("browser.grid_url", "http://ann:sesame@grid:4444");
        let config = read(&[url]).unwrap();
        assert_eq!(config.at_once, ON_A_GRID);
        assert!(!format!("{config:?}").contains("sesame"));
        let config = read(&[url, ("browser.at_once", "2")]).unwrap();
        assert_eq!(config.at_once.get(), 2);
        for (key, text, words) in [
            ("browser.at_once", "0", "`0` is no number from 1 to 256"),
            (
                "browser.grid_url",
                "ftp://ann:sesame@grid",
                "a Grid has an http or https address",
            ),
        ] {
            let why = read(&[(key, text)]).unwrap_err();
            assert!(
                why.contains(words) && why.contains(key) && !why.contains("sesame"),
                "{why}"
            );
        }
    }

    #[test]
    fn firefox_has_programs_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let geckodriver = dir.path().join("geckodriver");
        std::fs::write(&geckodriver, "").unwrap();
        let kind = ("browser.kind", "firefox");
        let config = read(&[kind, ("browser.geckodriver", geckodriver.to_str().unwrap())]).unwrap();
        assert_eq!(config.kind, Kind::Firefox);
        assert_eq!(config.driver, geckodriver);
        // nothing is in an empty PATH
        assert_eq!(config.browser, Path::new("firefox"));
        let config = read(&[]).unwrap();
        assert_eq!(config.kind, Kind::Chromium);
        assert_eq!(config.driver, Path::new("chromedriver"));
        for (given, words) in [
            (
                vec![("browser.kind", "opera")],
                "`opera` is neither `chromium` nor `firefox`",
            ),
            (
                vec![kind, ("browser.geckodriver", "/nowhere/geckodriver")],
                "browser.geckodriver",
            ),
        ] {
            let why = read(&given).unwrap_err();
            assert!(why.contains(words), "{why}");
        }
    }

    #[test]
    fn a_proxy_that_others_can_reach_says_who_may_use_it() {
        let bind = ("browser.proxy_bind", "0.0.0.0");
        let host = ("browser.proxy_host", "pitlane.example.com");
        let users = ("browser.proxy_users", "10.0.0.0/8, 192.0.2.7");
        let proxy = read(&[bind, host, users]).unwrap().proxy;
        assert_eq!(proxy.advertise.as_deref(), Some("pitlane.example.com"));
        assert_eq!(proxy.sources.len(), 2);
        for (given, words) in [
            (vec![bind, users], "name one in `browser.proxy_host`"),
            (vec![bind, host], "say which may in `browser.proxy_users`"),
            (
                vec![("browser.proxy_users", "ten")],
                "`ten` is neither an address nor a network",
            ),
        ] {
            let why = read(&given).unwrap_err();
            assert!(why.contains(words), "{why}");
        }
    }
}
