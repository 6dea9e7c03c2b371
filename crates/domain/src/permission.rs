//! Who may do what: one table, and the proof that it was asked.

use std::marker::PhantomData;

use crate::actor::{Actor, ActorKind};
use crate::operation::Operation;
use crate::role::Permission;
use crate::user::User;

pub mod operations;
mod table;

pub use table::{Entry, TABLE};

/// What an operation asks of who calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Nothing.
    Everyone,
    /// To be signed in.
    SignedIn,
    /// To be signed in and to see the target, or to be in a channel with it.
    SeesTarget,
    /// To be the target, or to rank above it; of a bot, to answer for it.
    EditsTarget,
    /// To be the target, or to rank above it.
    ActsFor,
    /// To hold a permission, and to be the target or to rank above it; of a bot, to answer for it.
    HoldsAndEdits(Permission),
    /// To be the target, or to hold what activates others and to rank above it.
    Activates,
    /// To hold a permission.
    Holds(Permission),
    /// To hold a permission and to rank above the target; of a bot, to answer for it besides.
    HoldsOver(Permission),
    /// To hold a permission in the team or channel that the call is about, or everywhere.
    HoldsHere(Permission),
    /// To be the target, and nobody else.
    Own,
    /// To be the operator at the machine.
    AtTheMachine,
}

/// What of an operation the audit holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Recorded {
    /// What it changed, and its refusals.
    Changes,
    /// Its refusals alone: it changes nothing.
    Refusals,
}

