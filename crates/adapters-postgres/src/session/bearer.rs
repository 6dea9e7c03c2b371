//! What a shown token stands for: a session or an access token, in one statement.

use diesel::sql_types::Nullable;
use muster_domain::access_token::TokenOwner;
use muster_domain::credential::{Digest, KeyId};
use muster_domain::session::SignedIn;
use muster_domain::store::{Held, Shown, StoreError};

use super::{SessionRow, SessionSql, session_columns};
use crate::access_token::{TokenRow, TokenSql, token_columns};
use crate::error::corrupt;
use crate::statement::{Bind, Statement};
use crate::user::{UserRow, UserSql, account};

/// The statement, with the conditions that find a session and an access token by their hashes.
macro_rules! bearer {
    ($is_one:literal) => {
        concat!(
            "SELECT ",
            session_columns!(),
            ", ",
            token_columns!(),
            ", ",
            account!("users."),
            " FROM (SELECT 1) AS shown LEFT JOIN sessions ON sessions.token_hash ",
            $is_one,
            " AND sessions.ended_at IS NULL LEFT JOIN access_tokens ON access_tokens.token_hash ",
            $is_one,
            " JOIN users ON users.id = coalesce(sessions.user_id, access_tokens.user_id)"
        )
    };
}

/// One key is the rule. PostgreSQL keeps a plan for one value, and plans anew for every array: that takes three times as long.
const BY_ONE: &str = bearer!("= ?");
const BY_ANY: &str = bearer!("= ANY (?)");

type Sql = (Nullable<SessionSql>, Nullable<TokenSql>, UserSql);
pub(super) type Row = (Option<SessionRow>, Option<TokenRow>, UserRow);

pub(super) fn statement(shown: &Shown) -> Statement<'_, Sql> {
    match (shown.sessions.as_slice(), shown.access_tokens.as_slice()) {
        ([session], [token]) => Statement::new(BY_ONE, vec![Bind::Text(session.value()), Bind::Text(token.value())]),
        (sessions, tokens) => Statement::new(BY_ANY, vec![values(sessions), values(tokens)]),
    }
}

fn values(hashes: &[Digest]) -> Bind<'_> {
    Bind::Texts(hashes.iter().map(Digest::value).collect())
}

/// Whether a row was found by a hash under the key that made it.
pub(super) fn is_shown((session, token, _): &Row, shown: &Shown) -> bool {
    match (session, token) {
        (Some(session), _) => session.has_one_of(&shown.sessions),
        (None, Some(token)) => token.has_one_of(&shown.access_tokens),
        (None, None) => false,
    }
}

pub(super) fn held((session, token, user): Row) -> Result<Held, StoreError> {
    let user = user.try_into()?;
    if let Some(session) = session {
        let key = KeyId::new(&session.key_id);
        return Ok(Held::Session(SignedIn { session: session.try_into()?, user, key }));
    }
    let token = token.ok_or_else(|| corrupt("access_tokens")("the row has no id".into()))?;
    let key = KeyId::new(&token.key_id);
    Ok(Held::AccessToken(TokenOwner { token: token.try_into()?, user, key }))
}
