//! Access tokens.

use async_trait::async_trait;
use diesel::dsl::{SqlTypeOf, count_star};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use muster_domain::access_token::{AccessToken, NewAccessToken};
use muster_domain::actor::CredentialKind;
use muster_domain::credential::{Digest, KeyId};
use muster_domain::id::{AccessTokenId, UserId};
use muster_domain::page::Page;
use muster_domain::session::Touch;
use muster_domain::store::{AccessTokens, Cause, ReadAccessTokens, StoreError};
use muster_domain::time::Timestamp;

use crate::error::corrupt;
use crate::lease::Lease;
use crate::page::offset;
use crate::schema::access_tokens;
use crate::session::address;
use crate::statement::{Bind, Statement};

/// Adds a token where there is room for one more: its account is locked, so nobody else counts meanwhile.
const INSERT: &str = "INSERT INTO access_tokens (id, user_id, token_hash, key_id, description, created_by, created_via, is_active, scopes, \
    created_at, expires_at, last_used_at, last_address) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?, ?, ? \
    WHERE (SELECT count(*) FROM access_tokens WHERE user_id = ?) < ?";

const TOUCH: &str = "UPDATE access_tokens SET last_used_at = greatest(coalesce(last_used_at, 0), ?), last_address = ?, \
    token_hash = coalesce(?, token_hash), key_id = coalesce(?, key_id) WHERE id = ?";

/// The columns of [`TokenRow`] in its order, for statements that are written as SQL.
macro_rules! token_columns {
    () => {
        "access_tokens.id, access_tokens.user_id, access_tokens.token_hash, access_tokens.key_id, \
         access_tokens.description, access_tokens.is_active, access_tokens.scopes, access_tokens.created_by, \
         access_tokens.created_via, access_tokens.created_at, access_tokens.expires_at, access_tokens.last_used_at, \
         access_tokens.last_address"
    };
}
pub(crate) use token_columns;

/// Each way has an index of its own.
const SEARCH: &str = concat!(
    "SELECT ",
    token_columns!(),
    " FROM access_tokens WHERE access_tokens.id IN (SELECT id FROM access_tokens WHERE id = ? \
     UNION SELECT id FROM access_tokens WHERE user_id = ? \
     UNION SELECT own.id FROM access_tokens AS own JOIN users ON users.id = own.user_id WHERE users.username = ?) \
     ORDER BY access_tokens.created_at, access_tokens.id LIMIT ?"
);

/// What [`token_columns!`] are in SQL.
pub(crate) type TokenSql = SqlTypeOf<<TokenRow as Selectable<Pg>>::SelectExpression>;

/// An access token as it is stored.
#[derive(Queryable, Selectable)]
#[diesel(table_name = access_tokens, check_for_backend(diesel::pg::Pg))]
pub(crate) struct TokenRow {
    id: String,
    user_id: String,
    token_hash: String,
    pub(crate) key_id: String,
    description: String,
    is_active: bool,
    scopes: Option<serde_json::Value>,
    created_by: String,
    created_via: String,
    created_at: i64,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
    last_address: Option<String>,
}

impl TokenRow {
    /// Whether the stored hash is one of some, made under the same key.
    pub(crate) fn has_one_of(&self, hashes: &[Digest]) -> bool {
        hashes.iter().any(|hash| self.token_hash == hash.value() && self.key_id == hash.key().as_str())
    }
}

impl TryFrom<TokenRow> for AccessToken {
    type Error = StoreError;

    fn try_from(row: TokenRow) -> Result<Self, StoreError> {
        read(row).map_err(corrupt("access_tokens"))
    }
}

fn read(row: TokenRow) -> Result<AccessToken, Cause> {
    let maker = Some(row.created_by).filter(|maker| !maker.is_empty());
    Ok(AccessToken {
        id: row.id.parse()?,
        user_id: row.user_id.parse()?,
        description: row.description,
        is_active: row.is_active,
        scopes: row.scopes.map(serde_json::from_value).transpose()?,
        created_by: maker.map(|maker| maker.parse()).transpose()?,
        created_via: CredentialKind::from_id(&row.created_via).ok_or("the proof that the token was made on is unknown")?,
        created_at: Timestamp::from_millis(row.created_at),
        expires_at: row.expires_at.map(Timestamp::from_millis),
        last_used_at: row.last_used_at.map(Timestamp::from_millis),
        last_address: row.last_address.as_deref().map(address).transpose()?,
    })
}

fn all(rows: Vec<TokenRow>) -> Result<Vec<AccessToken>, StoreError> {
    rows.into_iter().map(AccessToken::try_from).collect()
}

fn insert_binds<'a>(new: &'a NewAccessToken, most: u32, scopes: Option<&'a str>, address: Option<&'a str>) -> Vec<Bind<'a>> {
    let (token, hash) = (&new.token, &new.hash);
    let time = |at: Option<Timestamp>| Bind::MaybeNumber(at.map(Timestamp::as_millis));
    let owner = token.user_id.as_str();
    let mut binds: Vec<_> = [token.id.as_str(), owner, hash.value(), hash.key().as_str(), &token.description].map(Bind::Text).into();
    binds.extend([token.created_by.as_ref().map_or("", UserId::as_str), token.created_via.id()].map(Bind::Text));
    binds.extend([Bind::Flag(token.is_active), Bind::MaybeText(scopes), Bind::Number(token.created_at.as_millis())]);
    binds.extend([time(token.expires_at), time(token.last_used_at), Bind::MaybeText(address)]);
    binds.extend([Bind::Text(owner), Bind::Number(most.into())]);
    binds
}

