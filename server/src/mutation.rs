//! Safety guards, each of which `cargo xtask mutate-guards` switches off to see that a test notices. Only builds with
//! the feature `mutate-guards` can; in all others a guard stands, and costs nothing.

/// What keeps an invariant of `docs/architecture.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// The journal refuses an epoch that is not the lease's (in SQL).
    SqlEpoch,
    /// One active deployment per pool (partial unique index).
    OneActive,
    /// The owner's own clock, before every effect.
    LocalDeadline,
    /// The wrapper on the node refuses orders of an older epoch.
    NodeEpoch,
    /// What a balancer was told is read back before it counts.
    ReadBack,
    /// A node that must be out is taken out again.
    Reassert,
    /// Enough others are usable before a node is taken out.
    Floor,
    /// A later batch waits until every earlier one rejoined.
    Order,
}

impl Guard {
    pub const ALL: [Self; 8] = [
        Self::SqlEpoch,
        Self::OneActive,
        Self::LocalDeadline,
        Self::NodeEpoch,
        Self::ReadBack,
        Self::Reassert,
        Self::Floor,
        Self::Order,
    ];

    /// As `PITLANE_GUARD_OFF` names it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::SqlEpoch => "sql-epoch",
            Self::OneActive => "one-active",
            Self::LocalDeadline => "local-deadline",
            Self::NodeEpoch => "node-epoch",
            Self::ReadBack => "read-back",
            Self::Reassert => "re-assert",
            Self::Floor => "floor",
            Self::Order => "order",
        }
    }
}

#[cfg(not(feature = "mutate-guards"))]
pub const fn stands(_: Guard) -> bool {
    true
}

#[cfg(feature = "mutate-guards")]
pub fn stands(guard: Guard) -> bool {
    use std::sync::OnceLock;
    static OFF: OnceLock<Option<String>> = OnceLock::new();
    OFF.get_or_init(|| std::env::var("PITLANE_GUARD_OFF").ok())
        .as_deref()
        != Some(guard.word())
}
