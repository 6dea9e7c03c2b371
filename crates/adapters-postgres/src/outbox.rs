//! Mail that waits to be delivered.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use diesel_async::RunQueryDsl;
use muster_domain::credential::{KeyId, Sealed};
use muster_domain::id::MailId;
use muster_domain::mail::{Claim, ClaimedMail, FailedTry, MailKind, MailRecord, MailState, NewMail, SealedMail};
use muster_domain::page::Page;
use muster_domain::store::{Cause, Outbox, ReadOutbox, StoreError};
use muster_domain::time::Timestamp;

use crate::error::corrupt;
use crate::lease::Lease;
use crate::schema::outbox;
use crate::statement::{Bind, Statement};

/// Nodes that take rows at once take different ones.
const CLAIM: &str = "UPDATE outbox SET tries = tries + 1, claimed_by = ?, due_at = ? WHERE seq = ANY (ARRAY (SELECT seq FROM outbox \
    WHERE state = 'waiting' AND due_at <= ? AND payload IS NOT NULL AND (expires_at IS NULL OR expires_at > ?) \
    ORDER BY due_at, seq LIMIT ? FOR UPDATE SKIP LOCKED)) RETURNING seq, id, key_id, payload, tries, created_at";

/// The state is part of the text: the index over what waits is found by it.
const NEXT_DUE: &str = "SELECT due_at FROM outbox WHERE state = 'waiting' ORDER BY due_at LIMIT 1";

const CUT: &str = "UPDATE outbox SET state = 'expired', payload = NULL, key_id = NULL, claimed_by = NULL, ended_at = ? \
    WHERE seq = ANY (ARRAY (SELECT seq FROM outbox WHERE payload IS NOT NULL AND expires_at IS NOT NULL AND expires_at <= ? \
    ORDER BY expires_at LIMIT ? FOR UPDATE SKIP LOCKED))";

const PURGE: &str = "DELETE FROM outbox WHERE seq = ANY (ARRAY (SELECT seq FROM outbox WHERE ended_at IS NOT NULL AND ended_at < ? \
    ORDER BY ended_at LIMIT ? FOR UPDATE SKIP LOCKED))";

type Claimed = (BigInt, Text, Nullable<Text>, Nullable<Binary>, BigInt, BigInt);
type ClaimedRow = (i64, String, Option<String>, Option<Vec<u8>>, i64, i64);

#[derive(Insertable)]
#[diesel(table_name = outbox)]
struct NewRow<'a> {
    id: &'a str,
    user_id: Option<&'a str>,
    kind: &'a str,
    state: &'a str,
    key_id: &'a str,
    payload: &'a [u8],
    created_at: i64,
    expires_at: Option<i64>,
    due_at: i64,
    tries: i64,
}

impl<'a> From<&'a NewMail> for NewRow<'a> {
    fn from(mail: &'a NewMail) -> Self {
        Self {
            id: mail.id.as_str(),
            user_id: mail.user_id.as_ref().map(muster_domain::id::UserId::as_str),
            kind: mail.kind.id(),
            state: MailState::Waiting.id(),
            key_id: mail.sealed.key_id.as_str(),
            payload: &mail.sealed.bytes,
            created_at: mail.created_at.as_millis(),
            expires_at: mail.expires_at.map(Timestamp::as_millis),
            due_at: mail.created_at.as_millis(),
            tries: 0,
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox, check_for_backend(diesel::pg::Pg))]
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

fn record(row: RecordRow) -> Result<MailRecord, Cause> {
    Ok(MailRecord {
        id: row.id.parse()?,
        user_id: row.user_id.map(|user| user.parse()).transpose()?,
        kind: MailKind::from_id(&row.kind).ok_or("an unknown kind of mail")?,
        state: MailState::from_id(&row.state).ok_or("an unknown state of a mail")?,
        tries: u32::try_from(row.tries)?,
        created_at: Timestamp::from_millis(row.created_at),
        due_at: Timestamp::from_millis(row.due_at),
        reason: row.reason,
    })
}

