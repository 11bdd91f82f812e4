//! Requests on their way to the node, and answers on their way back: headers of one hop only stay behind, those of a
//! balancer are added, bodies pass as they come.

use super::{
    WHY,
    log::Counts,
    reach::{Asked, Reached, Whom},
    serve::{LARGEST_HEAD, Visit},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri, Version, header,
};
use http_body_util::{Either, Empty, Full};
use hyper::{
    body::{Body as _, Incoming},
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use std::sync::{Arc, atomic::Ordering::Relaxed};
use tokio::{io::copy_bidirectional, sync::Mutex};
use tokio_util::bytes::Bytes;

/// Of an answer: somebody's, or our own words.
pub type Body = Either<Incoming, Full<Bytes>>;
/// Of a request: the browser's, or none.
type Sent = Either<Incoming, Empty<Bytes>>;

/// Where requests go.
pub struct Onward {
    pub asked: Asked,
    pub whom: Whom,
    /// `None`: they pass as they are.
    pub front: Option<Front>,
}

/// What a balancer tells about the browser's side.
#[derive(Debug, Clone, Copy)]
pub struct Front {
    pub proto: &'static str,
    pub port: u16,
}

/// The connection onwards that belongs to one of the browser's. It is used again only by what may be sent twice: a
/// node may close it at any moment, and then nobody knows whether it had read the request.
#[derive(Default)]
pub struct Upstream(Mutex<Option<Open>>);

struct Open {
    asked: Asked,
    sender: SendRequest<Sent>,
    counts: Arc<Counts>,
}

impl Upstream {
    pub async fn forward(
        &self,
        visit: &Arc<Visit>,
        onward: &Onward,
        mut request: Request<Incoming>,
    ) -> Response<Body> {
        let upgrades = wants_upgrade(request.headers());
        let up = upgrades.then(|| hyper::upgrade::on(&mut request));
        let (mut head, body) = request.into_parts();
        let is_repeatable = head.method.is_safe() && body.is_end_stream() && !upgrades;
        head.uri = below_host(&head.uri);
        head.version = Version::HTTP_11;
        dress(&mut head.headers, onward, visit, upgrades);

        // a browser asks on one connection for one after the other
        let mut place = self.0.lock().await;
        if let Some(mut open) = place.take().filter(|open| open.asked == onward.asked)
            && is_repeatable
            && open.sender.ready().await.is_ok()
        {
            let again = Request::from_parts(head.clone(), Either::Right(Empty::new()));
            open.counts.requests.fetch_add(1, Relaxed);
            if let Ok(response) = open.sender.send_request(again).await {
                *place = Some(open);
                return undressed(response);
            }
        }
        let mut open = match connect(visit, onward).await {
            Ok(open) => open,
            Err(why) => return said(StatusCode::BAD_GATEWAY, &why),
        };
        let body = if is_repeatable {
            Either::Right(Empty::new())
        } else {
            Either::Left(body)
        };
        open.counts.requests.fetch_add(1, Relaxed);
        let answer = open.sender.send_request(Request::from_parts(head, body));
        let mut response = match answer.await {
            Ok(response) => response,
            Err(error) => {
                let why = format!("{} gave no answer: {error}", named(visit, onward));
                return said(StatusCode::BAD_GATEWAY, &why);
            }
        };
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            *place = Some(open);
            return undressed(response);
        }
        let Some(up) = up else {
            return said(
                StatusCode::BAD_GATEWAY,
                "an upgrade came that nobody wanted",
            );
        };
        let down = hyper::upgrade::on(&mut response);
        let (visit, counts) = (Arc::clone(visit), open.counts);
        Arc::clone(&visit.gate).spawn(async move {
            if let (Ok(up), Ok(down)) = tokio::join!(up, down) {
                let (mut up, mut down) = (TokioIo::new(up), TokioIo::new(down));
                // how it ends is between browser and node
                let _ = copy_bidirectional(&mut up, &mut down).await;
            }
            drop((visit, counts));
        });
        response.headers_mut().remove(WHY);
        response.map(|_| Either::Right(Full::default()))
    }
}

async fn connect(visit: &Visit, onward: &Onward) -> Result<Open, String> {
    let gate = &visit.gate;
    let Reached { stream, counts } = gate.reach(&onward.asked, onward.whom).await?;
    let (sender, connection) = http1::Builder::new()
        .max_header_size(LARGEST_HEAD)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| format!("{} was lost: {error}", named(visit, onward)))?;
    gate.spawn(async move {
        // whoever waits for an answer is told
        let _ = connection.with_upgrades().await;
    });
    Ok(Open {
        asked: onward.asked.clone(),
        sender,
        counts,
    })
}

fn named(visit: &Visit, onward: &Onward) -> String {
    match onward.whom {
        Whom::Node => format!("the node at {}", visit.gate.target.node),
        Whom::RealAddress => onward.asked.words(),
    }
}

/// `/path?query`, as a server is asked.
fn below_host(uri: &Uri) -> Uri {
    uri.path_and_query()
        .map_or_else(|| Uri::from_static("/"), |path| Uri::from(path.clone()))
}

fn wants_upgrade(headers: &HeaderMap) -> bool {
    headers.contains_key(header::UPGRADE)
        && tokens(headers).any(|token| token.eq_ignore_ascii_case("upgrade"))
}

/// What `Connection` names.
fn tokens(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(header::CONNECTION)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
}

/// Source: RFC 9110, 7.6.1.
fn strip_hop(headers: &mut HeaderMap, upgrades: bool) {
    let named: Vec<HeaderName> = tokens(headers)
        .filter_map(|name| name.parse().ok())
        .collect();
    let usual = [
        header::CONNECTION,
        header::PROXY_AUTHENTICATE,
        header::PROXY_AUTHORIZATION,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
    ];
    for name in named.into_iter().chain(usual) {
        if name != header::UPGRADE {
            headers.remove(name);
        }
    }
    if upgrades {
        let wanted = HeaderValue::from_static("upgrade");
        headers.insert(header::CONNECTION, wanted);
    } else {
        headers.remove(header::UPGRADE);
    }
}

fn dress(headers: &mut HeaderMap, onward: &Onward, visit: &Visit, upgrades: bool) {
    strip_hop(headers, upgrades);
    let Some(front) = onward.front else {
        return;
    };
    headers.remove(header::FORWARDED);
    let host = headers.get(header::HOST).cloned();
    let host = host.or_else(|| HeaderValue::from_str(&onward.asked.words()).ok());
    let set = [
        (
            "x-forwarded-proto",
            Some(HeaderValue::from_static(front.proto)),
        ),
        ("x-forwarded-port", Some(front.port.into())),
        ("x-forwarded-host", host),
        (
            "x-forwarded-for",
            HeaderValue::from_str(&visit.from.to_string()).ok(),
        ),
    ];
    for (name, value) in set {
        if let Some(value) = value {
            headers.insert(name, value);
        }
    }
}

fn undressed(response: Response<Incoming>) -> Response<Body> {
    let mut response = response.map(Either::Left);
    strip_hop(response.headers_mut(), false);
    response.headers_mut().remove(WHY);
    // towards the browser it is ours to say
    *response.version_mut() = Version::HTTP_11;
    response
}

/// An answer of the proxy's own.
pub fn said(status: StatusCode, why: &str) -> Response<Body> {
    let mut response = Response::new(Either::Right(Full::from(why.to_owned())));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    if let Ok(why) = HeaderValue::from_str(why) {
        headers.insert(WHY, why);
    }
    response
}
