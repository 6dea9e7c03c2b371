//! Access tokens.

use async_trait::async_trait;
use diesel::dsl::{SqlTypeOf, count_star};
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use muster_domain::access_token::{AccessToken, NewAccessToken};
use muster_domain::actor::CredentialKind;
use muster_domain::credential::{Digest, KeyId};
use muster_domain::id::{AccessTokenId, UserId};
use muster_domain::page::Page;
use muster_domain::session::Touch;
use muster_domain::store::{AccessTokens, ReadAccessTokens, StoreError};
use muster_domain::time::Timestamp;

use crate::connection::Repositories;
use crate::error::corrupt;
use crate::schema::{access_tokens, users};
use crate::session::{address, offset};
use crate::statement::{Bind, Statement};
use crate::user::id;

/// Adds a token where there is room for one more.
const INSERT: &str = "INSERT INTO access_tokens (id, user_id, token_hash, key_id, description, is_active, scopes, created_by, \
    created_via, created_at, expires_at, last_used_at, last_address) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? \
    WHERE (SELECT count(*) FROM access_tokens WHERE user_id = ?) < ?";

const TOUCH: &str = "UPDATE access_tokens SET last_used_at = max(coalesce(last_used_at, 0), ?), last_address = ?, \
    token_hash = coalesce(?, token_hash), key_id = coalesce(?, key_id) WHERE id = ?";

/// The columns of [`TokenRow`] in its order, for statements that are written as SQL.
macro_rules! token_columns {
    () => {
        "access_tokens.id, access_tokens.user_id, access_tokens.key_id, access_tokens.description, \
         access_tokens.is_active, access_tokens.scopes, access_tokens.created_by, access_tokens.created_via, \
         access_tokens.created_at, access_tokens.expires_at, access_tokens.last_used_at, access_tokens.last_address"
    };
}
pub(crate) use token_columns;

/// What a statement written as SQL gives for [`token_columns!`].
pub(crate) type TokenColumns = SqlTypeOf<<TokenRow as Selectable<Sqlite>>::SelectExpression>;

#[derive(Queryable, Selectable)]
#[diesel(table_name = access_tokens, check_for_backend(Sqlite))]
pub(crate) struct TokenRow {
    id: String,
    user_id: String,
    pub(crate) key_id: String,
    description: String,
    is_active: bool,
    scopes: Option<String>,
    created_by: String,
    created_via: String,
    created_at: i64,
    expires_at: Option<i64>,
    last_used_at: Option<i64>,
    last_address: Option<String>,
}

impl TryFrom<TokenRow> for AccessToken {
    type Error = StoreError;

    fn try_from(row: TokenRow) -> Result<Self, StoreError> {
        let bad = |column| move || corrupt("access_tokens", column);
        let maker = Some(row.created_by).filter(|maker| !maker.is_empty());
        let last_address = row.last_address.map(|text| address(&text).ok_or_else(bad("last_address"))).transpose()?;
        Ok(Self {
            id: id(&row.id, "access_tokens", "id")?,
            user_id: id(&row.user_id, "access_tokens", "user_id")?,
            description: row.description,
            is_active: row.is_active,
            scopes: row.scopes.map(|json| serde_json::from_str(&json)).transpose().ok().ok_or_else(bad("scopes"))?,
            created_by: maker.map(|maker| id(&maker, "access_tokens", "created_by")).transpose()?,
            created_via: CredentialKind::from_id(&row.created_via).ok_or_else(bad("created_via"))?,
            created_at: Timestamp::from_millis(row.created_at),
            expires_at: row.expires_at.map(Timestamp::from_millis),
            last_used_at: row.last_used_at.map(Timestamp::from_millis),
            last_address,
        })
    }
}

fn all(rows: Vec<TokenRow>) -> Result<Vec<AccessToken>, StoreError> {
    rows.into_iter().map(AccessToken::try_from).collect()
}

fn insert(c: &mut SqliteConnection, new: &NewAccessToken, most: u32) -> QueryResult<usize> {
    let (token, hash) = (&new.token, &new.hash);
    let scopes = token.scopes.as_ref().map(|scopes| serde_json::Value::from(scopes.as_slice()).to_string());
    let address = token.last_address.map(|address| address.ip().to_string());
    let time = |at: Option<Timestamp>| Bind::MaybeNumber(at.map(Timestamp::as_millis));
    let mut binds = vec![Bind::Text(token.id.as_str()), Bind::Text(token.user_id.as_str()), Bind::Text(hash.value())];
    binds.extend([Bind::Text(hash.key().as_str()), Bind::Text(&token.description), Bind::Number(token.is_active.into())]);
    binds.push(Bind::MaybeText(scopes.as_deref()));
    binds.push(Bind::Text(token.created_by.as_ref().map_or("", UserId::as_str)));
    binds.extend([Bind::Text(token.created_via.id()), Bind::Number(token.created_at.as_millis())]);
    binds.extend([time(token.expires_at), time(token.last_used_at), Bind::MaybeText(address.as_deref())]);
    binds.extend([Bind::Text(token.user_id.as_str()), Bind::Number(most.into())]);
    Statement::<()>::new(INSERT, binds).execute(c)
}

