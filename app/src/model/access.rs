//! Who may do what: one function, asked by button, API and engine alike.

use super::ids::*;
use serde::{Deserialize, Serialize};

/// What somebody may do, each including the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Viewer,
    Deployer,
    Admin,
}

impl Role {
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Deployer, Self::Admin];

    pub fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Deployer => "deployer",
            Self::Admin => "admin",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|role| role.word() == text)
            .ok_or_else(|| format!("`{text}` is no role: viewer, deployer or admin"))
    }
}

/// Who acts, and from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// `None` for the owner of the local socket.
    pub user: Option<UserId>,
    pub name: String,
    pub role: Role,
    /// Address, `socket` or `token`.
    pub from: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    View,
    Deploy,
    Abort,
    /// From now on expect what a node or a balancer was found to be.
    Adopt,
    /// Set a balancer back to what is expected.
    Revert,
    RegisterRelease,
    /// Accept or reject a picture, say what of it is not compared.
    Review,
    /// Try a pool's suite on a node in service.
    Rehearse,
    Configure,
    /// Set and remove secrets; nobody can read one.
    ManageSecrets,
    ManageUsers,
}

/// On what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    Installation,
    Environment(EnvironmentId),
    Application(ApplicationId),
    Pool(PoolId),
}

/// Whether `actor` may; the error is the reason, in words.
pub fn can(actor: &Actor, verb: Verb, _subject: Subject) -> Result<(), String> {
    let needed = match verb {
        Verb::View => Role::Viewer,
        Verb::Deploy
        | Verb::Abort
        | Verb::Adopt
        | Verb::Revert
        | Verb::RegisterRelease
        | Verb::Review
        | Verb::Rehearse => Role::Deployer,
        Verb::Configure | Verb::ManageSecrets | Verb::ManageUsers => Role::Admin,
    };
    if actor.role >= needed {
        Ok(())
    } else {
        Err(format!(
            "this needs the role {}; {} is {}",
            needed.word(),
            actor.name,
            actor.role.word()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_includes_the_one_before() {
        let actor = |role| Actor {
            user: None,
            name: "ann".into(),
            role,
            from: "test".into(),
        };
        let may = |role, verb| can(&actor(role), verb, Subject::Installation).is_ok();
        assert!(may(Role::Viewer, Verb::View) && !may(Role::Viewer, Verb::Deploy));
        assert!(may(Role::Deployer, Verb::Deploy) && !may(Role::Deployer, Verb::Configure));
        assert!(!may(Role::Deployer, Verb::ManageSecrets) && may(Role::Admin, Verb::ManageSecrets));
        assert!(
            Role::ALL.iter().all(|&role| may(role, Verb::View))
                && may(Role::Admin, Verb::ManageUsers)
        );
    }
}