fn sealed(key_id: Option<String>, letter: Option<Vec<u8>>) -> Result<Sealed, Cause> {
    let (key_id, bytes) = key_id.zip(letter).ok_or("a letter that waits without its text")?;
    Ok(Sealed { key_id: KeyId::new(&key_id), bytes })
}

fn sealed_mail((id, key_id, letter): (String, Option<String>, Option<Vec<u8>>)) -> Result<SealedMail, Cause> {
    Ok(SealedMail { id: id.parse()?, sealed: sealed(key_id, letter)? })
}

fn claimed((_, id, key_id, payload, tries, created_at): ClaimedRow) -> Result<ClaimedMail, Cause> {
    Ok(ClaimedMail {
        id: id.parse()?,
        sealed: sealed(key_id, payload)?,
        tries: u32::try_from(tries)?,
        created_at: Timestamp::from_millis(created_at),
    })
}

fn count(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

#[async_trait]
impl ReadOutbox for Lease {
    #[tracing::instrument(name = "db.outbox.list", skip_all)]
    async fn list(&mut self, states: &[MailState], page: Page) -> Result<Vec<MailRecord>, StoreError> {
        let states: Vec<_> = states.iter().map(|state| state.id()).collect();
        let rows = outbox::table.filter(outbox::state.eq_any(states)).order(outbox::seq);
        let rows = rows.offset(i64::try_from(page.offset()).unwrap_or(i64::MAX)).limit(i64::from(page.size));
        let found = rows.select(RecordRow::as_select()).load(self.connection()?).await;
        self.settle(found)?.into_iter().map(|row| record(row).map_err(corrupt("outbox"))).collect()
    }

    #[tracing::instrument(name = "db.outbox.next_due", skip_all)]
    async fn next_due(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let found = Statement::<(BigInt,)>::new(NEXT_DUE, Vec::new()).get_result::<(i64,)>(self.connection()?).await.optional();
        Ok(self.settle(found)?.map(|(due_at,)| Timestamp::from_millis(due_at)))
    }

    #[tracing::instrument(name = "db.outbox.sealed_under_others", skip_all)]
    async fn sealed_under_others(&mut self, key: &KeyId, after: Option<&MailId>, most: u32) -> Result<Vec<SealedMail>, StoreError> {
        // A wiped letter has no key.
        let others = outbox::table.filter(outbox::key_id.ne(key.as_str())).filter(outbox::id.gt(after.map_or("", MailId::as_str)));
        let rows = others.order(outbox::id).limit(most.into()).select((outbox::id, outbox::key_id, outbox::payload));
        let found = rows.load::<(String, Option<String>, Option<Vec<u8>>)>(self.connection()?).await;
        self.settle(found)?.into_iter().map(|row| sealed_mail(row).map_err(corrupt("outbox"))).collect()
    }
}

#[async_trait]
impl Outbox for Lease {
    #[tracing::instrument(name = "db.outbox.put", skip_all)]
    async fn put(&mut self, mails: &[NewMail]) -> Result<(), StoreError> {
        let rows: Vec<_> = mails.iter().map(NewRow::from).collect();
        let inserted = diesel::insert_into(outbox::table).values(rows).execute(self.connection()?).await;
        self.settle(inserted).map(drop)
    }

    #[tracing::instrument(name = "db.outbox.claim", skip_all)]
    async fn claim(&mut self, claim: &Claim) -> Result<Vec<ClaimedMail>, StoreError> {
        let now = claim.now.as_millis();
        let numbers = [claim.until.as_millis(), now, now, i64::from(claim.most)].map(Bind::Number);
        let binds = [Bind::Text(&claim.by)].into_iter().chain(numbers).collect();
        let taken = Statement::<Claimed>::new(CLAIM, binds).load::<ClaimedRow>(self.connection()?).await;
        let mut rows = self.settle(taken)?;
        rows.sort_unstable_by_key(|row| row.0);
        rows.into_iter().map(|row| claimed(row).map_err(corrupt("outbox"))).collect()
    }

    #[tracing::instrument(name = "db.outbox.delivered", skip_all, fields(mail.id = id.as_str()))]
    async fn delivered(&mut self, id: &MailId, by: &str, at: Timestamp) -> Result<bool, StoreError> {
        let held = outbox::table.filter(outbox::id.eq(id.as_str())).filter(outbox::claimed_by.eq(by));
        let wiped = (outbox::payload.eq(None::<Vec<u8>>), outbox::key_id.eq(None::<&str>), outbox::reason.eq(None::<&str>));
        let ended = (outbox::state.eq(MailState::Delivered.id()), outbox::claimed_by.eq(None::<&str>), outbox::ended_at.eq(at.as_millis()));
        let updated = diesel::update(held).set((wiped, ended)).execute(self.connection()?).await;
        Ok(self.settle(updated)? == 1)
    }

    #[tracing::instrument(name = "db.outbox.failed", skip_all, fields(mail.id = id.as_str()))]
    async fn failed(&mut self, id: &MailId, by: &str, failure: &FailedTry) -> Result<bool, StoreError> {
        let held = outbox::table.filter(outbox::id.eq(id.as_str())).filter(outbox::claimed_by.eq(by));
        let noted = (outbox::reason.eq(&failure.reason), outbox::claimed_by.eq(None::<&str>));
        let updated = if let Some(due_at) = failure.retry_at {
            diesel::update(held).set((noted, outbox::due_at.eq(due_at.as_millis()))).execute(self.connection()?).await
        } else {
            let ended = (outbox::state.eq(MailState::Dead.id()), outbox::ended_at.eq(failure.at.as_millis()));
            diesel::update(held).set((noted, ended)).execute(self.connection()?).await
        };
        Ok(self.settle(updated)? == 1)
    }

    #[tracing::instrument(name = "db.outbox.retry", skip_all)]
    async fn retry(&mut self, id: Option<&MailId>, now: Timestamp) -> Result<u64, StoreError> {
        let again = (
            outbox::state.eq(MailState::Waiting.id()),
            outbox::tries.eq(0),
            outbox::due_at.eq(now.as_millis()),
            outbox::ended_at.eq(None::<i64>),
        );
        let dead = outbox::table.filter(outbox::state.eq(MailState::Dead.id()));
        let updated = match id {
            Some(id) => diesel::update(dead.filter(outbox::id.eq(id.as_str()))).set(again).execute(self.connection()?).await,
            None => diesel::update(dead).set(again).execute(self.connection()?).await,
        };
        self.settle(updated).map(count)
    }

    #[tracing::instrument(name = "db.outbox.reseal", skip_all, fields(mail.id = id.as_str()))]
    async fn reseal(&mut self, id: &MailId, before: &Sealed, after: &Sealed) -> Result<bool, StoreError> {
        let same = outbox::table.filter(outbox::id.eq(id.as_str())).filter(outbox::key_id.eq(before.key_id.as_str()));
        let anew = (outbox::key_id.eq(after.key_id.as_str()), outbox::payload.eq(&after.bytes));
        let query = diesel::update(same.filter(outbox::payload.eq(&before.bytes))).set(anew);
        let resealed = query.execute(self.connection()?).await;
        Ok(self.settle(resealed)? == 1)
    }

    #[tracing::instrument(name = "db.outbox.cut", skip_all)]
    async fn cut(&mut self, now: Timestamp, most: u32) -> Result<u64, StoreError> {
        let binds = [now.as_millis(), now.as_millis(), i64::from(most)].map(Bind::Number).to_vec();
        let updated = Statement::<()>::new(CUT, binds).execute(self.connection()?).await;
        self.settle(updated).map(count)
    }

    #[tracing::instrument(name = "db.outbox.purge", skip_all)]
    async fn purge(&mut self, before: Timestamp, most: u32) -> Result<u64, StoreError> {
        let binds = [before.as_millis(), i64::from(most)].map(Bind::Number).to_vec();
        let deleted = Statement::<()>::new(PURGE, binds).execute(self.connection()?).await;
        self.settle(deleted).map(count)
    }
}
