//! What a browser asks the proxy itself: tunnels (`CONNECT`) and plain http requests with a whole address.

use super::{
    Gate,
    forward::{Body, Front, Onward, Upstream, said},
    log::Went,
    reach::{Asked, Reached, Stream, Whom},
};
use crate::smoke::target::Lead;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn, upgrade::OnUpgrade};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{convert::Infallible, net::IpAddr, sync::Arc, time::Duration};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::OwnedSemaphorePermit,
    time::{sleep, timeout},
};

/// Of a request or an answer.
pub const LARGEST_HEAD: usize = 64 * 1024;
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// Between two looks for a free descriptor.
const PAUSE: Duration = Duration::from_millis(50);

/// One connection of the browser, with all that comes of it.
pub struct Visit {
    pub gate: Arc<Gate>,
    pub from: IpAddr,
    _slot: OwnedSemaphorePermit,
}

pub async fn listen(gate: Arc<Gate>, listener: TcpListener) {
    loop {
        let slot = Arc::clone(&gate.slots).acquire_owned().await;
        let slot = slot.expect("nobody closes it");
        match listener.accept().await {
            Ok((stream, from)) if gate.admits(from.ip()) => {
                let visit = Visit {
                    gate: Arc::clone(&gate),
                    from: from.ip(),
                    _slot: slot,
                };
                gate.spawn(welcome(Arc::new(visit), stream));
            }
            Ok((_, from)) => {
                tracing::debug!(%from, "somebody else asked a browser's proxy");
            }
            Err(_) => sleep(PAUSE).await,
        }
    }
}

async fn welcome(visit: Arc<Visit>, stream: TcpStream) {
    // without it small answers wait for each other; a stream that refuses it is broken anyway
    let _ = stream.set_nodelay(true);
    let upstream = Arc::new(Upstream::default());
    let service = service_fn(move |request| {
        let (visit, upstream) = (Arc::clone(&visit), Arc::clone(&upstream));
        async move { Ok::<_, Infallible>(answer(visit, &upstream, request).await) }
    });
    // an error is the browser's way to go
    let _ = builder()
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
}

fn builder() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .max_header_size(LARGEST_HEAD)
        .timer(TokioTimer::new())
        // a browser keeps connections for later
        .header_read_timeout(None)
        .auto_date_header(false);
    builder
}

async fn answer(
    visit: Arc<Visit>,
    upstream: &Upstream,
    mut request: Request<Incoming>,
) -> Response<Body> {
    let uri = request.uri();
    let is_tunnel = request.method() == Method::CONNECT;
    let Some(host) = uri.host() else {
        return said(StatusCode::BAD_REQUEST, "this is a proxy for a browser");
    };
    let asked = match (uri.port_u16(), uri.scheme_str()) {
        (Some(port), _) => Asked::new(host, port),
        (None, Some("http")) => Asked::new(host, 80),
        (None, _) => {
            return said(
                StatusCode::BAD_REQUEST,
                "a proxy is asked for host and port",
            );
        }
    };
    let gate = Arc::clone(&visit.gate);
    let (whom, front) = match (gate.target.lead(&asked.host, asked.port), is_tunnel) {
        // plain http at the port of https leads nowhere either
        (Lead::Blocked, _) | (Lead::Front { tls: true }, false) => {
            gate.note(&asked, Went::Blocked);
            let why = format!("{} leads nowhere in this test", asked.words());
            return said(StatusCode::FORBIDDEN, &why);
        }
        (Lead::Front { tls }, true) => {
            let upgrade = hyper::upgrade::on(&mut request);
            gate.spawn(stand_in(visit, asked, tls, upgrade));
            return established();
        }
        (Lead::Front { tls: false }, false) => {
            let port = asked.port;
            let proto = "http";
            (Whom::Node, Some(Front { proto, port }))
        }
        (Lead::Node, _) => (Whom::Node, None),
        (Lead::RealAddress, _) => (Whom::RealAddress, None),
    };
    if !is_tunnel {
        let onward = Onward { asked, whom, front };
        return upstream.forward(&visit, &onward, request).await;
    }
    match gate.reach(&asked, whom).await {
        Err(why) => said(StatusCode::BAD_GATEWAY, &why),
        Ok(reached) => {
            let upgrade = hyper::upgrade::on(&mut request);
            gate.spawn(tunnel(visit, upgrade, reached));
            established()
        }
    }
}

/// Bytes both ways, whatever they mean.
async fn tunnel(visit: Arc<Visit>, upgrade: OnUpgrade, reached: Reached) {
    let Reached { mut stream, counts } = reached;
    if let Ok(upgraded) = upgrade.await {
        // how it ends is between browser and node
        let _ = copy_bidirectional(&mut TokioIo::new(upgraded), &mut stream).await;
    }
    drop((counts, visit));
}

/// Answers in the balancer's place.
async fn stand_in(visit: Arc<Visit>, asked: Asked, tls: bool, upgrade: OnUpgrade) {
    let Ok(upgraded) = upgrade.await else {
        return;
    };
    let stream = TokioIo::new(upgraded);
    let acceptor = visit.gate.tls.clone().filter(|_| tls);
    let (stream, proto): (Box<dyn Stream>, _) = match acceptor {
        None => (Box::new(stream), "http"),
        Some(acceptor) => match timeout(HANDSHAKE_LIMIT, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => (Box::new(stream), "https"),
            Ok(Err(error)) => {
                let why = format!("the browser ended the TLS handshake: {error}");
                visit.gate.note(&asked, Went::Failed(why));
                return;
            }
            // it was opened for later and never used
            Err(_) => return,
        },
    };
    let front = Some(Front {
        proto,
        port: asked.port,
    });
    let onward = Arc::new(Onward {
        asked,
        whom: Whom::Node,
        front,
    });
    let upstream = Arc::new(Upstream::default());
    let service = service_fn(move |request| {
        let (visit, onward, upstream) = (
            Arc::clone(&visit),
            Arc::clone(&onward),
            Arc::clone(&upstream),
        );
        async move { Ok::<_, Infallible>(upstream.forward(&visit, &onward, request).await) }
    });
    let _ = builder()
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
}

fn established() -> Response<Body> {
    Response::new(Body::Right(Full::default()))
}
