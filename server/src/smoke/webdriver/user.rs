//! Whose process the browser is: it opens pages that may be broken or hostile, on the machine that holds SSH keys.

use crate::smoke::BrowserTrouble;
use std::fs;

/// Somebody of this machine, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    pub uid: u32,
    pub gid: u32,
}

/// `None`: ourselves. As root it is `name`, or `nobody`; others cannot become somebody else.
pub fn owner(name: Option<&str>) -> Result<Option<Owner>, BrowserTrouble> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let name = name.unwrap_or("nobody");
    let users = fs::read_to_string("/etc/passwd")
        .map_err(|error| BrowserTrouble::new("/etc/passwd could not be read").because(error))?;
    find(&users, name).map(Some).ok_or_else(|| {
        BrowserTrouble::new(format!(
            "there is no user `{name}` for the browser to run as"
        ))
    })
}

/// Source: passwd(5).
fn find(users: &str, name: &str) -> Option<Owner> {
    users.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        match fields[..] {
            [user, _, uid, gid, ..] if user == name => Some(Owner {
                uid: uid.parse().ok()?,
                gid: gid.parse().ok()?,
            }),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_found_by_their_whole_name() {
        let users = "root:x:0:0:root:/root:/bin/sh\nnobody2:x:1:1::/:\nnobody:x:65534:65533:n:/:\nbad:x:y:z:::\n";
        let nobody = Owner {
            uid: 65_534,
            gid: 65_533,
        };
        assert_eq!(find(users, "nobody"), Some(nobody));
        assert_eq!(find(users, "nobod"), None);
        assert_eq!(find(users, "bad"), None);
    }
}
