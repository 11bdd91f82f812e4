use super::*;

#[tokio::test]
async fn behind_the_front_a_node_is_asked_as_a_balancer_asks() {
    let node = serve(Router::new().fallback(headers)).await;
    let proxy = proxy(node, Front::Terminate, &[]).await;
    let mut browser = secure(&proxy).await;
    for _ in 0..2 {
        let request = ask("/x")
            .header("x-forwarded-for", "6.6.6.6")
            .header("x-forwarded-proto", "gopher")
            .header("forwarded", "for=6.6.6.6")
            .header("connection", "keep-alive, x-secret")
            .header("x-secret", "for the proxy alone")
            .body(Body::empty())
            .unwrap();
        let (status, _, mut seen) = answer(&mut browser, request).await;
        assert_eq!(status, 200);
        let mut sorted: Vec<_> = seen.lines().collect();
        sorted.sort_unstable();
        seen = sorted.join("\n");
        assert_eq!(
            seen,
            "host: shop.test\nx-forwarded-for: 127.0.0.1\nx-forwarded-host: shop.test\nx-forwarded-port: 443\nx-forwarded-proto: https"
        );
    }
    let lines = lines(&proxy);
    assert_eq!(lines.len(), 1, "one connection carries both: {lines:?}");
    assert_eq!(
        (&lines[0]["asked"], &lines[0]["requests"]),
        (&TLS.into(), &2.into())
    );
}

#[tokio::test]
async fn plain_http_of_the_public_host_says_so_to_the_node() {
    let node = serve(Router::new().fallback(headers)).await;
    let proxy = proxy(node, Front::Terminate, &[]).await;
    let (mut browser, connection) = handshake(TokioIo::new(dial(&proxy).await)).await.unwrap();
    tokio::spawn(connection);
    let request = ask("http://shop.test/x").header("proxy-connection", "keep-alive");
    let (_, _, seen) = answer(&mut browser, request.body(Body::empty()).unwrap()).await;
    assert!(seen.contains("x-forwarded-proto: http\n"), "{seen}");
    assert!(seen.contains("x-forwarded-port: 80\n"), "{seen}");
    assert!(!seen.contains("proxy-connection"), "{seen}");
    for elsewhere in ["http://other.test/", "http://shop.test:443/"] {
        let (status, why, _) =
            answer(&mut browser, ask(elsewhere).body(Body::empty()).unwrap()).await;
        assert_eq!(status, 403, "{elsewhere}");
        assert!(why.contains("leads nowhere in this test"), "{why}");
    }
    let (status, ..) = answer(&mut browser, ask("/").body(Body::empty()).unwrap()).await;
    assert_eq!(status, 400, "it is no server of its own");
}

#[tokio::test]
async fn bodies_pass_as_they_come_however_large_they_are() {
    let (first, rest) = mpsc::channel::<Result<Bytes, std::io::Error>>(1);
    let rest = Arc::new(Mutex::new(Some(ReceiverStream::new(rest))));
    let slow = move || {
        let rest = rest.lock().unwrap().take().unwrap();
        async { Body::from_stream(rest) }
    };
    let routes = Router::new()
        .route("/echo", post(async |body: Body| body))
        .route("/slow", get(slow));
    let proxy = proxy(serve(routes).await, Front::Terminate, &[]).await;
    let mut browser = secure(&proxy).await;

    let large = "0123456789abcdef".repeat(1 << 19);
    let request = ask("/echo")
        .method("POST")
        .body(Body::from(large.clone()))
        .unwrap();
    let (_, _, back) = answer(&mut browser, request).await;
    assert!(back == large, "8 MiB there and back");
    let chunks = futures::stream::iter(["in ", "pieces"].map(Ok::<_, std::io::Error>));
    let request = ask("/echo")
        .method("POST")
        .body(Body::from_stream(chunks))
        .unwrap();
    assert_eq!(answer(&mut browser, request).await.2, "in pieces");

    first.send(Ok("first".into())).await.unwrap();
    browser.ready().await.unwrap();
    let request = ask("/slow").body(Body::empty()).unwrap();
    let response = browser.send_request(request).await.unwrap();
    let mut body = Body::new(response.into_body()).into_data_stream();
    let chunk = futures::StreamExt::next(&mut body).await.unwrap().unwrap();
    assert_eq!(chunk, "first", "it is here before the node has more");
    drop(first);
    assert!(futures::StreamExt::next(&mut body).await.is_none());
}

