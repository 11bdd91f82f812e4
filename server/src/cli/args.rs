//! What can be written on the command line.

/// Deployments.
mod deployments;

/// Pictures, and what is said of them.
mod evidence;

/// Suites, and trying them.
mod suites;

/// What environments give to suites.
mod values;

pub use deployments::{AskArgs, AskNodeArgs, DeployArgs, HoldArgs, RollbackArgs, StartArgs};
pub use evidence::{EvidenceArgs, EvidenceVerb, ReviewArgs, Said};
pub use suites::{ImportArgs, RehearseArgs, SuitesVerb};
pub use values::{SecretsVerb, VariablesVerb};

use super::reach::Reach;
use crate::config::ServeArgs;
use app::{
    gateway::PoolPath,
    model::{access::Role, name::Name},
};
use clap::{Args, Parser, Subcommand};
use std::{path::PathBuf, str::FromStr};

/// Rolls releases over the nodes behind a load balancer, one at a time, each proven in a real browser.
#[derive(Debug, Parser)]
#[command(
    name = "pitlane",
    version,
    after_help = "\
Examples:
  pitlane serve                                   start the dashboard
  pitlane apply lab.toml                          tell it what there is
  pitlane releases add shop 1.1 shop-1.1.tar.gz   register a release
  pitlane deploy production/shop 1.1 --follow     roll it out and watch
  pitlane status production/shop                  how it stands, what comes next, who acts
  pitlane hold production/shop                    stop for a while once every node is in service

Exit status: 0 done or succeeded, 1 undone or aborted, 2 refused, 3 halted: a person must decide."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the dashboard and the engine
    Serve(ServeArgs),
    /// A private PostgreSQL in the foreground, for tests
    #[command(hide = true)]
    Postgres {
        /// Where its data lie
        #[arg(long)]
        data: PathBuf,
    },
    #[command(flatten)]
    Client(Box<ClientCommand>),
}

/// Commands that speak to a running service.
#[derive(Debug, Subcommand)]
pub enum ClientCommand {
    /// Make environments, pools, nodes and balancers be as a file says
    #[command(after_help = "\
The file is checked as a whole, and the balancers are asked, before anything is written: it is carried out in one go
or not at all. Applying it twice changes nothing. What is left out of the file stays as it is.

Examples:
  pitlane apply lab.toml
  pitlane apply lab.toml --trust-on-apply         take the host keys of nodes on this machine as they are")]
    Apply(ApplyArgs),
    /// Register and list releases
    Releases {
        #[command(subcommand)]
        verb: ReleasesVerb,
    },
    /// Bring a pool to a release, node by node
    #[command(after_help = "\
Examples:
  pitlane deploy production/shop 1.1 --dry-run             say what would happen
  pitlane deploy production/shop 1.1 --follow              watch it to its end
  pitlane deploy production/shop 1.1 --nodes red,blue      these nodes only
  pitlane deploy production/shop 1.1 --follow --json       an event per line, the deployment record last

Exit status with --follow: 0 succeeded, 1 undone or aborted, 2 refused, 3 halted.")]
    Deploy(DeployArgs),
    /// Bring back, by a deployment of its own, what ran before one that has ended
    #[command(after_help = "\
The nodes that deployment was done with get back what they ran before it, one after the other, each proven by the
suite that last proved it there. It is refused where that is not known, or something else was deployed since.

Examples:
  pitlane rollback production/shop --dry-run                    what the last deployment would be undone to
  pitlane rollback production/shop 42 --follow --reason \"too slow\"
  pitlane rollback production/shop 42 --nodes red,blue

Exit status with --follow: 0 succeeded, 1 undone or aborted, 2 refused, 3 halted.")]
    Rollback(RollbackArgs),
    /// Hold the running deployment once the nodes at hand have rejoined: every node is in service then
    #[command(after_help = "\
Ends in: held. It goes on with `pitlane resume`, for as long as nobody says so it waits.
With --now it is held at the next stage boundary, and a node that is out stays out, watched. At the pool's
hold_limit that node is put back and the deployment halts.

Examples:
  pitlane hold production/shop --reason \"the phones are ringing\"
  pitlane hold production/shop 42 --now")]
    Hold(HoldArgs),
    /// Go on where it was held, or take a hold back that has not come about yet
    #[command(after_help = "\
Ends in: rolling.

Example:
  pitlane resume production/shop")]
    Resume(AskArgs),
    /// Stop what runs, put the node at hand back, proven, and touch no other
    #[command(after_help = "\
Ends in: aborted. Nodes that are done keep the new release; `pitlane rollback` takes it back from them.

Example:
  pitlane abort production/shop --reason \"wrong release\"")]
    Abort(AskArgs),
    /// Try the failed stage of a halted deployment again
    #[command(after_help = "\
Ends in: rolling again if the stage passes, else halted.

Example:
  pitlane retry production/shop")]
    Retry(AskArgs),
    /// Leave one node out: it keeps or gets back what it ran before, in service
    #[command(after_help = "\
Ends in: the node skipped, the deployment going on with the others.

