//! The system user it runs as: ourselves, or as root somebody without rights.

use super::PrivateError;
use crate::config::setting::SECRETS_KEY;
use std::{
    fs, io,
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::Path,
    process::Command,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Who we are.
    pub own_name: String,
    /// Who it is.
    pub name: String,
    uid: u32,
    gid: u32,
    /// We are root and it is not.
    switches: bool,
}

impl Account {
    /// The owner of `data`, if that exists: files of one user are no use to another.
    pub fn choose(data: &Path) -> Result<Self, PrivateError> {
        let own = rustix::process::geteuid().as_raw();
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let own_name = match user(&users, |user| user.uid == own) {
            Some(user) => user.name,
            None => own_name()?,
        };
        if own != 0 {
            return Ok(Self {
                name: own_name.clone(),
                own_name,
                uid: own,
                gid: rustix::process::getegid().as_raw(),
                switches: false,
            });
        }
        let owner = fs::metadata(data).ok().map(|data| data.uid());
        let chosen = owner
            .and_then(|uid| user(&users, |user| user.uid == uid))
            .or_else(|| user(&users, |user| user.name == "postgres"))
            .or_else(|| user(&users, |user| user.name == "nobody"))
            .filter(|user| user.uid != 0)
            .ok_or(PrivateError::NoAccount)?;
        Ok(Self {
            own_name,
            name: chosen.name,
            uid: chosen.uid,
            gid: chosen.gid,
            switches: true,
        })
    }

    /// `program` run as this user.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        // that user may read what its processes were started with
        command.env_remove(SECRETS_KEY);
        if self.switches {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Makes a folder that only this user enters; one that exists must be this user's own.
    pub fn private_folder(&self, folder: &Path) -> Result<(), PrivateError> {
        let file = |source| PrivateError::File {
            path: folder.to_owned(),
            source,
        };
        match fs::create_dir(folder) {
            Ok(()) => {
                if self.switches {
                    std::os::unix::fs::chown(folder, Some(self.uid), Some(self.gid))
                        .map_err(file)?;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // not through a link: in a folder that others may write, it could lead anywhere
                let found = fs::symlink_metadata(folder).map_err(file)?;
                if !found.is_dir() || found.uid() != self.uid {
                    return Err(file(io::Error::new(
                        io::ErrorKind::PermissionDenied,
                        format!("it is not a folder of the user `{}`", self.name),
                    )));
                }
            }
            Err(error) => return Err(file(error)),
        }
        super::cluster::set_mode(folder, 0o700)
    }

    /// Whether this user can reach what lies in `folder`, which needs the right to enter it and all above it.
    pub fn can_enter(&self, folder: &Path) -> Result<(), PrivateError> {
        if !self.switches {
            return Ok(());
        }
        for folder in folder.ancestors() {
            let found = fs::metadata(folder).map_err(|source| PrivateError::File {
                path: folder.to_owned(),
                source,
            })?;
            let needed = match (found.uid() == self.uid, found.gid() == self.gid) {
                (true, _) => 0o100,
                (false, true) => 0o010,
                (false, false) => 0o001,
            };
            if found.mode() & needed == 0 {
                return Err(PrivateError::Closed {
                    folder: folder.to_owned(),
                    user: self.name.clone(),
                });
            }
        }
        Ok(())
    }
}

struct User {
    name: String,
    uid: u32,
    gid: u32,
}

fn user(passwd: &str, fits: impl Fn(&User) -> bool) -> Option<User> {
    passwd
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?.to_owned();
            let uid = fields.nth(1)?.parse().ok()?;
            let gid = fields.next()?.parse().ok()?;
            Some(User { name, uid, gid })
        })
        .find(fits)
}

/// From wherever the system keeps its users.
fn own_name() -> Result<String, PrivateError> {
    let output = Command::new("id").arg("-un").output();
    match output {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        }
        _ => Err(PrivateError::NoAccount),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_name_and_number() {
        let passwd =
            "root:x:0:0:root:/root:/bin/sh\nbroken\npostgres:x:101:104::/var/lib:/bin/sh\n";
        let found = user(passwd, |user| user.name == "postgres").unwrap();
        assert_eq!((found.uid, found.gid), (101, 104));
        assert_eq!(user(passwd, |user| user.uid == 0).unwrap().name, "root");
        assert!(user(passwd, |user| user.name == "broken").is_none());
    }
}
