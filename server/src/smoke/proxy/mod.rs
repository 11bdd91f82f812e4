//! The forward proxy of one browser session: everything the browser asks for passes here, and goes to the node under
//! test or nowhere.
//!
//! It isolates where a browser's own resolver rules do not reach, stands in for the balancer where that ends TLS, and
//! its log is proof that does not come from the browser. Dropping it cuts every connection.

/// The key with which we end TLS.
mod identity;

/// What went through.
mod log;

/// What a browser asks the proxy itself.
mod serve;

/// Requests on their way to the node, and answers on their way back.
mod forward;

/// Connections onwards, with what they carry counted.
mod reach;

pub use log::ProxyLog;

use super::{BrowserTrouble, Target};
use app::model::smoke::Front;
use ipnet::IpNet;
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};
use tokio::{net::TcpListener, sync::Semaphore};
use tokio_util::sync::{CancellationToken, DropGuard};

/// In the answers the proxy gives itself: why, as a clause. A node's own header of this name is taken away.
pub const WHY: &str = "x-pitlane-proxy";

/// Browsers open some dozens.
const MOST_CONNECTIONS: usize = 512;

/// Where the proxies of a browser listen, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxySettings {
    pub bind: IpAddr,
    /// The name or address under which the browser's machine finds this one; `None`: `bind`.
    pub advertise: Option<String>,
    /// Who may use them: with a Grid, its machines. Browsers cannot be given a password for this.
    pub sources: Vec<IpNet>,
}

impl Default for ProxySettings {
    /// For browsers on this machine.
    fn default() -> Self {
        let here = IpAddr::from(Ipv4Addr::LOCALHOST);
        Self {
            bind: here,
            advertise: None,
            sources: vec![here.into()],
        }
    }
}

pub struct SessionProxy {
    host: String,
    port: u16,
    pin: Option<String>,
    authority: Option<String>,
    log: ProxyLog,
    _end: DropGuard,
}

impl SessionProxy {
    /// Listens at a port of its own, for `target` alone.
    pub async fn start(target: &Target, settings: &ProxySettings) -> Result<Self, BrowserTrouble> {
        let unstarted = |error| {
            BrowserTrouble::new(format!(
                "the browser's proxy could not listen at {}",
                settings.bind
            ))
            .because(error)
        };
        let listener = TcpListener::bind((settings.bind, 0))
            .await
            .map_err(unstarted)?;
        let port = listener.local_addr().map_err(unstarted)?.port();
        let (tls, authority, pin) = match target.front {
            Front::Direct => (None, None, None),
            Front::Terminate => {
                let (acceptor, authority) = identity::acceptor(target)?;
                (Some(acceptor), Some(authority), Some(identity::pin()?))
            }
        };
        let end = CancellationToken::new();
        let log = ProxyLog::default();
        let gate = Arc::new(Gate {
            target: target.clone(),
            tls,
            log: log.clone(),
            sources: settings.sources.clone(),
            slots: Arc::new(Semaphore::new(MOST_CONNECTIONS)),
            end: end.clone(),
        });
        gate.spawn(serve::listen(Arc::clone(&gate), listener));
        let host = match (&settings.advertise, settings.bind) {
            (Some(host), _) => host.clone(),
            (None, IpAddr::V4(ip)) => ip.to_string(),
            (None, IpAddr::V6(ip)) => format!("[{ip}]"),
        };
        Ok(Self {
            host,
            port,
            pin,
            authority,
            log,
            _end: end.drop_guard(),
        })
    }

    /// `host:port`, as a browser takes it for http and https alike.
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// Its name or address alone.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The key to trust, where the proxy ends TLS; see [`browser_pin`].
    pub fn pin(&self) -> Option<&str> {
        self.pin.as_deref()
    }

    /// Who vouches for the proxy where it ends TLS, for a browser that takes no key: a certificate, DER in base64.
    pub fn authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    pub fn log(&self) -> &ProxyLog {
        &self.log
    }
}

/// What a browser that is to use proxies of ours later has to trust: `--ignore-certificate-errors-spki-list` takes it.
/// The same for all sessions until the server ends.
pub fn browser_pin() -> Result<String, BrowserTrouble> {
    identity::pin()
}

/// What the connections of one proxy share.
struct Gate {
    target: Target,
    tls: Option<tokio_rustls::TlsAcceptor>,
    log: ProxyLog,
    sources: Vec<IpNet>,
    slots: Arc<Semaphore>,
    end: CancellationToken,
}

impl Gate {
    fn admits(&self, who: IpAddr) -> bool {
        let who = who.to_canonical();
        self.sources.iter().any(|net| net.contains(&who))
    }

    /// Does `work` until it is done or the proxy ends.
    fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        let end = self.end.clone();
        tokio::spawn(async move {
            // cut off or done, nobody waits for it
            let _ = end.run_until_cancelled_owned(work).await;
        });
    }
}

#[cfg(test)]
mod tests;
