//! What environments give to suites.

use crate::cli::reach::Reach;
use app::model::{name::Name, values::ValueName};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum SecretsVerb {
    /// Set one: typed without echo, or the whole of standard input
    #[command(after_help = "\
The value is no argument: everybody on this machine could read it there. Nobody can read it back.

Examples:
  pitlane secrets set production shop_password                   asks for it, shows nothing
  pitlane secrets set production shop_password < password.txt    without the newline at its end")]
    Set {
        environment: Name,
        /// As suites name it
        name: ValueName,
        #[command(flatten)]
        reach: Reach,
    },
    /// Those that are set, and those that suites name: everything but the values
    List {
        environment: Name,
        /// One JSON object per line
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        reach: Reach,
    },
    /// Forget one
    Remove {
        environment: Name,
        name: ValueName,
        #[command(flatten)]
        reach: Reach,
    },
    /// Encrypt all of them anew, with the first key of the server's key file
    #[command(after_help = "\
A key is replaced without a moment in which nothing can be opened:
  1. put a new key (openssl rand -hex 32) as the first line into the key file of every server
  2. pitlane secrets rekey
  3. take the old line out of every key file; backups made before need it still

It is done in one go, or not at all where one of them cannot be opened.")]
    Rekey {
        #[command(flatten)]
        reach: Reach,
    },
}

#[derive(Debug, Subcommand)]
pub enum VariablesVerb {
    /// Set one; everybody may read it
    #[command(after_help = "\
Example:
  pitlane variables set staging BASKET_LIMIT 20")]
    Set {
        environment: Name,
        name: ValueName,
        value: String,
        #[command(flatten)]
        reach: Reach,
    },
    /// All of an environment
    List {
        environment: Name,
        /// One JSON object per line
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        reach: Reach,
    },
    /// Forget one
    Remove {
        environment: Name,
        name: ValueName,
        #[command(flatten)]
        reach: Reach,
    },
}