#[async_trait]
impl ReadAccessTokens for Repositories {
    #[tracing::instrument(name = "db.access_tokens.by_id", skip_all)]
    async fn by_id(&mut self, id: &AccessTokenId) -> Result<Option<AccessToken>, StoreError> {
        let id = id.clone();
        let query = move |c: &mut _| {
            let found = access_tokens::table.filter(access_tokens::id.eq(id.as_str()));
            found.select(TokenRow::as_select()).get_result(c).optional()
        };
        self.run(query).await?.map(AccessToken::try_from).transpose()
    }

    #[tracing::instrument(name = "db.access_tokens.of_user", skip_all, fields(user.id = user.as_str()))]
    async fn of_user(&mut self, user: &UserId, page: Page) -> Result<Vec<AccessToken>, StoreError> {
        let user = user.clone();
        let query = move |c: &mut _| {
            let own = access_tokens::table.filter(access_tokens::user_id.eq(user.as_str()));
            let ordered = own.order((access_tokens::created_at, access_tokens::id)).select(TokenRow::as_select());
            ordered.limit(i64::from(page.size)).offset(offset(page)).load(c)
        };
        all(self.run(query).await?)
    }

    #[tracing::instrument(name = "db.access_tokens.list", skip_all)]
    async fn list(&mut self, page: Page) -> Result<Vec<AccessToken>, StoreError> {
        let query = move |c: &mut _| {
            let ordered = access_tokens::table.order((access_tokens::created_at, access_tokens::id)).select(TokenRow::as_select());
            ordered.limit(i64::from(page.size)).offset(offset(page)).load(c)
        };
        all(self.run(query).await?)
    }

    #[tracing::instrument(name = "db.access_tokens.search", skip_all)]
    async fn search(&mut self, term: &str, most: u32) -> Result<Vec<AccessToken>, StoreError> {
        let term = term.to_owned();
        let query = move |c: &mut _| {
            let named = users::table.filter(users::username.eq(&term)).select(users::id);
            let of_owner = access_tokens::user_id.eq(&term).or(access_tokens::user_id.eq_any(named));
            let found = access_tokens::table.filter(access_tokens::id.eq(&term).or(of_owner));
            let ordered = found.order((access_tokens::created_at, access_tokens::id)).select(TokenRow::as_select());
            ordered.limit(i64::from(most)).load(c)
        };
        all(self.run(query).await?)
    }

    #[tracing::instrument(name = "db.access_tokens.count_by_key", skip_all)]
    async fn count_by_key(&mut self) -> Result<Vec<(KeyId, u64)>, StoreError> {
        let query = |c: &mut _| {
            let by_key = access_tokens::table.group_by(access_tokens::key_id);
            by_key.select((access_tokens::key_id, count_star())).order(access_tokens::key_id).load::<(String, i64)>(c)
        };
        let rows = self.run(query).await?;
        Ok(rows.into_iter().map(|(key, count)| (KeyId::new(&key), count.unsigned_abs())).collect())
    }
}

#[async_trait]
impl AccessTokens for Repositories {
    #[tracing::instrument(name = "db.access_tokens.insert", skip_all, fields(user.id = token.token.user_id.as_str()))]
    async fn insert(&mut self, token: &NewAccessToken, most: u32) -> Result<bool, StoreError> {
        let token = token.clone();
        Ok(self.run(move |c| insert(c, &token, most)).await? == 1)
    }

    #[tracing::instrument(name = "db.access_tokens.set_active", skip_all)]
    async fn set_active(&mut self, id: &AccessTokenId, is_active: bool) -> Result<Option<bool>, StoreError> {
        let id = id.clone();
        let query = move |c: &mut _| {
            let other = access_tokens::table.find(id.as_str()).filter(access_tokens::is_active.ne(is_active));
            if diesel::update(other).set(access_tokens::is_active.eq(is_active)).execute(c)? == 1 {
                return Ok(Some(true));
            }
            let same = access_tokens::table.find(id.as_str()).select(access_tokens::id).first::<String>(c).optional()?;
            Ok(same.map(|_| false))
        };
        self.run(query).await
    }

    #[tracing::instrument(name = "db.access_tokens.remove", skip_all)]
    async fn remove(&mut self, id: &AccessTokenId) -> Result<bool, StoreError> {
        let id = id.clone();
        Ok(self.run(move |c| diesel::delete(access_tokens::table.find(id.as_str())).execute(c)).await? == 1)
    }

    #[tracing::instrument(name = "db.access_tokens.touch", skip_all)]
    async fn touch(&mut self, id: &AccessTokenId, touch: &Touch) -> Result<(), StoreError> {
        let (id, touch) = (id.clone(), touch.clone());
        let query = move |c: &mut _| {
            let (address, token) = (touch.address.ip().to_string(), touch.token.as_ref());
            let mut binds = vec![Bind::Number(touch.at.as_millis()), Bind::Text(&address), Bind::MaybeText(token.map(Digest::value))];
            binds.extend([Bind::MaybeText(token.map(|token| token.key().as_str())), Bind::Text(id.as_str())]);
            Statement::<()>::new(TOUCH, binds).execute(c)
        };
        self.run(query).await.map(drop)
    }
}