Example:
  pitlane skip production/shop blue --reason \"its disk is being swapped\"")]
    Skip(AskNodeArgs),
    /// Go on although a draining node has open requests; these are cut off
    #[command(after_help = "\
Ends in: the node deployed to.

Example:
  pitlane force-drain production/shop blue")]
    ForceDrain(AskNodeArgs),
    /// Go on after a halt, with the nodes that were put back
    #[command(after_help = "\
Ends in: rolling; nodes that were put back are rolled again from the start.

Example:
  pitlane continue production/shop")]
    Continue(AskArgs),
    /// Show all pools, or one in detail
    Status(StatusArgs),
    /// Show a pool's nodes, and what differs from what was left there
    Nodes(NodesArgs),
    /// From now on expect what a node was found to be
    #[command(after_help = "\
What `pitlane nodes` shows of this node is what is adopted; if it has changed since, nothing is.

Example:
  pitlane adopt production/shop red --reason 'hotfix by hand, ticket 4711'")]
    Adopt(DriftArgs),
    /// Set a node back in its balancer to what is expected of it
    #[command(after_help = "\
Only balancer flags are reverted so. Another release on a node is reverted by deploying the expected one to it.

Example:
  pitlane revert production/shop red --reason 'the disk was replaced'")]
    Revert(DriftArgs),
    /// How the pictures of a deployment compare with those of the old release
    #[command(after_help = "\
They are accepted and rejected in the browser, where one sees them: the deployment's page leads there.

Examples:
  pitlane evidence production/shop 43                  how its pictures compare
  pitlane evidence export production/shop 43           everything about it in one archive
  pitlane evidence verify shop-production-43-evidence.zip
  pitlane evidence storage                             what evidence takes up, what was removed last
  pitlane evidence prune --dry-run                     what retention would remove now")]
    #[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
    Evidence(EvidenceArgs),
    /// The browser tests of a pool: take in what you have, show, give out
    Suites {
        #[command(subcommand)]
        verb: SuitesVerb,
    },
    /// Accept or reject how the new release looks
    #[command(after_help = "\
Where a node waits for it, the last picture accepted lets it rejoin, and one rejected undoes it.

Examples:
  pitlane review production/shop 43 accept --flow sign-in --step 2 --node red --reason \"the new button\"
  pitlane review production/shop 43 accept --all --reason \"the new look\"
  pitlane review production/shop 43 reject --flow sign-in --step 2 --node red --reason \"the price is gone\"")]
    Review(ReviewArgs),
    /// Who did what, newest first
    #[command(args_conflicts_with_subcommands = true)]
    Audit(AuditArgs),
    /// Try a pool's suite on a node in service, outside of any deployment
    #[command(after_help = "\
Balancers and nodes are left alone; flows that write do write, marked as in a deployment. A deployment that begins
meanwhile ends it. `rehearse_every = \"1 h\"` in the pool's settings does the same on a schedule.

Examples:
  pitlane rehearse production/shop
  pitlane rehearse production/shop --node red

Exit status: 0 passed, 1 failed, 2 refused or it came to nothing.")]
    Rehearse(RehearseArgs),
    /// Secrets that suites type, encrypted at rest
    Secrets {
        #[command(subcommand)]
        verb: SecretsVerb,
    },
    /// Variables that suites use
    Variables {
        #[command(subcommand)]
        verb: VariablesVerb,
    },
    /// People who may sign in
    User {
        #[command(subcommand)]
        verb: UserVerb,
    },
}

#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// The configuration, TOML; paths in it are relative to it
    pub file: PathBuf,
    /// Take the host keys of nodes on loopback addresses as they answer now
    #[arg(long)]
    pub trust_on_apply: bool,
    /// Register host keys that differ from the registered ones; without it such a node is refused
    #[arg(long)]
    pub accept_changed_host_keys: bool,
    #[command(flatten)]
    pub reach: Reach,
}

#[derive(Debug, Subcommand)]
pub enum ReleasesVerb {
    /// Register an artefact under a version, for ever
    #[command(after_help = "\
Example:
  pitlane releases add shop 1.1 shop-1.1.tar.gz --commit 4f2a91c")]
    Add {
        application: Name,
        version: Name,
        /// A .tar.gz of what is to lie in the release's folder
        file: PathBuf,
        /// The commit it was built from
        #[arg(long)]
        commit: Option<String>,
        #[command(flatten)]
        reach: Reach,
    },
    /// Newest first
    List {
        application: Name,
        /// One JSON object per line
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        reach: Reach,
    },
}

#[derive(Debug, Args)]
pub struct StatusArgs {
    #[arg(value_name = "ENVIRONMENT/APPLICATION")]
    pub pool: Option<Pool>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub reach: Reach,
}

#[derive(Debug, Args)]
pub struct NodesArgs {
    #[arg(value_name = "ENVIRONMENT/APPLICATION")]
    pub pool: Pool,
    /// One JSON object per node
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub reach: Reach,
}

#[derive(Debug, Args)]
pub struct DriftArgs {
    #[arg(value_name = "ENVIRONMENT/APPLICATION")]
    pub pool: Pool,
    pub node: Name,
    /// For the audit history
    #[arg(long)]
    pub reason: String,
    #[command(flatten)]
    pub reach: Reach,
}

