use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// One thing a machine must have.
pub struct Need {
    /// In plain words.
    pub what: &'static str,
    pub used_for: &'static str,
    /// Where Debian keeps it.
    pub packages: &'static [&'static str],
    found: fn(&Machine) -> bool,
}

impl Need {
    pub fn is_met(&self, machine: &Machine) -> bool {
        (self.found)(machine)
    }
}

pub const NEEDS: &[Need] = &[
    Need {
        what: "Apache 2.4 with its proxy modules",
        used_for: "the lab's load balancer",
        packages: &["apache2-bin"],
        found: |machine| {
            machine.program("apache2").is_some()
                && ["proxy_balancer", "proxy_http", "lbmethod_byrequests"]
                    .iter()
                    .all(|module| machine.has(&format!("usr/lib/apache2/modules/mod_{module}.so")))
        },
    },
    Need {
        what: "the OpenSSH server",
        used_for: "the door to the lab's nodes",
        packages: &["openssh-server"],
        found: |machine| machine.program("sshd").is_some(),
    },
    Need {
        what: "the OpenSSH client",
        used_for: "commands on nodes",
        packages: &["openssh-client"],
        found: |machine| {
            machine.program("ssh").is_some() && machine.program("ssh-keygen").is_some()
        },
    },
    Need {
        what: "Chromium",
        used_for: "smoke tests and browser journeys",
        packages: &["chromium"],
        found: |machine| machine.program("chromium").is_some(),
    },
    Need {
        what: "chromedriver",
        used_for: "steering Chromium",
        packages: &["chromium-driver"],
        found: |machine| machine.program("chromedriver").is_some(),
    },
    Need {
        what: "the PostgreSQL server",
        used_for: "the dashboard's and the shop's data",
        packages: &["postgresql"],
        found: |machine| machine.postgres().is_some(),
    },
    Need {
        what: "a font",
        used_for: "pictures without boxes instead of letters",
        packages: &["fonts-dejavu-core", "fonts-liberation"],
        found: |machine| machine.has_font(),
    },
];

/// What only tests and figures need.
pub const TEST_NEEDS: &[Need] = &[
    Need {
        what: "Node with npm",
        used_for: "fetching the tests' Grid, and running Playwright to be held against",
        packages: &["nodejs", "npm"],
        found: |machine| machine.program("node").is_some() && machine.program("npm").is_some(),
    },
    Need {
        what: "Firefox",
        used_for: "smoke tests in the other browser",
        packages: &["firefox-esr"],
        found: |machine| machine.program("firefox-esr").is_some(),
    },
    Need {
        what: "Java 17 or later",
        used_for: "the Selenium Grid of the tests",
        packages: &["default-jre-headless"],
        found: |machine| machine.program("java").is_some(),
    },
];

/// Where programs and files are looked for.
pub struct Machine {
    root: PathBuf,
    path: Vec<PathBuf>,
}

impl Machine {
    pub fn this() -> Self {
        let path = env::var_os("PATH").unwrap_or_default();
        let mut path: Vec<_> = env::split_paths(&path).collect();
        // an ordinary user's PATH leaves out where daemons lie
        path.extend(["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from));
        Self {
            root: PathBuf::from("/"),
            path,
        }
    }

    pub fn lacks(&self) -> Vec<&'static Need> {
        self.lacks_of(NEEDS)
    }

    pub fn lacks_for_tests(&self) -> Vec<&'static Need> {
        let mut lacks = self.lacks();
        lacks.extend(self.lacks_of(TEST_NEEDS));
        lacks
    }

    fn lacks_of(&self, needs: &'static [Need]) -> Vec<&'static Need> {
        needs.iter().filter(|need| !need.is_met(self)).collect()
    }

    pub fn program(&self, name: &str) -> Option<PathBuf> {
        self.path
            .iter()
            .map(|folder| folder.join(name))
            .find(|file| file.is_file())
    }

    /// The folder with the newest server's programs.
    pub fn postgres(&self) -> Option<PathBuf> {
        let complete = |folder: &PathBuf| {
            ["initdb", "postgres", "psql"]
                .iter()
                .all(|name| folder.join(name).is_file())
        };
        let mut debian = self.numbered("usr/lib/postgresql", "");
        debian.retain(|(_, folder)| complete(&folder.join("bin")));
        debian
            .into_iter()
            .max()
            .map(|(_, folder)| folder.join("bin"))
            .or_else(|| self.path.iter().find(|folder| complete(folder)).cloned())
    }

    pub fn newest_lld(&self) -> Option<PathBuf> {
        let mut debian = self.numbered("usr/lib", "llvm-");
        debian.retain(|(_, folder)| folder.join("bin/lld").is_file());
        debian
            .into_iter()
            .max()
            .map(|(_, folder)| folder.join("bin/lld"))
            .or_else(|| self.program("lld"))
    }

    /// Folders called `<prefix><number>`, with their number.
    fn numbered(&self, below: &str, prefix: &str) -> Vec<(u32, PathBuf)> {
        fs::read_dir(self.root.join(below))
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name();
                let number = name.to_str()?.strip_prefix(prefix)?.parse().ok()?;
                Some((number, entry.path()))
            })
            .collect()
    }

    fn has(&self, file: &str) -> bool {
        self.root.join(file).exists()
    }

    fn has_font(&self) -> bool {
        ["usr/share/fonts", "usr/local/share/fonts"]
            .iter()
            .any(|folder| holds_font(&self.root.join(folder), 4))
    }
}

fn holds_font(folder: &Path, depth: u32) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).any(|path| {
        if path.is_dir() {
            depth > 0 && holds_font(&path, depth - 1)
        } else {
            path.extension()
                .is_some_and(|kind| kind == "ttf" || kind == "otf" || kind == "ttc")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine_with(files: &[&str]) -> (tempfile::TempDir, Machine) {
        let folder = tempfile::tempdir().unwrap();
        for file in files {
            let path = folder.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let root = folder.path().to_owned();
        let path = vec![root.join("usr/bin"), root.join("usr/sbin")];
        (folder, Machine { root, path })
    }

    #[test]
    fn an_empty_machine_lacks_everything() {
        let (_folder, machine) = machine_with(&[]);
        assert_eq!(machine.lacks().len(), NEEDS.len());
        let all = NEEDS.len() + TEST_NEEDS.len();
        assert_eq!(machine.lacks_for_tests().len(), all);
    }

    #[test]
    fn apache_without_its_proxy_modules_is_not_enough() {
        let (_folder, machine) = machine_with(&["usr/sbin/apache2"]);
        assert!(
            machine
                .lacks()
                .iter()
                .any(|need| need.what.contains("Apache"))
        );
    }

    #[test]
    fn the_newest_complete_postgresql_is_taken() {
        let (folder, machine) = machine_with(&[
            "usr/lib/postgresql/9/bin/initdb",
            "usr/lib/postgresql/9/bin/postgres",
            "usr/lib/postgresql/9/bin/psql",
            "usr/lib/postgresql/15/bin/initdb",
            "usr/lib/postgresql/15/bin/postgres",
            "usr/lib/postgresql/15/bin/psql",
            "usr/lib/postgresql/17/bin/psql",
        ]);
        assert_eq!(
            machine.postgres(),
            Some(folder.path().join("usr/lib/postgresql/15/bin"))
        );
    }

    #[test]
    fn a_font_deep_in_the_tree_counts() {
        let (_folder, machine) = machine_with(&["usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"]);
        assert!(!machine.lacks().iter().any(|need| need.what == "a font"));
    }
}
