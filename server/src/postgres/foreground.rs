//! Body of the hidden command `pitlane postgres --data DIR`: a private PostgreSQL in the foreground, for tests and
//! for setting up. Ends with SIGTERM, Ctrl-C or the end of its standard input, so it cannot outlive its caller.

use super::{Private, PrivateError, PrivateSettings};
use std::io::{Read, Write};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::oneshot,
};

#[derive(Debug, thiserror::Error)]
pub enum ForegroundError {
    #[error(transparent)]
    Private(#[from] PrivateError),
    #[error("could not listen for signals or write")]
    Io(#[from] std::io::Error),
}

/// Prints `ready DATABASE_URL=...`, the superuser's address, once it answers; returns when it was stopped.
pub async fn run(settings: PrivateSettings) -> Result<(), ForegroundError> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let private = Private::start(settings).await?;
    println!("ready DATABASE_URL={}", private.superuser_url());
    std::io::stdout().flush()?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = end_of_input() => {}
    }
    private.stop().await;
    Ok(())
}

/// On a thread of its own: a runtime would wait for a read that never returns.
fn end_of_input() -> oneshot::Receiver<()> {
    let (ended, end) = oneshot::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 256];
        while matches!(std::io::stdin().read(&mut buffer), Ok(1..)) {}
        // nobody listens any more when a signal came first
        let _ = ended.send(());
    });
    end
}