#[async_trait]
impl ReadAccessTokens for Lease {
    #[tracing::instrument(name = "db.access_tokens.by_id", skip_all)]
    async fn by_id(&mut self, id: &AccessTokenId) -> Result<Option<AccessToken>, StoreError> {
        let query = access_tokens::table.filter(access_tokens::id.eq(id.as_str())).select(TokenRow::as_select());
        let found: QueryResult<_> = query.first(self.connection()?).await.optional();
        self.settle(found)?.map(AccessToken::try_from).transpose()
    }

    #[tracing::instrument(name = "db.access_tokens.of_user", skip_all, fields(user.id = user.as_str()))]
    async fn of_user(&mut self, user: &UserId, page: Page) -> Result<Vec<AccessToken>, StoreError> {
        let query = access_tokens::table
            .filter(access_tokens::user_id.eq(user.as_str()))
            .order((access_tokens::created_at, access_tokens::id))
            .limit(page.size.into())
            .offset(offset(page));
        let found = query.select(TokenRow::as_select()).load(self.connection()?).await;
        all(self.settle(found)?)
    }

    #[tracing::instrument(name = "db.access_tokens.list", skip_all)]
    async fn list(&mut self, page: Page) -> Result<Vec<AccessToken>, StoreError> {
        let query = access_tokens::table.order((access_tokens::created_at, access_tokens::id)).limit(page.size.into()).offset(offset(page));
        let found = query.select(TokenRow::as_select()).load(self.connection()?).await;
        all(self.settle(found)?)
    }

    #[tracing::instrument(name = "db.access_tokens.search", skip_all)]
    async fn search(&mut self, term: &str, most: u32) -> Result<Vec<AccessToken>, StoreError> {
        let binds = vec![Bind::Text(term), Bind::Text(term), Bind::Text(term), Bind::Number(most.into())];
        let found = Statement::<TokenSql>::new(SEARCH, binds).load::<TokenRow>(self.connection()?).await;
        all(self.settle(found)?)
    }

    #[tracing::instrument(name = "db.access_tokens.count_by_key", skip_all)]
    async fn count_by_key(&mut self) -> Result<Vec<(KeyId, u64)>, StoreError> {
        let query =
            access_tokens::table.group_by(access_tokens::key_id).order(access_tokens::key_id).select((access_tokens::key_id, count_star()));
        let counted: QueryResult<Vec<(String, i64)>> = query.load(self.connection()?).await;
        Ok(self.settle(counted)?.into_iter().map(|(key, count)| (KeyId::new(&key), count.unsigned_abs())).collect())
    }
}

#[async_trait]
impl AccessTokens for Lease {
    #[tracing::instrument(name = "db.access_tokens.insert", skip_all, fields(user.id = token.token.user_id.as_str()))]
    async fn insert(&mut self, token: &NewAccessToken, most: u32) -> Result<bool, StoreError> {
        let scopes = token.token.scopes.as_ref().map(|scopes| serde_json::Value::from(scopes.as_slice()).to_string());
        let address = token.token.last_address.map(|address| address.ip().to_string());
        let binds = insert_binds(token, most, scopes.as_deref(), address.as_deref());
        let inserted = Statement::<()>::new(INSERT, binds).execute(self.connection()?).await;
        Ok(self.settle(inserted)? == 1)
    }

    #[tracing::instrument(name = "db.access_tokens.set_active", skip_all)]
    async fn set_active(&mut self, id: &AccessTokenId, is_active: bool) -> Result<Option<bool>, StoreError> {
        let meant = access_tokens::table.filter(access_tokens::id.eq(id.as_str()));
        let query = diesel::update(meant.filter(access_tokens::is_active.ne(is_active))).set(access_tokens::is_active.eq(is_active));
        let updated = query.execute(self.connection()?).await;
        if self.settle(updated)? == 1 {
            return Ok(Some(true));
        }
        let same = meant.select(access_tokens::id).first::<String>(self.connection()?).await.optional();
        Ok(self.settle(same)?.map(|_| false))
    }

    #[tracing::instrument(name = "db.access_tokens.remove", skip_all)]
    async fn remove(&mut self, id: &AccessTokenId) -> Result<bool, StoreError> {
        let meant = access_tokens::table.filter(access_tokens::id.eq(id.as_str()));
        let deleted = diesel::delete(meant).execute(self.connection()?).await;
        Ok(self.settle(deleted)? == 1)
    }

    #[tracing::instrument(name = "db.access_tokens.touch", skip_all)]
    async fn touch(&mut self, id: &AccessTokenId, touch: &Touch) -> Result<(), StoreError> {
        let (address, token) = (touch.address.ip().to_string(), touch.token.as_ref());
        let mut binds = vec![Bind::Number(touch.at.as_millis()), Bind::Text(&address), Bind::MaybeText(token.map(Digest::value))];
        binds.extend([Bind::MaybeText(token.map(|token| token.key().as_str())), Bind::Text(id.as_str())]);
        let updated = Statement::<()>::new(TOUCH, binds).execute(self.connection()?).await;
        self.settle(updated).map(|_| ())
    }
}
