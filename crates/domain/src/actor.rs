//! Who acts, and on what proof.

use crate::access_token::TokenOwner;
use crate::credential::Method;
use crate::id::{AccessTokenId, SessionId, UserId};
use crate::role::{self, Permission};
use crate::session::SignedIn;
use crate::store::Held;
use crate::time::Timestamp;
use crate::user::User;

/// What a request showed to prove who sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// The token of a session.
    Session,
    /// A personal access token.
    AccessToken,
    /// A bot's access token.
    BotToken,
    /// A connection to the local socket.
    LocalSocket,
}

impl CredentialKind {
    const ALL: [Self; 4] = [Self::Session, Self::AccessToken, Self::BotToken, Self::LocalSocket];

    /// The kind of a name.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == id)
    }

    /// The name under which audits hold the kind.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::AccessToken => "access_token",
            Self::BotToken => "bot_token",
            Self::LocalSocket => "local_socket",
        }
    }
}

/// The proof behind a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// What kind it is of.
    pub kind: CredentialKind,
    /// Which session or token it is.
    pub id: String,
    /// When its holder proved who he is.
    pub authenticated_at: Timestamp,
    /// By which methods.
    pub methods: Vec<Method>,
    /// The operations it is good for, by name; `None` for all.
    pub scopes: Option<Vec<String>>,
}

/// Somebody signed in: the account as it is now, and the proof.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The account.
    pub user: User,
    /// The proof.
    pub proof: Proof,
    /// Whether the account must activate a second factor before it may do anything else.
    pub lacks_factor: bool,
    /// Whether its holder proved who he is too long ago to change by what he signs in.
    pub is_stale: bool,
}

impl From<SignedIn> for Principal {
    fn from(signed_in: SignedIn) -> Self {
        let SignedIn { session, user, .. } = signed_in;
        let proof = Proof {
            kind: CredentialKind::Session,
            id: session.id.as_str().to_owned(),
            authenticated_at: session.authenticated_at,
            methods: session.methods,
            scopes: None,
        };
        Self { user, proof, lacks_factor: false, is_stale: false }
    }
}

impl From<TokenOwner> for Principal {
    fn from(owner: TokenOwner) -> Self {
        let TokenOwner { token, user, .. } = owner;
        let proof = Proof {
            kind: if user.bot.is_some() { CredentialKind::BotToken } else { CredentialKind::AccessToken },
            id: token.id.as_str().to_owned(),
            authenticated_at: token.created_at,
            methods: Vec::new(),
            scopes: token.scopes,
        };
        Self { user, proof, lacks_factor: false, is_stale: false }
    }
}

impl From<Held> for Principal {
    fn from(held: Held) -> Self {
        match held {
            Held::Session(signed_in) => signed_in.into(),
            Held::AccessToken(owner) => owner.into(),
        }
    }
}

/// Who acts.
#[derive(Debug, Clone)]
pub enum Actor {
    /// Nobody who is signed in.
    Nobody,
    /// Somebody signed in.
    Account(Box<Principal>),
    /// Whoever may open the local socket or run the program beside its store: the operator.
    Operator,
}

/// What an actor is to the permission table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ActorKind {
    /// Not signed in.
    Nobody,
    /// Sees only what he was invited to.
    Guest,
    /// Ordinary.
    User,
    /// Runs a part of the system.
    Manager,
    /// May do everything.
    Admin,
    /// A program.
    Bot,
    /// The operator at the machine itself.
    Operator,
}

impl ActorKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [Self::Nobody, Self::Guest, Self::User, Self::Manager, Self::Admin, Self::Bot, Self::Operator];

    /// The kind of an account that acts.
    #[must_use]
    pub fn of(user: &User) -> Self {
        if user.roles.grant(Permission::ManageSystem) {
            Self::Admin
        } else if user.bot.is_some() {
            Self::Bot
        } else if role::MANAGERS.iter().any(|name| user.roles.contains(name)) {
            Self::Manager
        } else if user.is_guest() {
            Self::Guest
        } else {
            Self::User
        }
    }
}

impl Actor {
    /// The account that acts, if one does.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        match self {
            Self::Account(principal) => Some(&principal.user),
            Self::Nobody | Self::Operator => None,
        }
    }

    /// The id of the account that acts, if one does.
    #[must_use]
    pub fn user_id(&self) -> Option<&UserId> {
        self.user().map(|user| &user.id)
    }

    /// Whether an account acts that must activate a second factor first.
    #[must_use]
    pub fn lacks_factor(&self) -> bool {
        matches!(self, Self::Account(principal) if principal.lacks_factor)
    }

    /// Whether somebody acts who must sign in again before he changes by what he signs in.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        matches!(self, Self::Account(principal) if principal.is_stale)
    }

    /// The session that acts, if one does.
    #[must_use]
    pub fn session_id(&self) -> Option<SessionId> {
        match self {
            Self::Account(principal) if principal.proof.kind == CredentialKind::Session => principal.proof.id.parse().ok(),
            _ => None,
        }
    }

    /// The access token that acts, if one does.
    #[must_use]
    pub fn access_token_id(&self) -> Option<AccessTokenId> {
        match self {
            Self::Account(principal) if matches!(principal.proof.kind, CredentialKind::AccessToken | CredentialKind::BotToken) => {
                principal.proof.id.parse().ok()
            }
            _ => None,
        }
    }

    /// The kind of proof that is shown; none by nobody.
    #[must_use]
    pub fn credential_kind(&self) -> Option<CredentialKind> {
        match self {
            Self::Nobody => None,
            Self::Account(principal) => Some(principal.proof.kind),
            Self::Operator => Some(CredentialKind::LocalSocket),
        }
    }

    /// What the actor is to the permission table.
    #[must_use]
    pub fn kind(&self) -> ActorKind {
        match self {
            Self::Nobody => ActorKind::Nobody,
            Self::Account(principal) => ActorKind::of(&principal.user),
            Self::Operator => ActorKind::Operator,
        }
    }

    /// Whether the actor holds everything that a role grants.
    #[must_use]
    pub fn covers(&self, wanted: &role::Role) -> bool {
        match self {
            Self::Nobody => false,
            Self::Account(principal) => {
                let held: Vec<&role::Role> = principal.user.roles.names().filter_map(role::known).collect();
                wanted.permissions.iter().all(|id| held.iter().any(|role| role.permissions.contains(id)))
            }
            Self::Operator => true,
        }
    }

    /// Whether the actor holds a permission.
    #[must_use]
    pub fn holds(&self, permission: Permission) -> bool {
        match self {
            Self::Nobody => false,
            Self::Account(principal) => principal.user.roles.grant(permission),
            Self::Operator => true,
        }
    }
}
