//! Files for `pitlane apply`: pool, suite, secrets.

use super::folder;
use std::{fmt::Write as _, net::SocketAddr, path::Path};

/// One node as the pool sees it.
pub struct NodeFacts<'a> {
    pub name: &'a str,
    pub ssh: String,
    pub host_key: &'a str,
    pub app: SocketAddr,
    pub deploy_root: &'a Path,
}

/// Writes `lab.toml`, `suite.toml` and `secrets.toml` into `dir`.
pub fn write(
    dir: &Path,
    manager_url: &str,
    visitors_url: Option<&str>,
    nodes: &[NodeFacts],
    shop_password: &str,
) -> anyhow::Result<()> {
    std::fs::write(dir.join("lab.toml"), pool(manager_url, visitors_url, nodes))?;
    std::fs::write(dir.join("suite.toml"), SUITE)?;
    folder::write_private(
        &dir.join("secrets.toml"),
        &format!("shop_password = {}\n", quoted(shop_password)),
    )
}

fn pool(manager_url: &str, visitors_url: Option<&str>, nodes: &[NodeFacts]) -> String {
    let mut text = format!(
        r#"[[environment]]
name = "production"

[[application]]
name = "shop"
[application.recipe]
kind = "artefact"
shared = ["log", ".env"]
restart = "bin/svc restart"
output = "bin/svc output"
keep = 5
command_limit = "60 s"
prepare_at_once = 4

[[balancer]]
name = "front"
product = "apache"
manager_url = {}
balancer = "web"

[[pool]]
environment = "production"
application = "shop"
balancers = ["front"]
batch = 1
floor = 2
drain_limit = "60 s"
at_drain_limit = "put-back"
isolation_limit = "10 min"
suite = "suite.toml"
"#,
        quoted(manager_url)
    );
    let mut line = |words: String| {
        writeln!(text, "{words}").expect("writing to a string does not fail");
    };
    if let Some(url) = visitors_url {
        line(format!("visitors_url = {}", quoted(url)));
    }
    line(PROBE.to_owned());
    for node in nodes {
        line(format!("[[pool.node]]\nname = {}", quoted(node.name)));
        line(format!("group = {}", quoted(node.name)));
        line(format!("ssh = {}", quoted(&node.ssh)));
        line(format!("host_key = {}", quoted(node.host_key)));
        line(format!("app = {}", quoted(&format!("http://{}", node.app))));
        let root = node.deploy_root.to_string_lossy();
        line(format!("deploy_root = {}\n", quoted(&root)));
    }
    text
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

const PROBE: &str = r#"[pool.probe]
path = "/health"
status = 200
good = 3
interval = "100 ms"
limit = "20 s"
fingerprint = { header = "x-release" }
"#;

/// What a person must be able to do on every node.
const SUITE: &str = r#"public_url = "http://shop.example.test"

[[flow]]
name = "sign-in"
title = "Sign in"
writes = "none"
step_limit = "10 s"
steps = [
  { open = "/" },
  { click = "Sign in" },
  { fill = "Name", with = "ann" },
  { fill = "Password", secret = "shop_password" },
  { click = "Sign in" },
  { expect = { text = "Welcome" } },
  { expect = { url = "/products" } },
  { expect = { status = 200 } },
]

[[flow]]
name = "place-order"
title = "Place an order"
writes = "marked"
step_limit = "10 s"
steps = [
  { open = "/" },
  { click = "Sign in" },
  { fill = "Name", with = "ann" },
  { fill = "Password", secret = "shop_password" },
  { click = "Sign in" },
  { expect = { text = "Welcome" } },
  { open = "/orders/new" },
  { choose = "Product", option = "Blue mug" },
  { fill = "Note", with = "smoke {run}" },
  { click = "Place order" },
  { expect = { text = "Thank you" } },
  { expect = { status = 200 } },
]
"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_are_toml_with_all_nodes() {
        let node = NodeFacts {
            name: "red",
            ssh: "ann@127.0.0.11:2201".to_owned(),
            host_key: "ssh-ed25519 AAAA",
            app: "127.0.0.11:9000".parse().unwrap(),
            deploy_root: Path::new("/a \"quoted\" path"),
        };
        let text = pool(
            "http://127.0.0.1:1/m",
            Some("http://127.0.0.1:2/report"),
            &[node],
        );
        let pool: toml::Table = toml::from_str(&text).unwrap();
        let node = &pool["pool"][0]["node"][0];
        assert_eq!(node["deploy_root"].as_str(), Some("/a \"quoted\" path"));
        assert_eq!(pool["pool"][0]["probe"]["good"].as_integer(), Some(3));
        let suite: toml::Table = toml::from_str(SUITE).unwrap();
        assert_eq!(suite["flow"].as_array().unwrap().len(), 2);
    }
}
