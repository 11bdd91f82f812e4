//! Who was started, so that the next start can sweep what a crash left. The guard ends everything at once; this is for
//! the day the guard was killed too. A process is known by number, start time and boot: a number alone may be anybody's.

use super::folder::PREFIX;
use server::guard::process;
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Mutex,
};

const FILE: &str = "processes";

/// The list of one running lab.
pub struct Register {
    path: PathBuf,
    file: Mutex<fs::File>,
}

impl Register {
    /// Begins the list anew; its first entry is this process, the owner.
    pub fn begin(folder: &Path) -> io::Result<Self> {
        let path = folder.join(FILE);
        let file = Mutex::new(fs::File::create(&path)?);
        let register = Self { path, file };
        register.line(&format!("boot {}", boot()))?;
        register.add("owner", std::process::id())?;
        Ok(register)
    }

    pub fn add(&self, name: &str, pid: u32) -> io::Result<()> {
        let start = process::facts(pid)?.start_ticks;
        self.line(&format!("{name} {pid} {start}"))
    }

    /// Everything was ended in good order.
    pub fn close(&self) {
        // already gone with its folder
        let _ = fs::remove_file(&self.path);
    }

    fn line(&self, text: &str) -> io::Result<()> {
        let mut file = self.file.lock().expect("no holder of this lock panics");
        file.write_all(format!("{text}\n").as_bytes())
    }
}

/// What a list said, as far as it still holds.
#[derive(Debug, Default, PartialEq, Eq)]
struct Found {
    /// The owner, if it lives.
    owner: Option<u32>,
    /// Whoever else lives.
    others: Vec<u32>,
}

fn read(text: &str, boot: &str, lives: impl Fn(u32, u64) -> bool) -> Found {
    let mut found = Found::default();
    let mut lines = text.lines();
    if lines.next() != Some(format!("boot {boot}").as_str()) {
        return found;
    }
    for line in lines {
        let fields: Vec<_> = line.split(' ').collect();
        let [name, pid, start] = fields[..] else {
            continue;
        };
        let (Ok(pid), Ok(start)) = (pid.parse(), start.parse()) else {
            continue;
        };
        if !lives(pid, start) {
            continue;
        }
        if name == "owner" {
            found.owner = Some(pid);
        } else {
            found.others.push(pid);
        }
    }
    found
}

/// Ends what an earlier lab in `folder` left behind. The error is the owner's number, when that lab still runs.
pub fn sweep(folder: &Path) -> Result<usize, u32> {
    let text = fs::read_to_string(folder.join(FILE)).unwrap_or_default();
    let found = read(&text, &boot(), |pid, start| {
        process::facts(pid).is_ok_and(|facts| facts.start_ticks == start && !facts.is_zombie)
    });
    if let Some(owner) = found.owner {
        return Err(owner);
    }
    for pid in &found.others {
        process::kill_group(*pid);
    }
    Ok(found.others.len())
}

/// The same for every temporary lab, and removes their folders.
pub fn sweep_temporary() {
    for entry in fs::read_dir(std::env::temp_dir())
        .into_iter()
        .flatten()
        .flatten()
    {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        let listed = entry.path().join(FILE).exists();
        if ours && listed && sweep(&entry.path()).is_ok() {
            // somebody else may sweep at the same moment
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn boot() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id")
        .unwrap_or_default()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_living_of_this_boot_are_found() {
        let text = "boot b\nowner 10 100\nred 11 110\nblue 12 120\nnonsense\ngreen x 1\n";
        let found = |boot, lives: &dyn Fn(u32, u64) -> bool| read(text, boot, lives);
        assert_eq!(found("other", &|_, _| true), Found::default());
        assert_eq!(
            found("b", &|pid, start| pid == 11 && start == 110),
            Found {
                owner: None,
                others: vec![11]
            }
        );
        assert_eq!(
            found("b", &|_, _| true),
            Found {
                owner: Some(10),
                others: vec![11, 12]
            }
        );
    }
}
