//! Visitors at a constant rate through the balancer, and what they felt. Half of them read, half post; every tenth
//! asks for something that takes longer than a balancer driver needs to react, or luck would hide races.

/// One kept connection.
pub mod connection;

/// What was counted.
pub mod tally;

use anyhow::Context;
use app::model::journal::VisitorReport;
use axum::{Json, Router, extract::State, routing::get};
use connection::{Ask, Connection};
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tally::{Report, Tally};
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Who waited this long has left.
const PATIENCE: Duration = Duration::from_secs(5);
/// A connection idle for longer is closed by us, before the server's own limit (five seconds) makes it a race.
const IDLE_LIMIT: Duration = Duration::from_secs(3);

#[derive(Debug, Clone)]
pub struct ProberOptions {
    /// The balancer.
    pub target: SocketAddr,
    /// Requests per second.
    pub rate: u32,
    /// Where the report is served; `None`: a free port.
    pub port: Option<u16>,
}

/// Asks until it is stopped or dropped.
pub struct Prober {
    /// `http://127.0.0.1:PORT/report`, a `VisitorReport` as JSON.
    pub report_url: String,
    tally: Arc<Mutex<Tally>>,
    once: Arc<AtomicBool>,
    stop: CancellationToken,
    pace: JoinHandle<()>,
}

impl Prober {
    pub async fn start(options: ProberOptions) -> anyhow::Result<Self> {
        let tally = Arc::new(Mutex::new(Tally::default()));
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, options.port.unwrap_or(0)));
        let listener = tokio::net::TcpListener::bind(at)
            .await
            .with_context(|| format!("the prober cannot listen on {at}"))?;
        let report_url = format!("http://{}/report", listener.local_addr()?);
        let stop = CancellationToken::new();
        let router = Router::new()
            .route("/report", get(report))
            .with_state(tally.clone());
        let stopped = stop.clone();
        tokio::spawn(async move {
            // reports are short; whoever still reads one may be cut off
            tokio::select! {
                _ = axum::serve(listener, router) => {}
                () = stopped.cancelled() => {}
            }
        });
        let once = Arc::new(AtomicBool::new(false));
        let pace = tokio::spawn(pace(options, tally.clone(), once.clone(), stop.clone()));
        Ok(Self {
            report_url,
            tally,
            once,
            stop,
            pace,
        })
    }

    pub fn report(&self) -> Report {
        self.tally
            .lock()
            .expect("no holder of this lock panics")
            .report()
    }

    /// From now on each request has a connection of its own, or not. A reload of Apache closes kept connections, at
    /// times under a request that was just sent; a new one it answers. So with connections used once, what is lost
    /// over a reload was lost by somebody else.
    pub fn use_connections_once(&self, once: bool) {
        self.once.store(once, Ordering::Relaxed);
    }

    /// Counts from nothing again.
    pub fn start_over(&self) {
        *self.tally.lock().expect("no holder of this lock panics") = Tally::default();
    }

    /// Asks nothing more, waits for the answers that are due, and tells.
    pub async fn stop(mut self) -> Report {
        self.stop.cancel();
        // an error means that it panicked; what it counted still stands
        let _ = (&mut self.pace).await;
        self.report()
    }
}

impl Drop for Prober {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

async fn report(State(tally): State<Arc<Mutex<Tally>>>) -> Json<Report> {
    Json(
        tally
            .lock()
            .expect("no holder of this lock panics")
            .report(),
    )
}

/// Starts a request at every beat, whether or not earlier ones are answered.
async fn pace(
    options: ProberOptions,
    tally: Arc<Mutex<Tally>>,
    once: Arc<AtomicBool>,
    stop: CancellationToken,
) {
    let mut beat = tokio::time::interval(Duration::from_secs(1) / options.rate.max(1));
    let idle: Arc<Mutex<Vec<Connection>>> = Arc::default();
    let visitors = TaskTracker::new();
    for number in 0_u64.. {
        tokio::select! {
            _ = beat.tick() => {}
            () = stop.cancelled() => break,
        }
        let (idle, tally) = (idle.clone(), tally.clone());
        let ask = ask(number, once.load(Ordering::Relaxed));
        visitors.spawn(async move {
            let begun = Instant::now();
            let outcome = tokio::time::timeout(PATIENCE, visit(options.target, &idle, &ask)).await;
            let outcome = outcome.unwrap_or_else(|_| Err("no answer within 5 s".to_owned()));
            let words = outcome.map_err(|words| format!("{} {}: {words}", ask.method, ask.path));
            let took = begun.elapsed();
            let quick = !ask.slow;
            tally
                .lock()
                .expect("no holder of this lock panics")
                .count(words, took, quick);
        });
    }
    visitors.close();
    visitors.wait().await;
}

/// What the visitor with this number wants.
fn ask(number: u64, once: bool) -> Ask {
    let method = if number.is_multiple_of(2) {
        http::Method::GET
    } else {
        http::Method::POST
    };
    // of twenty visitors one reads slowly and one posts slowly
    let slow = matches!(number % 20, 3 | 14);
    let path = if slow {
        format!("/work?ms={}", 300 + number * 37 % 101)
    } else {
        "/work".to_owned()
    };
    Ask {
        method,
        path,
        slow,
        once,
    }
}

/// One request on a kept connection that is still open, or on a new one, always so for one that is used once. The error
/// is what the visitor saw.
async fn visit(target: SocketAddr, idle: &Mutex<Vec<Connection>>, ask: &Ask) -> Result<(), String> {
    let kept = {
        let mut idle = idle.lock().expect("no holder of this lock panics");
        idle.retain(|connection| !ask.once && connection.idle_for() < IDLE_LIMIT);
        std::iter::from_fn(|| idle.pop()).find(Connection::is_open)
    };
    let mut connection = match kept {
        Some(connection) => connection,
        None => Connection::open(target).await?,
    };
    connection.ask(target, ask).await?;
    if ask.once {
        return Ok(());
    }
    let mut idle = idle.lock().expect("no holder of this lock panics");
    idle.push(connection);
    Ok(())
}

impl From<&Report> for VisitorReport {
    fn from(report: &Report) -> Self {
        report.visitors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_is_slow_and_both_methods_are() {
        let all: Vec<_> = (0..1000).map(|number| ask(number, false)).collect();
        let slow: Vec<_> = all.iter().filter(|ask| ask.slow).collect();
        assert_eq!(slow.len(), 100);
        assert_eq!(
            all.iter()
                .filter(|ask| ask.method == http::Method::POST)
                .count(),
            500
        );
        assert!(slow.iter().any(|ask| ask.method == http::Method::GET));
        assert!(slow.iter().any(|ask| ask.method == http::Method::POST));
    }
}
