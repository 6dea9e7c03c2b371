//! Mail that waits to be delivered.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use diesel::sqlite::Sqlite;
use muster_domain::credential::{KeyId, Sealed};
use muster_domain::id::MailId;
use muster_domain::mail::{Claim, ClaimedMail, FailedTry, MailKind, MailRecord, MailState, NewMail, SealedMail};
use muster_domain::page::Page;
use muster_domain::store::{Outbox, ReadOutbox, StoreError};
use muster_domain::time::Timestamp;

use crate::connection::Repositories;
use crate::error::corrupt;
use crate::schema::outbox;
use crate::statement::{Bind, Statement};
use crate::user::id;

const CLAIM: &str = "UPDATE outbox SET tries = tries + 1, claimed_by = ?, due_at = ? WHERE seq IN (SELECT seq FROM outbox \
    WHERE state = 'waiting' AND due_at <= ? AND payload IS NOT NULL AND (expires_at IS NULL OR expires_at > ?) \
    ORDER BY due_at, seq LIMIT ?) RETURNING seq, id, key_id, payload, tries, created_at";

/// The state is part of the text: the index over what waits is found by it.
const NEXT_DUE: &str = "SELECT due_at FROM outbox WHERE state = 'waiting' ORDER BY due_at LIMIT 1";

const CUT: &str = "UPDATE outbox SET state = 'expired', payload = NULL, key_id = NULL, claimed_by = NULL, ended_at = ? \
    WHERE seq IN (SELECT seq FROM outbox WHERE payload IS NOT NULL AND expires_at IS NOT NULL AND expires_at <= ? \
    ORDER BY expires_at LIMIT ?)";

const PURGE: &str = "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE ended_at IS NOT NULL AND ended_at < ? \
    ORDER BY ended_at LIMIT ?)";

type Claimed = (BigInt, Text, Nullable<Text>, Nullable<Binary>, BigInt, BigInt);
type ClaimedRow = (i64, String, Option<String>, Option<Vec<u8>>, i64, i64);

#[derive(Insertable)]
#[diesel(table_name = outbox, treat_none_as_default_value = false)]
struct NewRow {
    id: String,
    user_id: Option<String>,
    kind: &'static str,
    state: &'static str,
    key_id: String,
    payload: Vec<u8>,
    created_at: i64,
    expires_at: Option<i64>,
    due_at: i64,
    tries: i64,
}

impl From<&NewMail> for NewRow {
    fn from(mail: &NewMail) -> Self {
        Self {
            id: mail.id.to_string(),
            user_id: mail.user_id.as_ref().map(ToString::to_string),
            kind: mail.kind.id(),
            state: MailState::Waiting.id(),
            key_id: mail.sealed.key_id.as_str().to_owned(),
            payload: mail.sealed.bytes.clone(),
            created_at: mail.created_at.as_millis(),
            expires_at: mail.expires_at.map(Timestamp::as_millis),
            due_at: mail.created_at.as_millis(),
            tries: 0,
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox, check_for_backend(Sqlite))]
struct RecordRow {
    id: String,
    user_id: Option<String>,
    kind: String,
    state: String,
    tries: i64,
    created_at: i64,
    due_at: i64,
    reason: Option<String>,
}

impl TryFrom<RecordRow> for MailRecord {
    type Error = StoreError;

    fn try_from(row: RecordRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: id(&row.id, "outbox", "id")?,
            user_id: row.user_id.map(|user| id(&user, "outbox", "user_id")).transpose()?,
            kind: MailKind::from_id(&row.kind).ok_or_else(|| corrupt("outbox", "kind"))?,
            state: MailState::from_id(&row.state).ok_or_else(|| corrupt("outbox", "state"))?,
            tries: tries(row.tries)?,
            created_at: Timestamp::from_millis(row.created_at),
            due_at: Timestamp::from_millis(row.due_at),
            reason: row.reason,
        })
    }
}

fn tries(count: i64) -> Result<u32, StoreError> {
    u32::try_from(count).map_err(|_| corrupt("outbox", "tries"))
}

