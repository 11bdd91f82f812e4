//! One connection, kept unless told otherwise, and the look before each reuse whether the server has closed it: browsers look too, and without
//! it the prober would blame the balancer for its own carelessness.

use http_body_util::{BodyExt, Full};
use hyper::{body::Bytes, client::conn::http1};
use hyper_util::rt::TokioIo;
use std::{io, net::SocketAddr, time::Duration};
use tokio::time::Instant;

pub struct Ask {
    pub method: http::Method,
    pub path: String,
    /// Takes 300 ms and more by its own wish.
    pub slow: bool,
    /// The connection is not kept for another request.
    pub once: bool,
}

pub struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    /// The same socket once more, to look at without reading.
    socket: std::net::TcpStream,
    used_at: Instant,
    is_new: bool,
}

impl Connection {
    pub async fn open(target: SocketAddr) -> Result<Self, String> {
        let stream = tokio::net::TcpStream::connect(target)
            .await
            .map_err(|error| format!("not connected: {error}"))?;
        let plain = |error: io::Error| format!("not connected: {error}");
        let stream = stream.into_std().map_err(plain)?;
        stream.set_nodelay(true).map_err(plain)?;
        let socket = stream.try_clone().map_err(plain)?;
        let stream = tokio::net::TcpStream::from_std(stream).map_err(plain)?;
        let (sender, driver) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| format!("not connected: {error}"))?;
        // ends with the sender; its errors reach whoever asks
        tokio::spawn(driver);
        Ok(Self {
            sender,
            socket,
            used_at: Instant::now(),
            is_new: true,
        })
    }

    /// Whether another request may be sent: nothing came unasked, not even the end.
    pub fn is_open(&self) -> bool {
        let nothing = self.socket.peek(&mut [0]);
        self.sender.is_ready()
            && nothing.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    pub fn idle_for(&self) -> Duration {
        self.used_at.elapsed()
    }

    /// One request and its whole answer. Anything but 200 from a named release is a failure.
    pub async fn ask(&mut self, target: SocketAddr, ask: &Ask) -> Result<(), String> {
        let kept = if self.is_new { "new" } else { "kept" };
        let cut = |error: hyper::Error| {
            let cause = std::error::Error::source(&error).map(|cause| format!(" ({cause})"));
            format!(
                "{error}{} on a {kept} connection",
                cause.unwrap_or_default()
            )
        };
        let body = match ask.method {
            http::Method::POST => Bytes::from_static(b"visitor=prober"),
            _ => Bytes::new(),
        };
        let connection = if ask.once { "close" } else { "keep-alive" };
        let request = http::Request::builder()
            .method(&ask.method)
            .uri(&ask.path)
            .header(http::header::CONNECTION, connection)
            .header(http::header::HOST, target.to_string())
            .header(http::header::USER_AGENT, "pitlane-lab-prober")
            .body(Full::new(body))
            .map_err(|error| error.to_string())?;
        let answer = self.sender.send_request(request).await.map_err(cut)?;
        let status = answer.status();
        let is_shop = answer.headers().contains_key("x-release");
        answer.into_body().collect().await.map_err(cut)?;
        self.used_at = Instant::now();
        self.is_new = false;
        match (status, is_shop) {
            (http::StatusCode::OK, true) => Ok(()),
            (http::StatusCode::OK, false) => Err("200, but not from the shop".to_owned()),
            (status, _) => Err(format!("{status} on a {kept} connection")),
        }
    }
}
