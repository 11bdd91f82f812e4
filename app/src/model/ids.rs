//! Identifiers that cannot be mixed up. All are UUID version 7, so they sort by age.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! typed_ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new identifier, younger than all before it.
            #[cfg(feature = "ssr")]
            pub fn generate() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

typed_ids! {
    EnvironmentId,
    ApplicationId,
    PoolId,
    NodeId,
    BalancerId,
    ReleaseId,
    /// One immutable text of a suite; every proof names the one that made it.
    SuiteRevisionId,
    DeploymentId,
    UserId,
    /// One effect of the engine. The node's wrapper never starts the same run twice.
    RunId,
    /// A suite tried outside of a deployment.
    RehearsalId,
}
