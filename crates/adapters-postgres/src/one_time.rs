//! Tokens of links in mails.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel_async::RunQueryDsl;
use muster_domain::credential::Digest;
use muster_domain::email::Email;
use muster_domain::id::UserId;
use muster_domain::one_time::{NewOneTimeToken, OneTimeToken, TokenKind};
use muster_domain::store::{Cause, OneTimeTokens, ReadOneTimeTokens, StoreError};
use muster_domain::time::Timestamp;

use crate::error::corrupt;
use crate::lease::Lease;
use crate::schema::one_time_tokens;
use crate::statement::{Bind, Statement};

/// In the place of the account's token of the kind for the address: of two at once, the later one counts.
const PUT: &str = "INSERT INTO one_time_tokens (id, user_id, kind, email, token_hash, key_id, created_at, expires_at) \
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (user_id, kind, email) DO UPDATE SET id = excluded.id, \
    token_hash = excluded.token_hash, key_id = excluded.key_id, created_at = excluded.created_at, expires_at = excluded.expires_at";

/// A hash and the name of its key, which no hash has a part of.
const FIND: &str = "SELECT id, user_id, kind, email, created_at, expires_at FROM one_time_tokens \
    WHERE token_hash = ANY (?) AND key_id || ' ' || token_hash = ANY (?)";

const REDEEM: &str = "DELETE FROM one_time_tokens WHERE token_hash = ANY (?) AND key_id || ' ' || token_hash = ANY (?) \
    AND kind = ? AND expires_at > ? RETURNING id, user_id, kind, email, created_at, expires_at";

const PURGE: &str = "DELETE FROM one_time_tokens WHERE id = ANY (ARRAY (SELECT id FROM one_time_tokens WHERE created_at < ? \
    ORDER BY created_at LIMIT ? FOR UPDATE SKIP LOCKED))";

type Columns = (Text, Text, Text, Text, BigInt, BigInt);
type TokenRow = (String, String, String, String, i64, i64);

fn token((id, user_id, kind, email, created_at, expires_at): TokenRow) -> Result<OneTimeToken, Cause> {
    Ok(OneTimeToken {
        id: id.parse()?,
        user_id: user_id.parse()?,
        kind: TokenKind::from_id(&kind).ok_or("an unknown kind of token")?,
        email: Email::parse(&email)?,
        created_at: Timestamp::from_millis(created_at),
        expires_at: Timestamp::from_millis(expires_at),
    })
}

/// The hashes, and each with its key before it.
fn both(hashes: &[Digest]) -> (Vec<&str>, Vec<String>) {
    let with_key = hashes.iter().map(|hash| format!("{} {}", hash.key().as_str(), hash.value()));
    (hashes.iter().map(Digest::value).collect(), with_key.collect())
}

#[async_trait]
impl ReadOneTimeTokens for Lease {
    #[tracing::instrument(name = "db.one_time_tokens.by_token", skip_all)]
    async fn by_token(&mut self, hashes: &[Digest]) -> Result<Option<OneTimeToken>, StoreError> {
        let (values, with_key) = both(hashes);
        let binds = vec![Bind::Texts(values), Bind::Texts(with_key.iter().map(String::as_str).collect())];
        let found = Statement::<Columns>::new(FIND, binds).get_result::<TokenRow>(self.connection()?).await.optional();
        self.settle(found)?.map(|row| token(row).map_err(corrupt("one_time_tokens"))).transpose()
    }
}

#[async_trait]
impl OneTimeTokens for Lease {
    #[tracing::instrument(name = "db.one_time_tokens.put", skip_all)]
    async fn put(&mut self, new: &NewOneTimeToken) -> Result<(), StoreError> {
        let NewOneTimeToken { token, hash } = new;
        let texts = [token.id.as_str(), token.user_id.as_str(), token.kind.id(), token.email.as_str(), hash.value(), hash.key().as_str()];
        let times = [token.created_at, token.expires_at].map(|time| Bind::Number(time.as_millis()));
        let binds = texts.map(Bind::Text).into_iter().chain(times).collect();
        let inserted = Statement::<()>::new(PUT, binds).execute(self.connection()?).await;
        self.settle(inserted).map(drop)
    }

    #[tracing::instrument(name = "db.one_time_tokens.redeem", skip_all)]
    async fn redeem(&mut self, hashes: &[Digest], kind: TokenKind, now: Timestamp) -> Result<Option<OneTimeToken>, StoreError> {
        let (values, with_key) = both(hashes);
        let hashes = [Bind::Texts(values), Bind::Texts(with_key.iter().map(String::as_str).collect())];
        let binds = hashes.into_iter().chain([Bind::Text(kind.id()), Bind::Number(now.as_millis())]).collect();
        let found = Statement::<Columns>::new(REDEEM, binds).get_result::<TokenRow>(self.connection()?).await.optional();
        self.settle(found)?.map(|row| token(row).map_err(corrupt("one_time_tokens"))).transpose()
    }

    #[tracing::instrument(name = "db.one_time_tokens.end", skip_all, fields(user.id = user.as_str()))]
    async fn end(&mut self, user: &UserId, kinds: &[TokenKind]) -> Result<u64, StoreError> {
        let kinds: Vec<_> = kinds.iter().map(|kind| kind.id()).collect();
        let live = one_time_tokens::table.filter(one_time_tokens::user_id.eq(user.as_str())).filter(one_time_tokens::expires_at.ne(0));
        let meant = live.filter(one_time_tokens::kind.eq_any(kinds));
        let updated = diesel::update(meant).set(one_time_tokens::expires_at.eq(0)).execute(self.connection()?).await;
        Ok(u64::try_from(self.settle(updated)?).unwrap_or(u64::MAX))
    }

    #[tracing::instrument(name = "db.one_time_tokens.purge", skip_all)]
    async fn purge(&mut self, before: Timestamp, most: u32) -> Result<u64, StoreError> {
        let binds = [before.as_millis(), i64::from(most)].map(Bind::Number).to_vec();
        let deleted = Statement::<()>::new(PURGE, binds).execute(self.connection()?).await;
        Ok(u64::try_from(self.settle(deleted)?).unwrap_or(u64::MAX))
    }
}
