//! The command line: what can be said, and the commands that speak to a running service.
//!
//! They use the same JSON API as everybody: over the Unix socket, where the peer's user is the actor, or over the
//! network with a token. Exit status: 0 done, 1 undone or aborted, 2 refused or not understood, 3 halted.

/// What can be written on it.
mod args;

/// Where the service is, and who asks.
pub mod reach;

/// HTTP to the service, its errors read back.
mod client;

/// `apply`
mod apply;

/// `releases add`, `releases list`
mod releases;

/// `deploy`, `rollback`
mod deploy;

/// `hold`, `resume`, `abort`, `retry`, `skip`, `force-drain`, `continue`
mod ask;

/// The event stream, read until the deployment rests.
mod follow;

/// Events as lines for people.
mod narrate;

/// `nodes`, `adopt`, `revert`
mod nodes;

/// `status`
mod status;

/// `evidence`
mod evidence;

/// `suites import`, `suites export`, `suites show`
mod suites;

/// `review`
mod review;

/// `audit`, `audit verify`
mod audit;

/// `rehearse`
mod rehearse;

/// `secrets`, `variables`
mod values;

/// `user add`
mod user;

/// Columns.
mod table;

pub use self::{
    args::{Cli, ClientCommand, Command},
    client::Failed,
};

use self::args::HoldArgs;
use app::model::command::Command as Asked;
use std::process::ExitCode;

/// How a command ended well; the number is the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended(pub u8);

impl Ended {
    pub const WELL: Self = Self(0);
}

/// Runs a client command; what went wrong is printed here.
pub async fn run(command: ClientCommand) -> ExitCode {
    match carry_out(command).await {
        Ok(Ended(code)) => ExitCode::from(code),
        Err(failed) => {
            eprintln!("{failed}");
            ExitCode::from(failed.exit_code())
        }
    }
}

async fn carry_out(command: ClientCommand) -> Result<Ended, Failed> {
    match command {
        ClientCommand::Apply(args) => apply::run(args).await,
        ClientCommand::Releases { verb } => releases::run(verb).await,
        ClientCommand::Deploy(args) => deploy::run(args).await,
        ClientCommand::Rollback(args) => deploy::rollback(args).await,
        ClientCommand::Hold(HoldArgs { ask, now: false }) => ask::run(Asked::Hold, ask).await,
        ClientCommand::Hold(HoldArgs { ask, now: true }) => ask::run(Asked::HoldNow, ask).await,
        ClientCommand::Resume(args) => ask::run(Asked::Resume, args).await,
        ClientCommand::Abort(args) => ask::run(Asked::Abort, args).await,
        ClientCommand::Retry(args) => ask::run(Asked::Retry, args).await,
        ClientCommand::Continue(args) => ask::run(Asked::Continue, args).await,
        ClientCommand::Skip(args) => ask::of_node(Asked::Skip, args).await,
        ClientCommand::ForceDrain(args) => ask::of_node(Asked::ForceDrain, args).await,
        ClientCommand::Status(args) => status::run(args).await,
        ClientCommand::Nodes(args) => nodes::run(args).await,
        ClientCommand::Adopt(args) => nodes::adopt(args).await,
        ClientCommand::Revert(args) => nodes::revert(args).await,
        ClientCommand::Evidence(args) => evidence::run(args).await,
        ClientCommand::Suites { verb } => suites::run(verb).await,
        ClientCommand::Review(args) => review::run(args).await,
        ClientCommand::Audit(args) => audit::run(args).await,
        ClientCommand::Rehearse(args) => rehearse::run(args).await,
        ClientCommand::Secrets { verb } => values::secrets(verb).await,
        ClientCommand::Variables { verb } => values::variables(verb).await,
        ClientCommand::User { verb } => user::run(verb).await,
    }
}
