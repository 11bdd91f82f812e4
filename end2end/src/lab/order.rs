//! How a node's supervisor is told something: one line over a socket in the node's folder, one line back.

use anyhow::{Context, bail};
use std::{
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

/// Relative to the deploy root, whose path may be too long for a socket's address.
pub const SOCKET: &str = "run/supervisor.sock";

/// Longer than the application may take to end.
const ANSWER_LIMIT: Duration = Duration::from_secs(15);

/// Gives an order to the supervisor of the working folder; its answer, or its refusal as the error.
pub fn give(order: &str) -> anyhow::Result<String> {
    tell(Path::new(SOCKET), order)
}

/// The same for the node at `root`, whose path must be short enough.
pub fn give_at(root: &Path, order: &str) -> anyhow::Result<String> {
    tell(&root.join(SOCKET), order)
}

fn tell(socket: &Path, order: &str) -> anyhow::Result<String> {
    let mut stream = UnixStream::connect(socket).context("the supervisor is not there")?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    stream.write_all(format!("{order}\n").as_bytes())?;
    let mut line = String::new();
    BufReader::new(stream)
        .read_line(&mut line)
        .context("the supervisor does not answer")?;
    match line.trim().split_once(' ') {
        Some(("ok", words)) => Ok(words.to_owned()),
        Some(("error", words)) => bail!("{}", words.to_owned()),
        _ => bail!("the supervisor ended before it answered"),
    }
}