/// What an account is to the permission table when somebody acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TargetKind {
    /// The actor's own.
    Own,
    /// Another ordinary one.
    User,
    /// Another guest's.
    Guest,
    /// A bot that the actor answers for.
    OwnBot,
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
    pub const ALL: [Self; 9] =
        [Self::Own, Self::User, Self::Guest, Self::OwnBot, Self::Bot, Self::Admin, Self::Remote, Self::Deactivated, Self::Missing];

    /// What an account is to an actor. The higher rank decides where several kinds fit.
    #[must_use]
    pub fn of(actor: &Actor, target: Option<&User>) -> Self {
        let Some(target) = target else { return Self::Missing };
        if actor.user_id() == Some(&target.id) {
            Self::Own
        } else if target.is_admin() {
            Self::Admin
        } else if let Some(bot) = &target.bot {
            let is_own = bot.owner_id.is_some() && bot.owner_id.as_ref() == actor.user_id();
            if is_own { Self::OwnBot } else { Self::Bot }
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
    /// Only the account's holder may.
    #[error("only the account's holder may do this")]
    NotOwn,
    /// A second factor must be activated first.
    #[error("a second factor must be activated first")]
    FactorMissing,
    /// The sign-in is too long ago.
    #[error("sign in again first")]
    Stale,
    /// He may no longer do all that he might when he was looked at.
    #[error("the roles have changed")]
    Demoted,
    /// Only the operator at the machine may.
    #[error("only the operator at the machine may do this")]
    NotAtTheMachine,
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
    let is_own = target == TargetKind::Own;
    let needed = match rule {
        Rule::Everyone | Rule::SignedIn => [None; 3],
        Rule::SeesTarget => [Some(Permission::ViewMembers).filter(|_| !is_own), None, None],
        Rule::EditsTarget => beside(None, editing(actor, target)),
        Rule::HoldsAndEdits(permission) => beside(Some(permission), editing(actor, target)),
        Rule::ActsFor | Rule::Activates | Rule::Own if is_own => [None; 3],
        Rule::ActsFor => [Some(Permission::EditOtherUsers), above(target), None],
        Rule::Activates => [Some(Permission::WriteUserManagement), above(target), None],
        Rule::HoldsOver(permission) => [Some(permission), above(target), None],
        Rule::Holds(permission) | Rule::HoldsHere(permission) => [Some(permission), None, None],
        Rule::Own => return Some(Forbidden::NotOwn),
        Rule::AtTheMachine => return Some(Forbidden::NotAtTheMachine),
    };
    let lacks = |permission: &Permission| !holds(*permission) && !holds(Permission::ManageSystem);
    // Who may edit others learns no more of an id that nobody has than that nobody but an admin may edit it.
    let is_veiled = matches!(rule, Rule::EditsTarget | Rule::HoldsAndEdits(_) | Rule::ActsFor) && target == TargetKind::Missing;
    if is_veiled && !holds(Permission::ManageSystem) {
        return Some(Forbidden::Lacks(Permission::EditOtherUsers));
    }
    needed.into_iter().flatten().find(lacks).map(Forbidden::Lacks)
}

/// What it takes to edit an account of a kind.
const fn editing(actor: ActorKind, target: TargetKind) -> [Option<Permission>; 2] {
    match target {
        // A bot that edits itself counts as anybody else: its owner answers for it.
        TargetKind::Own if matches!(actor, ActorKind::Bot) => [Some(Permission::ManageOthersBots), None],
        TargetKind::Own => [None, None],
        TargetKind::OwnBot => [Some(Permission::ManageBots), None],
        TargetKind::Bot => [Some(Permission::ManageOthersBots), None],
        _ => [Some(Permission::EditOtherUsers), above(target)],
    }
}

const fn beside(first: Option<Permission>, [second, third]: [Option<Permission>; 2]) -> [Option<Permission>; 3] {
    [first, second, third]
}

/// What it takes besides to act on an account of a kind that ranks above others, or that somebody answers for.
const fn above(target: TargetKind) -> Option<Permission> {
    match target {
        TargetKind::Admin => Some(Permission::ManageSystem),
        TargetKind::OwnBot => Some(Permission::ManageBots),
        TargetKind::Bot => Some(Permission::ManageOthersBots),
        _ => None,
    }
}

/// Whether somebody who must activate a second factor may call an operation before: he sees himself, and activates one for himself.
#[must_use]
pub const fn is_open_before_factor(operation: Operation, target: TargetKind) -> bool {
    matches!(operation, Operation::GetUser | Operation::GenerateMfaSecret | Operation::UpdateUserMfa) && matches!(target, TargetKind::Own)
}

/// Whether an operation changes by what somebody signs in: a factor, a token, or the way. Where the operator demands it, the sign-in by
/// which it is called must be recent. Ending what was given is not among them: that is never to wait.
#[must_use]
pub const fn needs_recent_sign_in(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::GenerateMfaSecret
            | Operation::UpdateUserMfa
            | Operation::CreateRecoveryCodes
            | Operation::CreateUserAccessToken
            | Operation::EnableUserAccessToken
            | Operation::UpdateUserAuth
            | Operation::SwitchAccountType
            | Operation::ConvertBotToUser
    )
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

/// Asks the table whether somebody may call an operation on an account; operations without a target pass `None`.
///
/// # Errors
///
/// [`Forbidden`] when he may not, or when the operation has no row.
pub fn permit<O: Permitted>(actor: &Actor, target: Option<&User>) -> Result<Permit<O>, Forbidden> {
    asked(actor, target, |permission| actor.holds(permission))
}

/// Asks the table as [`permit`] does, of somebody who is in a channel with the target, or not.
///
/// # Errors
///
/// [`Forbidden`] when he may not, or when the operation has no row.
pub fn permit_known<O: Permitted>(actor: &Actor, target: Option<&User>, is_known: bool) -> Result<Permit<O>, Forbidden> {
    let sees = is_known && target.is_some();
    asked(actor, target, |permission| actor.holds(permission) || (sees && permission == Permission::ViewMembers))
}

/// Asks the table whether somebody may call an operation in a team or channel where he holds `here` besides what he holds everywhere.
///
/// # Errors
///
/// [`Forbidden`] when he may not, or when the operation has no row.
pub fn permit_here<O: Permitted>(actor: &Actor, here: impl Fn(Permission) -> bool) -> Result<Permit<O>, Forbidden> {
    asked(actor, None, |permission| actor.holds(permission) || here(permission))
}

fn asked<O: Permitted>(actor: &Actor, target: Option<&User>, holds: impl Fn(Permission) -> bool) -> Result<Permit<O>, Forbidden> {
    let entry = TABLE.iter().find(|entry| entry.operation == O::OPERATION);
    let Some(entry) = entry else { return Err(Forbidden::OutOfScope(O::OPERATION)) };
    if let Actor::Account(principal) = actor
        && let Some(scopes) = &principal.proof.scopes
        && !scopes.iter().any(|scope| scope == O::OPERATION.id())
    {
        return Err(Forbidden::OutOfScope(O::OPERATION));
    }
    let target_kind = TargetKind::of(actor, target);
    if actor.lacks_factor() && entry.rule != Rule::Everyone && !is_open_before_factor(O::OPERATION, target_kind) {
        return Err(Forbidden::FactorMissing);
    }
    match decide(entry.rule, actor.kind(), target_kind, holds) {
        Some(forbidden) => Err(forbidden),
        None if actor.is_stale() && needs_recent_sign_in(O::OPERATION) => Err(Forbidden::Stale),
        None => Ok(Permit { operation: PhantomData }),
    }
}

#[cfg(test)]
mod tests;
