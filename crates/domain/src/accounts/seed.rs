//! Accounts by the thousand, to measure with.

use std::ops::Range;

use super::{
    Accounts, AuditEntry, Birth, FIRST_ACCOUNT, Operation, Origin, Outcome, Password, PasswordsError, RegisterError, Registration, User,
    UserId,
};
use crate::credential::PasswordHash;

impl Accounts {
    /// Hashes the one password that seeded accounts share.
    ///
    /// # Errors
    ///
    /// [`PasswordsError`] when it could not be hashed.
    pub async fn seed_hash(&self, password: &Password) -> Result<PasswordHash, PasswordsError> {
        self.passwords.hash(password).await
    }

    /// Opens the accounts of some numbers, all or none: `seed000001` with `seed000001@example.test` and so on.
    ///
    /// # Errors
    ///
    /// [`RegisterError::Taken`] when a number was seeded before.
    #[tracing::instrument(skip_all)]
    pub async fn seed(&self, numbers: Range<u32>, hash: &PasswordHash) -> Result<Vec<UserId>, RegisterError> {
        let count = numbers.end.saturating_sub(numbers.start);
        let users: Vec<User> = numbers.map(|number| self.seedling(number)).collect::<Result<_, _>>()?;
        let passwords: Vec<_> = users.iter().map(|user| self.new_password(&user.id, hash.clone())).collect();
        let origin = Origin { request_id: None, address: None };
        let entry = AuditEntry::new(self.audit_id(), self.clock.now(), Operation::CreateUser, Outcome::Done, origin);
        let mut work = self.store.begin().await?;
        work.service().latch(FIRST_ACCOUNT, "seeded").await?;
        work.users().insert(&users).await?;
        work.credentials().insert(&passwords).await?;
        work.audits().record(&[AuditEntry { reason: Some("seed"), count, ..entry }]).await?;
        work.commit().await?;
        Ok(users.into_iter().map(|user| user.id).collect())
    }

    fn seedling(&self, number: u32) -> Result<User, RegisterError> {
        let username = format!("seed{number:06}");
        let email = format!("{username}@example.test");
        let wanted = Registration {
            nickname: format!("Seed {number}"),
            first_name: "Seeded".to_owned(),
            last_name: format!("Account {number}"),
            ..Registration::new(username, email, Password::from(String::new()))
        };
        let birth: Birth = self.birth();
        Ok(wanted.into_user(birth)?)
    }
}
