use super::*;

#[tokio::test]
async fn a_tunnel_leads_to_the_node_and_every_other_name_nowhere() {
    let node = raw(async |mut stream: TcpStream| {
        let (mut reader, mut writer) = stream.split();
        tokio::io::copy(&mut reader, &mut writer).await.unwrap();
    })
    .await;
    let proxy = proxy(node, Front::Direct, &[("img.test", Leads::SameNode)]).await;
    assert_eq!(proxy.pin(), None);
    for asked in [TLS, "img.test:443"] {
        let mut stream = tunnel(&proxy, asked).await.unwrap();
        stream.write_all(b"anything at all").await.unwrap();
        let mut back = [0; 15];
        stream.read_exact(&mut back).await.unwrap();
        assert_eq!(&back, b"anything at all");
        assert_eq!(proxy.log().answered(), [node].into());
    }
    for asked in ["shop.test:80", "other.test:443", &node.to_string()] {
        let said = tunnel(&proxy, asked).await.unwrap_err();
        assert!(said.starts_with("HTTP/1.1 403"), "{said}");
        assert!(
            said.contains(&format!("{asked} leads nowhere in this test")),
            "{said}"
        );
    }
    assert_eq!(proxy.log().answered(), [].into());
    let lines = lines(&proxy);
    let went: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line["went"].as_str().unwrap(),
                line["received"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        went,
        [
            ("node", 15),
            ("node", 15),
            ("blocked", 0),
            ("blocked", 0),
            ("blocked", 0)
        ]
    );
    assert_eq!(lines[0]["address"], node.to_string());
    assert_eq!(lines[0]["sent"], 15);
}

#[tokio::test]
async fn real_addresses_are_looked_up_and_prove_nothing() {
    let node = nobody().await;
    let other = serve(Router::new().fallback(headers)).await;
    let proxy = proxy(node, Front::Terminate, &[("localhost", Leads::RealAddress)]).await;
    let (mut browser, connection) = handshake(TokioIo::new(dial(&proxy).await)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::builder()
        .uri(format!("http://localhost:{}/", other.port()))
        .header("host", "localhost");
    let (status, _, seen) = answer(&mut browser, request.body(Body::empty()).unwrap()).await;
    assert_eq!(
        (status, seen.as_str()),
        (200, "host: localhost\n"),
        "nothing is added"
    );
    tunnel(&proxy, &format!("localhost:{}", other.port()))
        .await
        .unwrap();
    assert_eq!(proxy.log().answered(), [].into());
    let lines = lines(&proxy);
    assert_eq!(lines.len(), 2);
    for line in lines {
        assert_eq!(line["went"], "real-address");
        assert_eq!(line["address"], other.to_string());
    }
}

#[tokio::test]
async fn nobody_else_is_served_and_nothing_outlives_the_session() {
    let node = raw(async |mut stream: TcpStream| drop(stream.read_u8().await)).await;
    let target = Target {
        node,
        ..target(PUBLIC, Front::Direct, &[])
    };
    let settings = ProxySettings {
        advertise: Some("pitlane.internal".into()),
        sources: vec!["10.0.0.0/8".parse().unwrap()],
        ..ProxySettings::default()
    };
    let for_others = SessionProxy::start(&target, &settings).await.unwrap();
    let (name, port) = for_others
        .address()
        .split_once(':')
        .map(|(n, p)| (n.to_owned(), p.to_owned()))
        .unwrap();
    assert_eq!(name, "pitlane.internal");
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}"))
        .await
        .unwrap();
    let _ = stream
        .write_all(b"CONNECT shop.test:443 HTTP/1.1\r\n\r\n")
        .await;
    assert_eq!(head(&mut stream).await, "");

    let ours = proxy(node, Front::Direct, &[]).await;
    let address = ours.address();
    let mut stream = tunnel(&ours, TLS).await.unwrap();
    drop(ours);
    assert!(stream.read_u8().await.is_err(), "it is cut");
    assert!(TcpStream::connect(address).await.is_err());
}
