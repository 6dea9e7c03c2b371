//! The command line.

mod commands;
mod mail;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub use commands::run;

/// A user service that speaks /api/v4/users.
#[derive(Debug, Parser)]
#[command(
    name = "muster",
    version,
    after_help = "Settings come from the file, then from the environment as MUSTER_SECTION__KEY.\n\nExamples:\n  muster serve\n  muster serve --config /etc/muster.toml\n  MUSTER_SERVER__LISTEN=0.0.0.0:8065 muster serve\n  \
                  muster user create --system-admin --username ada --email ada@example.test\n  muster config show"
)]
pub struct Cli {
    /// Settings to read over the defaults; the environment is read over both.
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serves until told to stop (SIGTERM finishes what runs).
    Serve,
    /// Brings the store up to date.
    Migrate,
    /// Makes accounts, and sets passwords.
    #[command(subcommand)]
    User(UserCommand),
    /// Makes an invitation to a team, whose link opens one account; whoever has it hands it on.
    #[command(after_help = "Examples:\n  muster invite --team crew --email bob@example.test\n  \
                            muster invite --team crew --guest --channel town-square --email eve@example.test\n  \
                            muster invite --team crew --guest --magic-link --channel town-square --email gia@example.test")]
    Invite(InviteArgs),
    /// Looks after mail that waits or was given up.
    #[command(subcommand)]
    Mail(MailCommand),
    /// Checks and shows the settings.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Looks after the root key.
    #[command(subcommand)]
    Secrets(SecretsCommand),
    /// Opens accounts by the thousand in an empty store, to measure with.
    Seed(SeedArgs),
    /// Asks the running service whether it can serve; fails if not.
    Health,
}

/// Makes accounts, and sets passwords.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Makes an account. The password is asked for, or read from standard input.
    #[command(after_help = "Examples:\n  muster user create --system-admin --username ada --email ada@example.test\n  \
                            muster user create --username bob --email bob@example.test < password-file")]
    Create(CreateArgs),
    /// Sets an account's password, ends its sessions and unlocks it. The password is asked for, or read from standard input.
    SetPassword {
        /// Whose.
        #[arg(long)]
        username: String,
    },
}

/// The account to make.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Its login name.
    #[arg(long)]
    pub username: String,
    /// Its mail address.
    #[arg(long)]
    pub email: String,
    /// Makes it an admin's.
    #[arg(long)]
    pub system_admin: bool,
}

/// Whom to invite, and where to.
#[derive(Debug, Args)]
pub struct InviteArgs {
    /// The team's name, as addresses have it.
    #[arg(long)]
    pub team: String,
    /// The mail address that the account will have; no other can use the link.
    #[arg(long)]
    pub email: String,
    /// Names of the team's channels to join besides those that every member joins; a guest joins these alone.
    #[arg(long = "channel", value_name = "NAME")]
    pub channels: Vec<String>,
    /// Makes the account a guest's, who sees only whom he shares a channel with.
    #[arg(long)]
    pub guest: bool,
    /// Makes a link that lets the guest in by itself: he has no password, and signs in by links in mails from then on.
    #[arg(long, requires = "guest")]
    pub magic_link: bool,
}

/// Looks after mail that waits or was given up.
#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// Lists mails that wait and those that were given up, oldest first: nothing of what they say, and why the last try failed.
    List {
        /// Lists those that were delivered or that had expired too.
        #[arg(long)]
        all: bool,
    },
    /// Lets mails be tried again that were given up; the running service takes them within seconds.
    #[command(after_help = "Examples:\n  muster mail retry --all\n  muster mail retry 7qbwe1tmd3gk4y8x6r5ncsaouh")]
    Retry {
        /// The mail's id, as the list shows it.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        id: Option<String>,
        /// Takes every one that was given up.
        #[arg(long)]
        all: bool,
    },
}

/// Checks and shows the settings.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Says what is wrong with the settings, if anything.
    Check,
    /// Prints every setting with where it came from; secrets are hidden.
    Show,
}

/// Looks after the root key.
#[derive(Debug, Subcommand)]
pub enum SecretsCommand {
    /// Moves the store to a new root key, after the former one was listed among the previous keys; tells what still needs those.
    Rotate,
}

/// How many accounts to open.
#[derive(Debug, Args)]
pub struct SeedArgs {
    /// How many.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub users: u32,
    /// Writes their ids there, one a line.
    #[arg(long, value_name = "FILE")]
    pub ids_file: Option<PathBuf>,
}
