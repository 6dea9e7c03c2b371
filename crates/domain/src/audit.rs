//! What happened, for those who must be able to tell.

use crate::client::ClientAddress;
use crate::credential::Digest;
use crate::id::{AuditId, RequestId, UserId};
use crate::operation::Operation;
use crate::time::Timestamp;

/// How an operation went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was refused.
    Refused,
}

impl Outcome {
    /// The name under which stores hold the outcome.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

/// Where a call came from, as audits hold it.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The request; none for what an operator does at the machine.
    pub request_id: Option<RequestId>,
    /// The address; none for what an operator does at the machine.
    pub address: Option<ClientAddress>,
    /// The path of the request, without its query.
    pub path: Option<String>,
}

/// One entry.
#[derive(Debug, Clone)]
pub struct AuditEntry {
    /// Names the entry.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// Who acted, as far as it is known.
    pub actor: Option<UserId>,
    /// The session or token that acted.
    pub credential_id: Option<String>,
    /// Its kind, by name.
    pub credential_kind: Option<&'static str>,
    /// The account acted upon.
    pub target: Option<UserId>,
    /// What was done; `muster user create` and the like go by the operation they stand for.
    pub operation: Operation,
    /// How it went.
    pub outcome: Outcome,
    /// Why not, or what is worth knowing besides. Never what somebody typed.
    pub reason: Option<&'static str>,
    /// Where it came from.
    pub origin: Origin,
    /// A keyed hash of a login name that nobody has: people type passwords there.
    pub unknown_login: Option<Digest>,
    /// The changed fields before, as JSON.
    pub before: Option<serde_json::Value>,
    /// The changed fields after, as JSON.
    pub after: Option<serde_json::Value>,
    /// What the actor's holder is told of it beside the request's path; `None` keeps the entry from him.
    pub shown_as: Option<String>,
    /// How many like it the entry stands for: refusals above a rate share one.
    pub count: u32,
}

impl Origin {
    /// That of what an operator or the service itself does at the machine.
    #[must_use]
    pub const fn at_the_machine() -> Self {
        Self { request_id: None, address: None, path: None }
    }
}

impl AuditEntry {
    /// An entry of something done or refused, with nothing but the essentials.
    #[must_use]
    pub fn new(id: AuditId, at: Timestamp, operation: Operation, outcome: Outcome, origin: Origin) -> Self {
        Self {
            id,
            at,
            actor: None,
            credential_id: None,
            credential_kind: None,
            target: None,
            operation,
            outcome,
            reason: None,
            origin,
            unknown_login: None,
            before: None,
            after: None,
            shown_as: None,
            count: 1,
        }
    }

    /// The same entry with who acted, and on what proof.
    #[must_use]
    pub fn by(mut self, actor: &crate::actor::Actor) -> Self {
        if let crate::actor::Actor::Account(principal) = actor {
            self.actor = Some(principal.user.id.clone());
            self.credential_id = Some(principal.proof.id.clone());
            self.credential_kind = Some(principal.proof.kind.id());
        }
        if matches!(actor, crate::actor::Actor::Operator) && self.origin.request_id.is_some() {
            self.credential_kind = Some(crate::actor::CredentialKind::LocalSocket.id());
        }
        self
    }
}

/// An entry as it is read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedAudit {
    /// Its place in the order of writing.
    pub sequence: i64,
    /// The operation's name.
    pub operation: String,
    /// The outcome's name.
    pub outcome: String,
    /// Why not, or what is worth knowing besides.
    pub reason: Option<String>,
    /// Who acted.
    pub actor: Option<String>,
    /// The account acted upon.
    pub target: Option<String>,
    /// How many like it the entry stands for.
    pub count: u32,
}

/// An entry as the holder of the account that acted is shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionSeen {
    /// Names the entry.
    pub id: String,
    /// When.
    pub at: crate::time::Timestamp,
    /// Who acted.
    pub actor: String,
    /// The path of the request; empty for what was done at the machine.
    pub action: String,
    /// What is told besides.
    pub extra: String,
    /// The address it came from; empty for none.
    pub address: String,
    /// The session or token that acted; empty for none.
    pub session_id: String,
}