fn sealed(key_id: Option<String>, letter: Option<Vec<u8>>) -> Result<Sealed, StoreError> {
    let key_id = KeyId::new(&key_id.ok_or_else(|| corrupt("outbox", "key_id"))?);
    Ok(Sealed { key_id, bytes: letter.ok_or_else(|| corrupt("outbox", "payload"))? })
}

fn claimed((_, row_id, key_id, payload, count, created_at): ClaimedRow) -> Result<ClaimedMail, StoreError> {
    Ok(ClaimedMail {
        id: id(&row_id, "outbox", "id")?,
        sealed: sealed(key_id, payload)?,
        tries: tries(count)?,
        created_at: Timestamp::from_millis(created_at),
    })
}

#[async_trait]
impl ReadOutbox for Repositories {
    #[tracing::instrument(name = "db.outbox.list", skip_all)]
    async fn list(&mut self, states: &[MailState], page: Page) -> Result<Vec<MailRecord>, StoreError> {
        let states: Vec<_> = states.iter().map(|state| state.id()).collect();
        let query = move |c: &mut _| {
            let rows = outbox::table.filter(outbox::state.eq_any(states)).order(outbox::seq);
            let rows = rows.offset(i64::try_from(page.offset()).unwrap_or(i64::MAX)).limit(i64::from(page.size));
            rows.select(RecordRow::as_select()).load(c)
        };
        self.run(query).await?.into_iter().map(MailRecord::try_from).collect()
    }

    #[tracing::instrument(name = "db.outbox.next_due", skip_all)]
    async fn next_due(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let query = |c: &mut _| Statement::<(BigInt,)>::new(NEXT_DUE, Vec::new()).get_result::<(i64,)>(c).optional();
        Ok(self.run(query).await?.map(|(due_at,)| Timestamp::from_millis(due_at)))
    }

    #[tracing::instrument(name = "db.outbox.sealed_under_others", skip_all)]
    async fn sealed_under_others(&mut self, key: &KeyId, after: Option<&MailId>, most: u32) -> Result<Vec<SealedMail>, StoreError> {
        let (key, after) = (key.clone(), after.map(ToString::to_string).unwrap_or_default());
        let query = move |c: &mut _| {
            // A wiped letter has no key.
            let others = outbox::table.filter(outbox::key_id.ne(key.as_str())).filter(outbox::id.gt(after));
            let rows = others.order(outbox::id).limit(most.into()).select((outbox::id, outbox::key_id, outbox::payload));
            rows.load::<(String, Option<String>, Option<Vec<u8>>)>(c)
        };
        self.run(query)
            .await?
            .into_iter()
            .map(|(row_id, key, letter)| Ok(SealedMail { id: id(&row_id, "outbox", "id")?, sealed: sealed(key, letter)? }))
            .collect()
    }
}

#[async_trait]
impl Outbox for Repositories {
    #[tracing::instrument(name = "db.outbox.put", skip_all)]
    async fn put(&mut self, mails: &[NewMail]) -> Result<(), StoreError> {
        let rows: Vec<_> = mails.iter().map(NewRow::from).collect();
        self.run(move |c| diesel::insert_into(outbox::table).values(rows).execute(c)).await.map(drop)
    }

    #[tracing::instrument(name = "db.outbox.claim", skip_all)]
    async fn claim(&mut self, claim: &Claim) -> Result<Vec<ClaimedMail>, StoreError> {
        let claim = claim.clone();
        let query = move |c: &mut _| {
            let (now, until) = (Bind::Number(claim.now.as_millis()), Bind::Number(claim.until.as_millis()));
            let again = Bind::Number(claim.now.as_millis());
            let binds = vec![Bind::Text(&claim.by), until, now, again, Bind::Number(i64::from(claim.most))];
            Statement::<Claimed>::new(CLAIM, binds).load::<ClaimedRow>(c)
        };
        let mut rows = self.run(query).await?;
        rows.sort_unstable_by_key(|row| row.0);
        rows.into_iter().map(claimed).collect()
    }

