//! One call over a connection: a script in, output and exit status out, in bounded time.

use super::{
    Body, RemoteError, Script,
    link::{Link, address},
    refusal::chain,
};
use futures::StreamExt;
use openssh::{ChildStderr, ChildStdin, ChildStdout, Error, Session, Stdio};
use std::{sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

/// Printed before the script's own output; a login script may have printed before.
const BEGIN: &str = "pitlane begin";
const STDERR_LIMIT: usize = 64 * 1024;

/// How a call ended.
#[derive(Debug)]
pub struct Called {
    pub code: i32,
    /// At most the last 64 KB.
    pub stderr: String,
}

impl Link {
    /// Says `script` on the node. A connection found broken before anything was said is made anew once.
    pub async fn call(
        &self,
        script: &Script,
        body: Option<Body>,
        limit: Duration,
        output: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<Called, RemoteError> {
        timeout(limit, self.call_unbounded(script, body, output))
            .await
            .unwrap_or_else(|_| {
                Err(RemoteError::TooLong {
                    address: address(&self.node),
                })
            })
    }

    async fn call_unbounded(
        &self,
        script: &Script,
        body: Option<Body>,
        output: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<Called, RemoteError> {
        let _permit = self
            .permits
            .acquire()
            .await
            .expect("this semaphore is never closed");
        let text = format!("echo '{BEGIN}'\n{}", script.render());
        let mut session = self.session().await?;
        let mut command = None;
        for last in [false, true] {
            let spawned = Arc::clone(&session)
                .arc_command("/bin/sh")
                .args(["-c", &text])
                .stdin(if body.is_some() {
                    Stdio::piped()
                } else {
                    Stdio::null()
                })
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .await;
            match spawned {
                Ok(child) => {
                    command = Some(child);
                    break;
                }
                Err(Error::Disconnected) if !last => {
                    self.forget(&session).await;
                    session = self.session().await?;
                }
                Err(error) => return Err(self.lost(&session, &error).await),
            }
        }
        let mut child = command.expect("the loop left with a child or an error");
        let stdin = child.stdin().take();
        let stdout = child.stdout().take().expect("it was piped");
        let stderr = child.stderr().take().expect("it was piped");
        let (sent, heard, said) =
            tokio::join!(send(stdin, body), listen(stdout, output), collect(stderr));
        sent?;
        let code = match child.wait().await {
            Ok(status) => status.code().unwrap_or(255),
            // the library's word for exit status 127
            Err(Error::Remote(_)) => 127,
            Err(error) => return Err(self.lost(&session, &error).await),
        };
        if !heard && code == 0 {
            return Err(RemoteError::Nonsense("the shell did not begin".to_owned()));
        }
        Ok(Called { code, stderr: said })
    }

    /// The connection is not to be trusted any more.
    async fn lost(&self, session: &Arc<Session>, error: &Error) -> RemoteError {
        tracing::debug!(node = %self.node.name, error = chain(error), "connection lost");
        self.forget(session).await;
        RemoteError::Cut {
            address: address(&self.node),
        }
    }
}

/// Feeds the body and closes the pipe. A reader that went away early is no error here: its exit status tells why.
async fn send(stdin: Option<ChildStdin>, body: Option<Body>) -> Result<(), RemoteError> {
    let (Some(mut stdin), Some(mut body)) = (stdin, body) else {
        return Ok(());
    };
    while let Some(piece) = body.next().await {
        // half a body ends in a wrong checksum on the node, which throws it away
        let piece = piece.map_err(|error| RemoteError::Source(error.to_string()))?;
        if stdin.write_all(&piece).await.is_err() {
            return Ok(());
        }
    }
    let _ = stdin.shutdown().await;
    Ok(())
}

/// Hands on what comes after the begin line; whether that line came.
async fn listen(mut stdout: ChildStdout, output: &mut (dyn FnMut(&[u8]) + Send)) -> bool {
    let mut buffer = vec![0; 32 * 1024];
    let mut before = Vec::new();
    let mut begun = false;
    while let Ok(count @ 1..) = stdout.read(&mut buffer).await {
        let bytes = &buffer[..count];
        if begun {
            output(bytes);
            continue;
        }
        before.extend_from_slice(bytes);
        if let Some(at) = begin_end(&before) {
            begun = true;
            if at < before.len() {
                output(&before[at..]);
            }
            before = Vec::new();
        }
    }
    begun
}

/// Where the line after [`BEGIN`] starts; noise before it need not end its line.
fn begin_end(bytes: &[u8]) -> Option<usize> {
    let mark = format!("{BEGIN}\n");
    bytes
        .windows(mark.len())
        .position(|window| window == mark.as_bytes())
        .map(|at| at + mark.len())
}

async fn collect(mut stderr: ChildStderr) -> String {
    let mut all = Vec::new();
    let mut buffer = vec![0; 4 * 1024];
    while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
        all.extend_from_slice(&buffer[..count]);
        if all.len() > 2 * STDERR_LIMIT {
            all.drain(..all.len() - STDERR_LIMIT);
        }
    }
    String::from_utf8_lossy(&all).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_begins_after_our_own_line() {
        for (bytes, at) in [
            ("pitlane begin\nx", Some(14)),
            ("welcome\npitlane begin\n", Some(22)),
            ("no line end pitlane begin\nx", Some(26)),
            ("pitlane beg", None),
        ] {
            assert_eq!(begin_end(bytes.as_bytes()), at, "{bytes}");
        }
    }
}
