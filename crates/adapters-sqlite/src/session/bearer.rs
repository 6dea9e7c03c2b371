//! What a shown token stands for: a session or an access token, in one statement.

use std::borrow::Cow;

use diesel::prelude::*;
use diesel::sql_types::Nullable;
use muster_domain::access_token::TokenOwner;
use muster_domain::credential::{Digest, KeyId};
use muster_domain::session::SignedIn;
use muster_domain::store::{Held, Shown, StoreError};

use super::{SessionColumns, SessionRow, session_columns};
use crate::access_token::{TokenColumns, TokenRow, token_columns};
use crate::error::corrupt;
use crate::statement::{Bind, Statement};
use crate::user::{UserColumns, UserRow, user_columns};

/// The statement, with the conditions that find a session and an access token by their hashes.
macro_rules! bearer {
    ($session:expr, $access_token:expr) => {
        concat!(
            "SELECT ",
            session_columns!(),
            ", ",
            token_columns!(),
            ", ",
            user_columns!(),
            " FROM (SELECT 1) LEFT JOIN sessions ON sessions.token_hash IS NOT NULL AND sessions.ended_at IS NULL AND (",
            $session,
            ") LEFT JOIN access_tokens ON (",
            $access_token,
            ") CROSS JOIN users WHERE users.id = coalesce(sessions.user_id, access_tokens.user_id)"
        )
    };
}

macro_rules! session {
    () => {
        "sessions.token_hash = ? AND sessions.key_id = ?"
    };
}

macro_rules! access_token {
    () => {
        "access_tokens.token_hash = ? AND access_tokens.key_id = ?"
    };
}

/// One key is the rule.
pub(crate) const BY_ONE: &str = bearer!(session!(), access_token!());

/// Two while a key is replaced by another.
pub(crate) const BY_TWO: &str = bearer!(concat!(session!(), " OR ", session!()), concat!(access_token!(), " OR ", access_token!()));

type Columns = (Nullable<SessionColumns>, Nullable<TokenColumns>, UserColumns);
pub(super) type Row = (Option<SessionRow>, Option<TokenRow>, UserRow);

fn statement(keys: usize) -> Cow<'static, str> {
    match keys {
        0 | 1 => Cow::Borrowed(BY_ONE),
        2 => Cow::Borrowed(BY_TWO),
        _ => {
            let any = |one: &str| vec![one; keys].join(" OR ");
            Cow::Owned(BY_ONE.replacen(session!(), &any(session!()), 1).replacen(access_token!(), &any(access_token!()), 1))
        }
    }
}

fn binds(hashes: &[Digest], keys: usize) -> impl Iterator<Item = Bind<'_>> {
    // A place without a hash takes what no hash is.
    let places = hashes.iter().map(|hash| [hash.value(), hash.key().as_str()]).chain(std::iter::repeat([""; 2]));
    places.take(keys).flatten().map(Bind::Text)
}

pub(super) fn by_token(c: &mut SqliteConnection, shown: &Shown) -> QueryResult<Option<Row>> {
    let keys = shown.sessions.len().max(shown.access_tokens.len()).max(1);
    let binds = binds(&shown.sessions, keys).chain(binds(&shown.access_tokens, keys)).collect();
    let statement = match statement(keys) {
        Cow::Borrowed(sql) => Statement::<Columns>::new(sql, binds),
        Cow::Owned(sql) => Statement::composed(sql, binds),
    };
    statement.get_result(c).optional()
}

pub(super) fn held((session, token, user): Row) -> Result<Held, StoreError> {
    let user = user.try_into()?;
    if let Some(session) = session {
        let key = KeyId::new(&session.key_id);
        return Ok(Held::Session(SignedIn { session: session.try_into()?, user, key }));
    }
    let token = token.ok_or_else(|| corrupt("access_tokens", "id"))?;
    let key = KeyId::new(&token.key_id);
    Ok(Held::AccessToken(TokenOwner { token: token.try_into()?, user, key }))
}