    #[tracing::instrument(name = "db.outbox.delivered", skip_all, fields(mail.id = id.as_str()))]
    async fn delivered(&mut self, id: &MailId, by: &str, at: Timestamp) -> Result<bool, StoreError> {
        let (id, by) = (id.clone(), by.to_owned());
        let query = move |c: &mut _| {
            let held = outbox::table.filter(outbox::id.eq(id.as_str())).filter(outbox::claimed_by.eq(by));
            let wiped = (outbox::payload.eq(None::<Vec<u8>>), outbox::key_id.eq(None::<&str>), outbox::reason.eq(None::<&str>));
            let ended =
                (outbox::state.eq(MailState::Delivered.id()), outbox::claimed_by.eq(None::<&str>), outbox::ended_at.eq(at.as_millis()));
            diesel::update(held).set((wiped, ended)).execute(c)
        };
        Ok(self.run(query).await? == 1)
    }

    #[tracing::instrument(name = "db.outbox.failed", skip_all, fields(mail.id = id.as_str()))]
    async fn failed(&mut self, id: &MailId, by: &str, failure: &FailedTry) -> Result<bool, StoreError> {
        let (id, by, failure) = (id.clone(), by.to_owned(), failure.clone());
        let query = move |c: &mut _| {
            let held = outbox::table.filter(outbox::id.eq(id.as_str())).filter(outbox::claimed_by.eq(by));
            let noted = (outbox::reason.eq(failure.reason), outbox::claimed_by.eq(None::<&str>));
            if let Some(due_at) = failure.retry_at {
                return diesel::update(held).set((noted, outbox::due_at.eq(due_at.as_millis()))).execute(c);
            }
            let ended = (outbox::state.eq(MailState::Dead.id()), outbox::ended_at.eq(failure.at.as_millis()));
            diesel::update(held).set((noted, ended)).execute(c)
        };
        Ok(self.run(query).await? == 1)
    }

    #[tracing::instrument(name = "db.outbox.retry", skip_all)]
    async fn retry(&mut self, id: Option<&MailId>, now: Timestamp) -> Result<u64, StoreError> {
        let id = id.cloned();
        let query = move |c: &mut _| {
            let again = (
                outbox::state.eq(MailState::Waiting.id()),
                outbox::tries.eq(0),
                outbox::due_at.eq(now.as_millis()),
                outbox::ended_at.eq(None::<i64>),
            );
            let dead = outbox::table.filter(outbox::state.eq(MailState::Dead.id()));
            match id {
                Some(id) => diesel::update(dead.filter(outbox::id.eq(id.as_str()))).set(again).execute(c),
                None => diesel::update(dead).set(again).execute(c),
            }
        };
        Ok(self.run(query).await? as u64)
    }

    #[tracing::instrument(name = "db.outbox.reseal", skip_all, fields(mail.id = id.as_str()))]
    async fn reseal(&mut self, id: &MailId, before: &Sealed, after: &Sealed) -> Result<bool, StoreError> {
        let (id, before, after) = (id.clone(), before.clone(), after.clone());
        let query = move |c: &mut _| {
            let same = outbox::table.filter(outbox::id.eq(id.as_str())).filter(outbox::key_id.eq(before.key_id.as_str()));
            let anew = (outbox::key_id.eq(after.key_id.as_str()), outbox::payload.eq(&after.bytes));
            diesel::update(same.filter(outbox::payload.eq(&before.bytes))).set(anew).execute(c)
        };
        Ok(self.run(query).await? == 1)
    }

    #[tracing::instrument(name = "db.outbox.cut", skip_all)]
    async fn cut(&mut self, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        let query = move |c: &mut _| {
            let binds = vec![Bind::Number(now.as_millis()), Bind::Number(now.as_millis()), Bind::Number(i64::from(most))];
            Statement::<()>::new(CUT, binds).execute(c)
        };
        Ok(self.run(query).await? as u64)
    }

    #[tracing::instrument(name = "db.outbox.purge", skip_all)]
    async fn purge(&mut self, before: Timestamp, most: u32) -> Result<u64, StoreError> {
        let query = move |c: &mut _| {
            let binds = vec![Bind::Number(before.as_millis()), Bind::Number(i64::from(most))];
            Statement::<()>::new(PURGE, binds).execute(c)
        };
        Ok(self.run(query).await? as u64)
    }
}
