//! What only the manager's HTML page says: whether changes outlive a reload, and, before 2.4.68, the nonces.

use url::form_urlencoded;

/// Told apart from an application's page by its title, which no httpd since 2.2 has changed.
pub fn is_manager(html: &str) -> bool {
    html.contains("<title>Balancer Manager</title>")
}

/// Whether flags outlive a reload (`BalancerPersist`); `None` when the page does not say.
pub fn persists(html: &str) -> Option<bool> {
    if html.contains("changes will NOT be persisted") {
        Some(false)
    } else if html.contains("changes will be persisted") {
        Some(true)
    } else {
        None
    }
}

/// The nonce of `balancer` from the link in its heading; `None`: no such link or an empty nonce.
pub fn nonce(html: &str, balancer: &str) -> Option<String> {
    html.split("href=\"").skip(1).find_map(|rest| {
        let link = rest.split('"').next()?.replace("&amp;", "&");
        let (_, query) = link.split_once('?')?;
        let mut name = None;
        let mut nonce = None;
        let mut of_worker = false;
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            match key.as_ref() {
                "b" => name = Some(value.into_owned()),
                "nonce" => nonce = Some(value.into_owned()),
                "w" => of_worker = true,
                _ => {}
            }
        }
        let ours = !of_worker && name.as_deref() == Some(balancer);
        nonce.filter(|nonce| ours && !nonce.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<html><head><title>Balancer Manager</title></head><body>
<dt>Balancer changes will NOT be persisted on restart.</dt>
<h3>LoadBalancer Status for <a href="/balancer-manager?b=web&amp;nonce=93536d78-aa">balancer://web</a></h3>
<td><a href="/balancer-manager?b=web&amp;w=http://10.0.0.11:9000&amp;nonce=93536d78-aa">http://10.0.0.11:9000</a></td>
<h3><a href="/balancer-manager?b=readonly&amp;nonce=">balancer://readonly</a></h3>"#;

    #[test]
    fn each_balancer_has_its_own_nonce() {
        let cases = [
            ("web", Some("93536d78-aa")),
            ("readonly", None),
            ("absent", None),
        ];
        for (balancer, expected) in cases {
            assert_eq!(nonce(PAGE, balancer).as_deref(), expected, "{balancer}");
        }
    }

    #[test]
    fn the_page_says_whether_changes_persist() {
        assert!(is_manager(PAGE) && !is_manager("<title>shop</title>"));
        assert_eq!(persists(PAGE), Some(false));
        assert_eq!(persists(&PAGE.replace("NOT be", "be")), Some(true));
        assert_eq!(persists("<html>"), None);
    }
}
