//! A browser's side by hand, a node with real sockets behind it.

use super::*;
use crate::smoke::target::tests::target;
use app::model::smoke::Leads;
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request, StatusCode},
    routing::{any, get, post},
};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::{net::SocketAddr, sync::Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::bytes::Bytes;

/// The browser's side of TLS.
mod browser;

/// Where names lead, whose connections are served, for how long.
mod tunnels;

/// In the balancer's place.
mod fronted;

use browser::trusting;

const PUBLIC: &str = "https://shop.test";
const TLS: &str = "shop.test:443";

async fn proxy(node: SocketAddr, front: Front, hosts: &[(&str, Leads)]) -> SessionProxy {
    let target = Target {
        node,
        ..target(PUBLIC, front, hosts)
    };
    SessionProxy::start(&target, &ProxySettings::default())
        .await
        .unwrap()
}

async fn serve(routes: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    address
}

/// A node whose every connection is handled by `handle`.
async fn raw<F>(handle: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(handle(stream));
        }
    });
    address
}

/// An address at which nobody listens.
async fn nobody() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

/// Up to the empty line.
async fn head(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> String {
    let mut text = String::new();
    while !text.ends_with("\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => text.push(char::from(byte)),
            Err(_) => break,
        }
    }
    text
}

async fn dial(proxy: &SessionProxy) -> TcpStream {
    TcpStream::connect(proxy.address()).await.unwrap()
}

/// A tunnel to `asked`, or what the proxy said instead.
async fn tunnel(proxy: &SessionProxy, asked: &str) -> Result<TcpStream, String> {
    let mut stream = dial(proxy).await;
    let request = format!("CONNECT {asked} HTTP/1.1\r\nHost: {asked}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let said = head(&mut stream).await;
    if said.starts_with("HTTP/1.1 200") {
        Ok(stream)
    } else {
        Err(said)
    }
}

/// A connection on which one asks over TLS that ends in the proxy.
async fn secure(proxy: &SessionProxy) -> SendRequest<Body> {
    let stream = tunnel(proxy, TLS).await.unwrap();
    let stream = trusting(proxy.pin().unwrap(), stream).await.unwrap();
    let (sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn ask(path: &str) -> http::request::Builder {
    Request::builder().uri(path).header("host", "shop.test")
}

/// Status, the proxy's own words if any, and the body.
async fn answer(sender: &mut SendRequest<Body>, request: Request<Body>) -> (u16, String, String) {
    sender.ready().await.unwrap();
    let response = sender.send_request(request).await.unwrap();
    let why = response.headers().get(WHY).map(|why| why.to_str().unwrap());
    let (status, why) = (
        response.status().as_u16(),
        why.unwrap_or_default().to_owned(),
    );
    let body = to_bytes(Body::new(response.into_body()), usize::MAX)
        .await
        .unwrap();
    (status, why, String::from_utf8(body.to_vec()).unwrap())
}

fn lines(proxy: &SessionProxy) -> Vec<Value> {
    let text = proxy.log().take();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

async fn headers(headers: HeaderMap) -> String {
    let lines: Vec<_> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()))
        .collect();
    lines.concat()
}
