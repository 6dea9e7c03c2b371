//! External identities of accounts. The account's own row shows one of them; both are written here and where accounts are made.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use muster_domain::store::StoreError;
use muster_domain::user::User;

use crate::lease::Lease;
use crate::schema::identities;
use crate::statement::{Bind, Statement};

/// Who has the identity already keeps it; who has another's is told.
const IDENTIFY: &str = "INSERT INTO identities (user_id, provider, issuer, subject) SELECT ?, ?, ?, ? \
    WHERE NOT EXISTS (SELECT 1 FROM identities WHERE issuer = ? AND subject = ? AND user_id = ?)";

/// An account elsewhere that signs in to one here.
#[derive(Insertable)]
#[diesel(table_name = identities)]
pub(crate) struct IdentityRow<'a> {
    user_id: &'a str,
    provider: &'a str,
    issuer: &'a str,
    subject: &'a str,
}

impl<'a> IdentityRow<'a> {
    /// The row of an account that a provider has a name for.
    pub(crate) fn of(user: &'a User) -> Option<Self> {
        let service = user.identity.service.as_str();
        let subject = user.identity.subject.as_deref()?;
        Some(Self { user_id: user.id.as_str(), provider: service, issuer: service, subject })
    }
}

impl Lease {
    /// Leaves an account the identity that it shows, and no other.
    pub(super) async fn identify(&mut self, user: &User) -> Result<(), StoreError> {
        let row = IdentityRow::of(user);
        let (issuer, subject) = row.as_ref().map_or(("", ""), |row| (row.issuer, row.subject));
        let others = identities::table
            .filter(identities::user_id.eq(user.id.as_str()))
            .filter(identities::issuer.ne(issuer).or(identities::subject.ne(subject)));
        let deleted = diesel::delete(others).execute(self.connection()?).await;
        self.settle(deleted)?;
        let Some(row) = row else { return Ok(()) };
        let binds = [row.user_id, row.provider, row.issuer, row.subject, row.issuer, row.subject, row.user_id].map(Bind::Text);
        let inserted = Statement::<()>::new(IDENTIFY, binds.to_vec()).execute(self.connection()?).await;
        self.settle(inserted).map(|_| ())
    }
}
