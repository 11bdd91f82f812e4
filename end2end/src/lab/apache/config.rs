//! The configuration file as text.

use std::{fmt::Write as _, path::Path};

/// What kind of Apache a lab wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApacheOptions {
    /// The first gets all that no other claims; further ones get `/NAME/`. All are on one manager page.
    pub balancers: Vec<LabBalancer>,
    /// `None`: a free one.
    pub port: Option<u16>,
    /// `BalancerPersist On`: flags outlive a reload.
    pub persist: bool,
    /// A cookie ties a visitor to a worker.
    pub sticky: bool,
    /// Fault: `nonce=None`, which makes every balancer read-only.
    pub nonce_none: bool,
    /// Fault: the manager's page is not excluded, so the application answers in its place.
    pub manager_proxied: bool,
    /// Some other name than the address dialled is the only one the manager takes as `Referer`.
    pub canonical_name: Option<String>,
    /// Visitors of a worker that is out get 503 instead of another worker.
    pub no_failover: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabBalancer {
    /// Without `balancer://`.
    pub name: String,
    pub workers: Vec<LabWorker>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabWorker {
    /// Its route in the session cookie.
    pub name: String,
    /// `http://127.0.0.11:9000`.
    pub url: String,
    /// Serves only when no other can.
    pub hot_standby: bool,
}

impl LabWorker {
    pub fn new(name: impl Into<String>, url: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            url: url.into(),
            hot_standby: false,
        }
    }
}

impl ApacheOptions {
    /// One balancer `web` as a careful team has it: flags persist, no stickiness.
    pub fn new(workers: impl IntoIterator<Item = LabWorker>) -> Self {
        Self {
            balancers: vec![LabBalancer {
                name: "web".to_owned(),
                workers: workers.into_iter().collect(),
            }],
            port: None,
            persist: true,
            sticky: false,
            nonce_none: false,
            manager_proxied: false,
            canonical_name: None,
            no_failover: false,
        }
    }
}

/// Built into Debian's httpd and a fatal error to load there: so, log_config, unixd, version, watchdog.
const MODULES: [&str; 9] = [
    "mpm_event",
    "authz_core",
    "authz_host",
    "headers",
    "proxy",
    "proxy_http",
    "proxy_balancer",
    "slotmem_shm",
    "lbmethod_byrequests",
];

/// Processes that answer, and the requests each answers at once.
pub(super) const CHILDREN: usize = 2;
pub(super) const THREADS: usize = 32;

pub(super) fn render(dir: &Path, modules: &Path, port: u16, options: &ApacheOptions) -> String {
    let mut text = String::new();
    let mut line = |words: String| {
        writeln!(text, "{words}").expect("writing to a string does not fail");
    };
    let dir = dir.display();
    line(format!("ServerRoot \"{dir}\""));
    line(format!("DefaultRuntimeDir \"{dir}/run\""));
    line(format!("PidFile \"{dir}/run/httpd.pid\""));
    line(format!("ErrorLog \"{dir}/error.log\""));
    // who told the balancer what, and when
    line(format!(
        "CustomLog \"{dir}/orders.log\" \"%{{msec}}t %m %s\" \"expr=%{{REQUEST_URI}} =~ m#^/balancer-manager# && %{{REQUEST_METHOD}} == 'POST'\""
    ));
    line(format!("Listen 127.0.0.1:{port}"));
    for module in MODULES {
        line(format!(
            "LoadModule {module}_module \"{}/mod_{module}.so\"",
            modules.display()
        ));
    }
    line("<IfDefine ROOT>\n  User nobody\n  Group nogroup\n</IfDefine>".to_owned());
    // as many children as at the start, unless most threads have work: none is just starting when a reload comes;
    // and room for those that still answer for an older configuration
    line(format!(
        "StartServers {CHILDREN}\nMinSpareThreads {THREADS}\nThreadsPerChild {THREADS}\nMaxRequestWorkers 128\nServerLimit 8"
    ));
    match &options.canonical_name {
        Some(name) => line(format!("ServerName {name}\nUseCanonicalName On")),
        None => line(format!("ServerName 127.0.0.1:{port}")),
    }
    line(format!("BalancerPersist {}", on_off(options.persist)));
    line("ProxyPreserveHost On".to_owned());
    for balancer in &options.balancers {
        line(format!("<Proxy \"balancer://{}\">", balancer.name));
        for worker in &balancer.workers {
            // A standby with a route would keep its visitors after the nodes are back.
            let extra = match (worker.hot_standby, options.sticky) {
                (true, _) => " status=+H".to_owned(),
                (false, true) => format!(" route={}", worker.name),
                (false, false) => String::new(),
            };
            line(format!("  BalancerMember \"{}\"{extra}", worker.url));
        }
        if options.sticky {
            line("  ProxySet stickysession=ROUTEID".to_owned());
        }
        if options.nonce_none {
            line("  ProxySet nonce=None".to_owned());
        }
        if options.no_failover {
            line("  ProxySet nofailover=On".to_owned());
        }
        line("</Proxy>".to_owned());
    }
    if options.sticky {
        line(
            "Header add Set-Cookie \"ROUTEID=.%{BALANCER_WORKER_ROUTE}e; path=/\" env=BALANCER_ROUTE_CHANGED"
                .to_owned(),
        );
    }
    line("<Location \"/balancer-manager\">".to_owned());
    line("  SetHandler balancer-manager\n  Require ip 127.0.0.0/8\n</Location>".to_owned());
    if !options.manager_proxied {
        line("ProxyPass \"/balancer-manager\" \"!\"".to_owned());
    }
    for balancer in options.balancers.iter().skip(1) {
        let name = &balancer.name;
        line(format!("ProxyPass \"/{name}/\" \"balancer://{name}/\""));
    }
    if let Some(first) = options.balancers.first() {
        line(format!("ProxyPass \"/\" \"balancer://{}/\"", first.name));
    }
    text
}

fn on_off(on: bool) -> &'static str {
    if on { "On" } else { "Off" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manager_is_excluded_before_the_catch_all() {
        let text = render(
            Path::new("/lab"),
            Path::new("/modules"),
            8080,
            &ApacheOptions::new([LabWorker::new("red", "http://127.0.0.11:9000")]),
        );
        let excluded = text.find("ProxyPass \"/balancer-manager\" \"!\"").unwrap();
        let catch_all = text.find("ProxyPass \"/\" ").unwrap();
        assert!(excluded < catch_all, "{text}");
    }
}
