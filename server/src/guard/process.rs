//! What `/proc` tells about processes.

use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open, pidfd_send_signal};
use std::{fs, io, os::unix::ffi::OsStrExt, path::Path};

/// What tells one process from a later one of the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    pub group: u32,
    pub session: u32,
    /// Since the machine's start, in the kernel's ticks.
    pub start_ticks: u64,
    /// It has ended and waits to be reaped.
    pub is_zombie: bool,
}

/// Facts about the process `pid`; an error of kind `NotFound` when there is none.
pub fn facts(pid: u32) -> io::Result<Facts> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).map_err(|error| {
        // the process may end between opening and reading
        match error.raw_os_error() {
            Some(code) if code == rustix::io::Errno::SRCH.raw_os_error() => {
                io::ErrorKind::NotFound.into()
            }
            _ => error,
        }
    })?;
    parse(&stat).ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("/proc/{pid}/stat makes no sense"),
        )
    })
}

/// Source: proc_pid_stat(5). The name in brackets may hold anything, so counting begins after the last bracket.
fn parse(stat: &str) -> Option<Facts> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(Facts {
        is_zombie: matches!(*fields.first()?, "Z" | "X"),
        group: fields.get(2)?.parse().ok()?,
        session: fields.get(3)?.parse().ok()?,
        start_ticks: fields.get(19)?.parse().ok()?,
    })
}

/// The living processes of a group; zombies do not count.
pub fn members(group: u32) -> Vec<u32> {
    numbers()
        .filter(|pid| facts(*pid).is_ok_and(|facts| facts.group == group && !facts.is_zombie))
        .collect()
}

/// Of all processes there are.
fn numbers() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// Kills whoever was started with `dir` as its `TMPDIR`, in whichever group it is now, and says how many lived. The
/// folder must have been given to those only that shall end.
pub fn kill_those_with_temporary(dir: &Path) -> usize {
    let wanted = [b"TMPDIR=", dir.as_os_str().as_bytes()].concat();
    let kill = |pid: u32| {
        let number = i32::try_from(pid).ok().and_then(Pid::from_raw)?;
        // held before it is looked at: the number cannot become somebody else's between look and kill
        let held = pidfd_open(number, PidfdFlags::empty()).ok()?;
        let environ = fs::read(format!("/proc/{pid}/environ")).ok()?;
        let is_one = environ.split(|byte| *byte == 0).any(|line| line == wanted);
        // an error: it has just ended
        is_one.then(|| pidfd_send_signal(&held, Signal::KILL).ok())?
    };
    numbers().filter_map(kill).count()
}

/// Kills every process of the group at once. Call it while the leader is not reaped, so that the number is still its own.
pub fn kill_group(group: u32) {
    if let Some(pid) = i32::try_from(group).ok().and_then(Pid::from_raw) {
        // no such group: it has ended by itself
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_shift_the_fields() {
        let stat = "77 (a) b (c) S 1 70 60 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 0 0";
        assert_eq!(
            parse(stat),
            Some(Facts {
                group: 70,
                session: 60,
                start_ticks: 987_654,
                is_zombie: false
            })
        );
        assert_eq!(parse("77 (cut"), None);
        assert_eq!(parse("77 (cut) S 1 2"), None);
    }

    #[test]
    fn this_process_lives_in_its_group() {
        let me = std::process::id();
        let facts = facts(me).unwrap();
        assert!(members(facts.group).contains(&me));
        assert!(!facts.is_zombie);
    }

    #[test]
    fn a_number_nobody_has_is_not_found() {
        assert_eq!(facts(u32::MAX).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
