//! Who may do what: one table, and the proof that it was asked.

use std::marker::PhantomData;

use crate::actor::{Actor, ActorKind};
use crate::operation::Operation;
use crate::role::Permission;
use crate::user::User;

/// What an operation asks of who calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Nothing.
    Everyone,
    /// To be signed in.
    SignedIn,
    /// To be signed in and to see the target.
    SeesTarget,
    /// To be signed in and to be the target, or to rank above it.
    EditsTarget,
}

/// What of an operation the audit holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Recorded {
    /// What it changed, and its refusals.
    Changes,
    /// Its refusals alone: it changes nothing.
    Refusals,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The operation.
    pub operation: Operation,
    /// Who may call it.
    pub rule: Rule,
    /// What the audit holds of it.
    pub recorded: Recorded,
    /// Whether the wire says that it changes something.
    pub is_mutation: bool,
}

const fn read(operation: Operation, rule: Rule) -> Entry {
    Entry { operation, rule, recorded: Recorded::Refusals, is_mutation: false }
}

const fn change(operation: Operation, rule: Rule) -> Entry {
    Entry { operation, rule, recorded: Recorded::Changes, is_mutation: true }
}

/// The table: a row for each operation that is built.
pub const TABLE: &[Entry] = &[
    change(Operation::Login, Rule::Everyone),
    change(Operation::Logout, Rule::Everyone),
    change(Operation::CreateUser, Rule::Everyone),
    read(Operation::CheckUserMfa, Rule::Everyone),
    read(Operation::GetUser, Rule::SeesTarget),
    read(Operation::GetUserByUsername, Rule::SeesTarget),
    read(Operation::GetUserByEmail, Rule::SeesTarget),
    read(Operation::GetUsersByIds, Rule::SignedIn),
    read(Operation::GetUsersByUsernames, Rule::SignedIn),
    change(Operation::PatchUser, Rule::EditsTarget),
];

/// What an account is to the permission table when somebody acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TargetKind {
    /// The actor's own.
    Own,
    /// Another ordinary one.
    User,
    /// Another guest's.
    Guest,
    /// Another bot's.
    Bot,
    /// Another admin's.
    Admin,
    /// One that lives on another server.
    Remote,
    /// One that was deactivated.
    Deactivated,
    /// None: there is no such account.
    Missing,
}

impl TargetKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [Self::Own, Self::User, Self::Guest, Self::Bot, Self::Admin, Self::Remote, Self::Deactivated, Self::Missing];

    /// What an account is to an actor. The higher rank decides where several kinds fit.
    #[must_use]
    pub fn of(actor: &Actor, target: Option<&User>) -> Self {
        let Some(target) = target else { return Self::Missing };
        if actor.user_id() == Some(&target.id) {
            Self::Own
        } else if target.is_admin() {
            Self::Admin
        } else if target.bot.is_some() {
            Self::Bot
        } else if !target.is_active() {
            Self::Deactivated
        } else if target.is_remote() {
            Self::Remote
        } else if target.is_guest() {
            Self::Guest
        } else {
            Self::User
        }
    }
}

/// Why the table says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// Nobody is signed in.
    #[error("sign in first")]
    NotSignedIn,
    /// A permission is missing.
    #[error("the permission {} is missing", .0.id())]
    Lacks(Permission),
    /// The token is not good for this operation.
    #[error("the token's scopes do not name the operation {}", .0.id())]
    OutOfScope(Operation),
}

/// Decides one cell of the table.
#[must_use]
pub fn decide(rule: Rule, actor: ActorKind, target: TargetKind, holds: impl Fn(Permission) -> bool) -> Option<Forbidden> {
    if rule == Rule::Everyone || actor == ActorKind::Operator {
        return None;
    }
    if actor == ActorKind::Nobody {
        return Some(Forbidden::NotSignedIn);
    }
    let needed = match (rule, target) {
        (Rule::Everyone | Rule::SignedIn, _) | (Rule::SeesTarget, TargetKind::Own) => None,
        (Rule::SeesTarget, _) => Some(Permission::ViewMembers),
        // A bot that edits itself counts as anybody else: its owner answers for it.
        (Rule::EditsTarget, TargetKind::Own) if actor != ActorKind::Bot => None,
        (Rule::EditsTarget, TargetKind::Own | TargetKind::Bot) => Some(Permission::ManageOthersBots),
        (Rule::EditsTarget, TargetKind::Admin) => Some(Permission::ManageSystem),
        (Rule::EditsTarget, TargetKind::Missing) if !holds(Permission::ManageSystem) => {
            return Some(Forbidden::Lacks(Permission::EditOtherUsers));
        }
        (Rule::EditsTarget, _) => Some(Permission::EditOtherUsers),
    };
    needed.filter(|permission| !holds(*permission) && !holds(Permission::ManageSystem)).map(Forbidden::Lacks)
}

/// A type that stands for one operation.
pub trait Permitted {
    /// The operation.
    const OPERATION: Operation;
}

/// Proof that the table lets somebody call an operation: only [`permit`] makes one, and no use case runs without.
#[derive(Debug)]
pub struct Permit<O: Permitted> {
    operation: PhantomData<O>,
}

/// Makes the types that stand for the operations that are built.
macro_rules! permitted {
    ($($name:ident),*) => {$(
        #[doc = concat!("Stands for the operation `", stringify!($name), "`.")]
        #[derive(Debug)]
        pub enum $name {}

        impl Permitted for $name {
            const OPERATION: Operation = Operation::$name;
        }
    )*};
}

/// The types that stand for the operations that are built.
pub mod operations {
    use super::{Operation, Permitted};

    permitted!(
        Login,
        Logout,
        CreateUser,
        CheckUserMfa,
        GetUser,
        GetUserByUsername,
        GetUserByEmail,
        GetUsersByIds,
        GetUsersByUsernames,
        PatchUser
    );
}

/// Asks the table whether somebody may call an operation on an account; operations without a target pass `None`.
///
/// # Errors
///
/// [`Forbidden`] when he may not, or when the operation has no row.
pub fn permit<O: Permitted>(actor: &Actor, target: Option<&User>) -> Result<Permit<O>, Forbidden> {
    let entry = TABLE.iter().find(|entry| entry.operation == O::OPERATION);
    let Some(entry) = entry else { return Err(Forbidden::OutOfScope(O::OPERATION)) };
    if let Actor::Account(principal) = actor
        && let Some(scopes) = &principal.proof.scopes
        && !scopes.iter().any(|scope| scope == O::OPERATION.id())
    {
        return Err(Forbidden::OutOfScope(O::OPERATION));
    }
    match decide(entry.rule, actor.kind(), TargetKind::of(actor, target), |permission| actor.holds(permission)) {
        Some(forbidden) => Err(forbidden),
        None => Ok(Permit { operation: PhantomData }),
    }
}

#[cfg(test)]
mod tests;
