//! Tokens of links in mails.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use muster_domain::credential::Digest;
use muster_domain::email::Email;
use muster_domain::id::UserId;
use muster_domain::one_time::{NewOneTimeToken, OneTimeToken, TokenKind};
use muster_domain::store::{OneTimeTokens, ReadOneTimeTokens, StoreError};
use muster_domain::time::Timestamp;

use crate::connection::Repositories;
use crate::error::corrupt;
use crate::schema::one_time_tokens;
use crate::statement::{Bind, Statement};
use crate::user::id;

/// In the place of the account's token of the kind for the address: of two at once, the later one counts.
const PUT: &str = "INSERT INTO one_time_tokens (id, user_id, kind, email, token_hash, key_id, created_at, expires_at) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (user_id, kind, email) DO UPDATE SET id = excluded.id, \
    token_hash = excluded.token_hash, key_id = excluded.key_id, created_at = excluded.created_at, expires_at = excluded.expires_at";

const FIND: &str = "SELECT id, user_id, kind, email, created_at, expires_at FROM one_time_tokens WHERE token_hash = ? AND key_id = ?";

const REDEEM: &str = "DELETE FROM one_time_tokens WHERE token_hash = ? AND key_id = ? AND kind = ? AND expires_at > ? \
    RETURNING id, user_id, kind, email, created_at, expires_at";

const PURGE: &str =
    "DELETE FROM one_time_tokens WHERE id IN (SELECT id FROM one_time_tokens WHERE created_at < ? ORDER BY created_at LIMIT ?)";

type Columns = (Text, Text, Text, Text, BigInt, BigInt);
type TokenRow = (String, String, String, String, i64, i64);

fn token((row_id, user_id, kind, email, created_at, expires_at): TokenRow) -> Result<OneTimeToken, StoreError> {
    Ok(OneTimeToken {
        id: id(&row_id, "one_time_tokens", "id")?,
        user_id: id(&user_id, "one_time_tokens", "user_id")?,
        kind: TokenKind::from_id(&kind).ok_or_else(|| corrupt("one_time_tokens", "kind"))?,
        email: Email::parse(&email).map_err(|_| corrupt("one_time_tokens", "email"))?,
        created_at: Timestamp::from_millis(created_at),
        expires_at: Timestamp::from_millis(expires_at),
    })
}

/// The row that one of the hashes finds.
fn first(
    c: &mut SqliteConnection,
    hashes: &[Digest],
    mut find: impl FnMut(&mut SqliteConnection, &Digest) -> QueryResult<Option<TokenRow>>,
) -> QueryResult<Option<TokenRow>> {
    for hash in hashes {
        if let Some(row) = find(c, hash)? {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

#[async_trait]
impl ReadOneTimeTokens for Repositories {
    #[tracing::instrument(name = "db.one_time_tokens.by_token", skip_all)]
    async fn by_token(&mut self, hashes: &[Digest]) -> Result<Option<OneTimeToken>, StoreError> {
        let hashes = hashes.to_vec();
        let find = |c: &mut SqliteConnection, hash: &Digest| {
            let binds = vec![Bind::Text(hash.value()), Bind::Text(hash.key().as_str())];
            Statement::<Columns>::new(FIND, binds).get_result(c).optional()
        };
        self.run(move |c| first(c, &hashes, find)).await?.map(token).transpose()
    }
}

#[async_trait]
impl OneTimeTokens for Repositories {
    #[tracing::instrument(name = "db.one_time_tokens.put", skip_all)]
    async fn put(&mut self, new: &NewOneTimeToken) -> Result<(), StoreError> {
        let NewOneTimeToken { token, hash } = new.clone();
        let query = move |c: &mut _| {
            let texts =
                [token.id.as_str(), token.user_id.as_str(), token.kind.id(), token.email.as_str(), hash.value(), hash.key().as_str()];
            let times = [token.created_at, token.expires_at].map(|time| Bind::Number(time.as_millis()));
            Statement::<()>::new(PUT, texts.map(Bind::Text).into_iter().chain(times).collect()).execute(c)
        };
        self.run(query).await.map(drop)
    }

    #[tracing::instrument(name = "db.one_time_tokens.redeem", skip_all)]
    async fn redeem(&mut self, hashes: &[Digest], kind: TokenKind, now: Timestamp) -> Result<Option<OneTimeToken>, StoreError> {
        let hashes = hashes.to_vec();
        let find = move |c: &mut SqliteConnection, hash: &Digest| {
            let texts = [hash.value(), hash.key().as_str(), kind.id()].map(Bind::Text);
            let binds = texts.into_iter().chain([Bind::Number(now.as_millis())]).collect();
            Statement::<Columns>::new(REDEEM, binds).get_result(c).optional()
        };
        self.run(move |c| first(c, &hashes, find)).await?.map(token).transpose()
    }

    #[tracing::instrument(name = "db.one_time_tokens.end", skip_all, fields(user.id = user.as_str()))]
    async fn end(&mut self, user: &UserId, kinds: &[TokenKind]) -> Result<u64, StoreError> {
        let (user, kinds) = (user.clone(), kinds.iter().map(|kind| kind.id()).collect::<Vec<_>>());
        let query = move |c: &mut _| {
            let live = one_time_tokens::table.filter(one_time_tokens::user_id.eq(user.as_str())).filter(one_time_tokens::expires_at.ne(0));
            let meant = live.filter(one_time_tokens::kind.eq_any(kinds));
            diesel::update(meant).set(one_time_tokens::expires_at.eq(0)).execute(c)
        };
        Ok(self.run(query).await? as u64)
    }

    #[tracing::instrument(name = "db.one_time_tokens.purge", skip_all)]
    async fn purge(&mut self, before: Timestamp, most: u32) -> Result<u64, StoreError> {
        let query = move |c: &mut _| {
            let binds = vec![Bind::Number(before.as_millis()), Bind::Number(i64::from(most))];
            Statement::<()>::new(PURGE, binds).execute(c)
        };
        Ok(self.run(query).await? as u64)
    }
}