#[derive(Debug, Args)]
pub struct AuditArgs {
    #[command(subcommand)]
    pub verb: Option<AuditVerb>,
    /// Acts of this person only
    #[arg(long)]
    pub actor: Option<String>,
    /// Acts of this kind only: `deployment.started`, or `deployment.` for all that begin so
    #[arg(long)]
    pub action: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 20)]
    pub limit: usize,
    /// One JSON object per line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub reach: Reach,
}

#[derive(Debug, Subcommand)]
pub enum AuditVerb {
    /// Recompute the whole chain: has anything been changed or removed?
    Verify {
        #[command(flatten)]
        reach: Reach,
    },
}

#[derive(Debug, Subcommand)]
pub enum UserVerb {
    /// Let somebody sign in
    #[command(after_help = "\
Examples:
  pitlane user add ann --role deployer                         makes up a password and prints it once
  pitlane user add ann --role admin --password-stdin < file    takes the first line as the password")]
    Add {
        name: Name,
        /// viewer, deployer or admin; each may do what the one before may
        #[arg(long)]
        role: Role,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
        #[command(flatten)]
        reach: Reach,
    },
}

/// `production/shop` as an argument.
#[derive(Debug, Clone)]
pub struct Pool(pub PoolPath);

impl FromStr for Pool {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (environment, application) = text.split_once('/').ok_or_else(|| {
            format!("`{text}` is no pool; write ENVIRONMENT/APPLICATION, such as production/shop")
        })?;
        let name = |text: &str| text.parse().map_err(|error| format!("{error}"));
        Ok(Self(PoolPath {
            environment: name(environment)?,
            application: name(application)?,
        }))
    }
}

impl Pool {
    /// `production/shop`
    pub fn title(&self) -> String {
        format!("{}/{}", self.0.environment, self.0.application)
    }

    /// Below `/api/v1`.
    pub fn path(&self) -> String {
        format!("/pools/{}", self.title())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn commands_read_as_they_are_meant() {
        let good = [
            "apply lab.toml --trust-on-apply",
            "releases add shop 1.1 a.tar.gz --commit 4f2a",
            "deploy production/shop 1.1 --nodes red,blue --follow --json --reason tidy",
            "abort production/shop 42",
            "abort production/shop",
            "hold production/shop --now --reason lunch",
            "hold production/shop 42",
            "resume production/shop",
            "retry production/shop 42 --reason again",
            "skip production/shop blue",
            "force-drain production/shop blue 42",
            "continue production/shop",
            "rollback production/shop",
            "rollback production/shop 42 --nodes red --follow --json --reason slow",
            "status",
            "status production/shop --server http://127.0.0.1:7700 --token x",
            "nodes production/shop --json",
            "adopt production/shop red --reason hotfix",
            "revert production/shop red --reason tidy",
            "suites import a.side b.json --pool production/shop --dry-run --skip-unknown x",
            "suites import a.side --pool production/shop --public-url https://a.example --name b.side",
            "suites export production/shop --format toml",
            "suites show production/shop --json",
            "review production/shop 43 accept --flow home --step 2 --node red --reason new",
            "review production/shop 43 accept --all --reason new",
            "review production/shop 43 reject --flow home --step 2 --node red --reason gone",
            "audit --actor ann --limit 5",
            "audit verify",
            "evidence production/shop 43 --json",
            "evidence export production/shop 43 -o a.zip",
            "evidence verify a.zip --head 0a",
            "evidence storage --json",
            "evidence prune --dry-run",
            "secrets set production shop_password",
            "secrets list production --json",
            "secrets remove production shop_password",
            "secrets rekey",
            "rehearse production/shop --node red",
            "variables set production LANG de",
            "variables list production",
            "variables remove production LANG",
            "user add ann --role admin --password-stdin",
        ];
        for line in good {
            let words = ["pitlane"].into_iter().chain(line.split(' '));
            assert!(Cli::try_parse_from(words).is_ok(), "{line}");
        }
        let bad = [
            "deploy shop 1.1",
            "skip production/shop",
            "rollback production/shop --dry-run --follow",
            "resume production/shop --now",
            "deploy production/shop ../1.1",
            "deploy production/shop 1.1 --dry-run --follow",
            "adopt production/shop red",
            "revert production/shop --reason tidy",
            "suites import --pool production/shop",
            "suites import a.side",
            "suites export production/shop --format xml",
            "review production/shop 43 accept --flow home --reason new",
            "review production/shop 43 accept --all --node red --reason new",
            "review production/shop 43 accept --all",
            "review production/shop 43 perhaps --all --reason new",
            "user add ann --role king",
            "evidence",
            "evidence production/shop",
            "evidence export production/shop",
            "evidence verify",
            "audit --actor ann verify",
            "secrets set production shop_password hunter2",
            "secrets set production 1st",
            "variables set production LANG",
        ];
        for line in bad {
            let words = ["pitlane"].into_iter().chain(line.split(' '));
            assert!(Cli::try_parse_from(words).is_err(), "{line}");
        }
    }
}
