//! The end of an account.

use diesel::OptionalExtension;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use muster_domain::id::UserId;
use muster_domain::store::StoreError;

use crate::lease::Lease;
use crate::statement::{Bind, Statement};

/// Takes with it, by foreign keys, everything that is the account's own.
const REMOVE: &str = "DELETE FROM users WHERE id = ? RETURNING email, username";

/// The counts of lists hold usernames: where a stretch begins, and what was appended.
const FORGET_NAME: &str = "SELECT forget_name(?)";

/// What its address stands in.
const BY_ADDRESS: [&str; 2] = ["DELETE FROM invitations WHERE email = ?", "UPDATE teams SET email = '' WHERE email = ?"];

/// What its id stands in. The audit of others keeps the id, which by then names nobody.
const BY_ID: [&str; 6] = [
    "DELETE FROM audits WHERE actor = ?",
    "UPDATE audits SET before = NULL, after = NULL, extra = CASE WHEN extra IS NOT NULL THEN '' END WHERE target = ?",
    "UPDATE users SET bot_owner_id = NULL WHERE bot_owner_id = ?",
    "UPDATE terms_of_service SET author = NULL WHERE author = ?",
    "UPDATE channels SET creator_id = NULL WHERE creator_id = ?",
    "UPDATE invitations SET invited_by = NULL WHERE invited_by = ?",
];

impl Lease {
    /// Removes an account for good.
    pub(super) async fn removed(&mut self, id: &UserId) -> Result<bool, StoreError> {
        let remove = Statement::<(Text, Text)>::new(REMOVE, vec![Bind::Text(id.as_str())]);
        let removed = remove.get_result::<(String, String)>(self.connection()?).await.optional();
        let Some((email, username)) = self.settle(removed)? else { return Ok(false) };
        let by_address = BY_ADDRESS.map(|sql| (sql, email.as_str()));
        let by_id = BY_ID.map(|sql| (sql, id.as_str()));
        let by_name = [(FORGET_NAME, username.as_str())];
        for (sql, value) in by_address.into_iter().chain(by_id).chain(by_name) {
            let forgotten = Statement::<()>::new(sql, vec![Bind::Text(value)]).execute(self.connection()?).await;
            self.settle(forgotten)?;
        }
        Ok(true)
    }
}
