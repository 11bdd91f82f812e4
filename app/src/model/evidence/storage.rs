//! What evidence takes up, how long it is kept, and what retention did last.

use crate::model::{live::words::thousands, time::Timestamp};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Amount {
    pub objects: u64,
    pub bytes: u64,
}

impl Amount {
    pub fn add(&mut self, bytes: u64) {
        self.objects += 1;
        self.bytes += bytes;
    }

    /// `1,204 objects, 81.3 MB`
    pub fn words(self) -> String {
        let noun = if self.objects == 1 {
            "object"
        } else {
            "objects"
        };
        format!(
            "{} {noun}, {}",
            thousands(self.objects),
            size_words(self.bytes)
        )
    }
}

/// As people say it, in thousands: `812 bytes`, `81.3 MB`.
pub fn size_words(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "only shown")]
    let mut size = bytes as f64;
    if bytes < 1_000 {
        return format!("{bytes} bytes");
    }
    for unit in ["kB", "MB", "GB"] {
        size /= 1_000.0;
        if size < 999.95 {
            return format!("{size:.1} {unit}");
        }
    }
    format!("{:.1} TB", size / 1_000.0)
}

/// What came of one look at everything that is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swept {
    pub at: Timestamp,
    /// Needed, or too young to say. Artefacts are among them.
    pub kept: Amount,
    /// Set aside by an earlier look, and not removed yet.
    pub aside: Amount,
    /// Set aside by this one.
    pub set_aside: Amount,
    /// For ever.
    pub removed: Amount,
    /// Named again while they were aside.
    pub brought_back: u64,
}

impl Swept {
    pub fn words(&self) -> String {
        let did = match (self.set_aside.objects, self.removed.objects) {
            (0, 0) => "nothing to remove".to_owned(),
            (_, 0) => format!("set aside {}", self.set_aside.words()),
            (0, _) => format!("removed {}", self.removed.words()),
            (_, _) => format!(
                "removed {}, and set aside {}",
                self.removed.words(),
                self.set_aside.words()
            ),
        };
        let back = match self.brought_back {
            0 => String::new(),
            n => format!(", brought back {}", thousands(n)),
        };
        did + &back
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Storage {
    /// A folder of the server, or `s3://bucket/prefix`.
    pub place: String,
    pub keep_days: u32,
    pub keep_deployments: u32,
    /// `None`: nobody has looked yet.
    pub last: Option<Swept>,
}

impl Storage {
    /// How long what is kept.
    pub fn rule(&self) -> String {
        format!(
            "Pictures and pages are kept for {} days and of the last {} deployments of each pool, and for as long as somebody needs them; journals are kept for ever.",
            self.keep_days, self.keep_deployments
        )
    }

    /// What it takes up, and what was removed last.
    pub fn standing(&self) -> String {
        match &self.last {
            None => format!("{}: nobody has counted yet.", self.place),
            Some(last) => {
                let mut all = last.kept;
                all.objects += last.aside.objects + last.set_aside.objects;
                all.bytes += last.aside.bytes + last.set_aside.bytes;
                format!(
                    "Looked through {}: {} held {} with the artefacts, {}.",
                    last.at.full(),
                    self.place,
                    all.words(),
                    last.words()
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_as_people_say_them() {
        for (bytes, words) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1_000, "1.0 kB"),
            (81_340_000, "81.3 MB"),
            (999_960_000, "1.0 GB"),
            (7_200_000_000_000, "7.2 TB"),
        ] {
            assert_eq!(size_words(bytes), words);
        }
    }

    #[test]
    fn a_look_says_what_it_did() {
        let mut swept = Swept {
            at: Timestamp(0),
            kept: Amount::default(),
            aside: Amount::default(),
            set_aside: Amount::default(),
            removed: Amount::default(),
            brought_back: 0,
        };
        assert_eq!(swept.words(), "nothing to remove");
        swept.removed.add(2_000);
        assert_eq!(swept.words(), "removed 1 object, 2.0 kB");
        swept.set_aside.add(10);
        swept.brought_back = 1;
        assert_eq!(
            swept.words(),
            "removed 1 object, 2.0 kB, and set aside 1 object, 10 bytes, brought back 1"
        );
    }
}
