//! The lab's application; see `end2end::shop`. Started in its release folder.

use std::{path::Path, process::ExitCode};

#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    match end2end::shop::run(Path::new(".")).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            for line in words.lines() {
                eprintln!("error: {line}");
            }
            ExitCode::FAILURE
        }
    }
}