#[tokio::test]
async fn an_upgrade_passes_with_all_that_follows() {
    let node = raw(async |mut stream: TcpStream| {
        let asked = head(&mut stream).await;
        assert!(asked.contains("upgrade: websocket"), "{asked}");
        assert!(asked.contains("connection: upgrade"), "{asked}");
        assert!(asked.contains("x-forwarded-proto: https"), "{asked}");
        let yes = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n";
        stream.write_all(yes.as_bytes()).await.unwrap();
        let (mut reader, mut writer) = stream.split();
        tokio::io::copy(&mut reader, &mut writer).await.unwrap();
    })
    .await;
    let proxy = proxy(node, Front::Terminate, &[]).await;
    let stream = tunnel(&proxy, TLS).await.unwrap();
    let mut stream = trusting(proxy.pin().unwrap(), stream).await.unwrap();
    let ask =
        "GET /ws HTTP/1.1\r\nHost: shop.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    stream.write_all(ask.as_bytes()).await.unwrap();
    let said = head(&mut stream).await.to_lowercase();
    assert!(said.starts_with("http/1.1 101"), "{said}");
    for header in [
        "upgrade: websocket",
        "connection: upgrade",
        "sec-websocket-accept: x",
    ] {
        assert!(said.contains(header), "{said}");
    }
    for word in ["ping", "pong"] {
        stream.write_all(word.as_bytes()).await.unwrap();
        let mut back = [0; 4];
        stream.read_exact(&mut back).await.unwrap();
        assert_eq!(&back, word.as_bytes());
        assert_eq!(proxy.log().answered(), [node].into());
    }
}

#[tokio::test]
async fn what_may_not_be_sent_twice_is_sent_once_whenever_the_node_hangs_up() {
    let (tell, mut told) = mpsc::unbounded_channel();
    // answers one request on each connection, promises more, and goes
    let node = raw(move |mut stream: TcpStream| {
        let tell = tell.clone();
        async move {
            let asked = head(&mut stream).await;
            if asked.is_empty() {
                return;
            }
            tell.send(asked.lines().next().unwrap().to_owned()).unwrap();
            let yes = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
            stream.write_all(yes.as_bytes()).await.unwrap();
        }
    })
    .await;
    let proxy = proxy(node, Front::Terminate, &[]).await;
    let mut browser = secure(&proxy).await;
    for round in 0..20 {
        for method in ["GET", "POST", "DELETE"] {
            let request = ask("/").method(method).body(Body::empty()).unwrap();
            let (status, _, body) = answer(&mut browser, request).await;
            assert_eq!((status, body.as_str()), (200, "ok"), "{method} {round}");
            let asked = told.recv().await.unwrap();
            assert_eq!(asked, format!("{method} / HTTP/1.1"));
        }
    }
    assert!(told.try_recv().is_err(), "nothing came twice");
}

#[tokio::test]
async fn a_node_that_is_gone_or_hangs_up_is_told_in_words() {
    let gone = nobody().await;
    let direct = proxy(gone, Front::Direct, &[]).await;
    let said = tunnel(&direct, TLS).await.unwrap_err();
    let words = format!("the node at {gone} could not be reached: Connection refused");
    assert!(
        said.starts_with("HTTP/1.1 502") && said.contains(&words),
        "{said}"
    );
    assert!(direct.log().failure(TLS).unwrap().contains(&words));

    let fronted = proxy(gone, Front::Terminate, &[]).await;
    let mut browser = secure(&fronted).await;
    let (status, why, _) = answer(&mut browser, ask("/").body(Body::empty()).unwrap()).await;
    assert_eq!(status, 502);
    assert!(why.contains(&words), "{why}");
    assert_eq!(fronted.log().answered(), [].into());

    let mute = raw(async |mut stream: TcpStream| drop(head(&mut stream).await)).await;
    let fronted = proxy(mute, Front::Terminate, &[]).await;
    let mut browser = secure(&fronted).await;
    let (status, why, _) = answer(&mut browser, ask("/").body(Body::empty()).unwrap()).await;
    assert_eq!(status, 502);
    assert!(
        why.contains(&format!("the node at {mute} gave no answer")),
        "{why}"
    );

    let short = raw(async |mut stream: TcpStream| {
        head(&mut stream).await;
        let less = "HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nless";
        stream.write_all(less.as_bytes()).await.unwrap();
    })
    .await;
    let fronted = proxy(short, Front::Terminate, &[]).await;
    let mut browser = secure(&fronted).await;
    let response = browser
        .send_request(ask("/").body(Body::empty()).unwrap())
        .await
        .unwrap();
    let body = to_bytes(Body::new(response.into_body()), usize::MAX).await;
    assert!(body.is_err(), "a body that breaks off is no whole body");
}

#[tokio::test]
async fn a_node_cannot_speak_in_the_proxys_name() {
    let node = serve(Router::new().fallback(any(async || {
        (StatusCode::FORBIDDEN, [(WHY, "trust me")], "no")
    })))
    .await;
    let proxy = proxy(node, Front::Terminate, &[]).await;
    let mut browser = secure(&proxy).await;
    let (status, why, body) = answer(&mut browser, ask("/").body(Body::empty()).unwrap()).await;
    assert_eq!((status, why.as_str(), body.as_str()), (403, "", "no"));
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let proxy = proxy(nobody().await, Front::Terminate, &[]).await;
    let mut browser = secure(&proxy).await;
    let request = ask("/").header("x-long", "x".repeat(80 * 1024));
    let (status, ..) = answer(&mut browser, request.body(Body::empty()).unwrap()).await;
    assert_eq!(status, 431);
}
