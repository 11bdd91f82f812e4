//! A worker's address as httpd spells it.

use url::Url;

/// Scheme and host in lower case, default port and bare root slash dropped; a path keeps its case and its slash.
/// An address without a scheme is taken for http. What is no address at all comes back as it is.
pub fn normalise(address: &str) -> String {
    let address = address.trim();
    if address.starts_with("unix:") {
        return address.to_owned();
    }
    let whole = if address.contains("://") {
        address.to_owned()
    } else {
        format!("http://{address}")
    };
    let Ok(url) = Url::parse(&whole) else {
        return address.to_owned();
    };
    let Some(host) = url.host_str() else {
        return address.to_owned();
    };
    // `url` knows the default ports of the web's schemes, not AJP's.
    let port = url
        .port()
        .filter(|&port| (url.scheme(), port) != ("ajp", 8009));
    let mut text = format!("{}://{}", url.scheme(), host.to_ascii_lowercase());
    if let Some(port) = port {
        text += &format!(":{port}");
    }
    if url.path() != "/" {
        text += url.path();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_worker_has_one_spelling() {
        let cases = [
            ("http://10.0.0.11:9000", "http://10.0.0.11:9000"),
            ("http://10.0.0.11:9000/", "http://10.0.0.11:9000"),
            ("10.0.0.11:9000", "http://10.0.0.11:9000"),
            (" HTTP://Red.Example.TEST:80/ ", "http://red.example.test"),
            ("https://red:443/App/", "https://red/App/"),
            ("https://red:80", "https://red:80"),
            ("ajp://Red:8009", "ajp://red"),
            ("ajp://red:8010", "ajp://red:8010"),
            ("http://[::1]:9000", "http://[::1]:9000"),
            ("unix:/run/a.sock|http://red", "unix:/run/a.sock|http://red"),
        ];
        for (given, expected) in cases {
            assert_eq!(normalise(given), expected, "{given}");
            assert_eq!(normalise(expected), expected, "{expected} twice");
        }
    }
}
