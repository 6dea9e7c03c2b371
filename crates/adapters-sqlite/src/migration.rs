//! Bringing the tables up to date.

use std::fs::File;

use diesel::migration::Migration;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use crate::connection::Bounds;
use crate::error::MigrateError;
use crate::open::Source;
use crate::user::fold::fold;
use crate::user::segment;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Applies what is missing, one process at a time; gives the names of what was applied now.
pub(crate) fn migrate(connection: &mut SqliteConnection, source: &Source) -> Result<Vec<String>, MigrateError> {
    let _lock = lock(source)?;
    // Looked up under the lock: another process may have applied it meanwhile.
    apply(connection).map_err(|cause| {
        // Diesel doesn't begin another transaction where the end of one failed.
        if let Ok(fresh) = source.writer() {
            *connection = fresh;
        }
        MigrateError::failed(&*cause)
    })
}

/// The names of what is missing.
pub(crate) fn pending(connection: &mut SqliteConnection, source: &Source) -> Result<Vec<String>, MigrateError> {
    let _lock = lock(source)?;
    let missing = connection.pending_migrations(MIGRATIONS).map_err(|cause| MigrateError::failed(&*cause))?;
    Ok(missing.iter().map(name).collect())
}

fn lock(source: &Source) -> Result<File, MigrateError> {
    source.lock().map_err(|cause| MigrateError::Lock { path: source.lock_path(), reason: cause.to_string() })
}

fn apply(connection: &mut SqliteConnection) -> Result<Vec<String>, Cause> {
    let missing = connection.pending_migrations(MIGRATIONS)?;
    connection.run_migrations(&missing)?;
    let unreadable = fold(connection)?;
    segment::fill(connection, Bounds::USUAL)?;
    if unreadable > 0 {
        tracing::warn!(accounts = unreadable, "some accounts can't be read, and are not found by searches");
    }
    Ok(missing.iter().map(name).collect())
}

#[expect(clippy::borrowed_box, reason = "mapped over a slice of boxes")]
fn name(migration: &Box<dyn Migration<Sqlite>>) -> String {
    migration.name().to_string()
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection as _;
    use muster_domain::page::Page;
    use muster_domain::store::{ReadUsers, Store as _};
    use muster_domain::testkit::fixture::{id, team, team_member, user};
    use muster_domain::user::query::{Filter, Listing, NameFormat, Order, RoleFilter, Scope, Search, Searched, words};

    use super::*;
    use crate::{SqliteOptions, SqliteStore};

    /// Accounts as the first version made them: more than are filled at once, the last of them an admin.
    const FORMER: &str = "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 1201) \
        INSERT INTO users (id, created_at, updated_at, deleted_at, username, email, is_email_verified, nickname, first_name, last_name, \
        position, locale, props, notify_props, roles, allows_marketing, password_updated_at, picture_updated_at, has_second_factor, \
        last_login_at, is_bot, bot_description, bot_icon_updated_at, terms_at) \
        SELECT substr(n || 'x0000000000000000000000000', 1, 26), 1, 1, 0, printf('former%04d', n), 'former' || n || '@example.test', 0, '', \
        'Zoë', '', '', 'en', '{}', '{}', CASE WHEN n = 1201 THEN 'system_admin system_user' ELSE 'system_user' END, 0, 1, 0, 0, 0, 0, \
        '', 0, 0 FROM n";

    /// A store as the first version left it.
    async fn former() -> (SqliteStore, SqliteConnection, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("muster.db");
        let store = SqliteStore::open(SqliteOptions { path: path.clone(), readers: 1, is_synchronous_full: false }).await.unwrap();
        let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        connection.run_next_migration(MIGRATIONS).unwrap();
        connection.batch_execute(FORMER).unwrap();
        (store, connection, folder)
    }

    async fn found(users: &mut dyn ReadUsers, term: &str) -> usize {
        let searched = Searched { full_name: true, email: true };
        let search = Search { scope: Scope::Everyone, filter: Filter::default(), words: words(term), searched, most: 5_000 };
        users.search(&search).await.unwrap().len()
    }

    #[tokio::test]
    async fn accounts_of_the_first_version_are_listed_and_found() {
        let (store, _, _folder) = former().await;

        store.migrate().await.unwrap();

        let mut reading = store.read().await.unwrap();
        assert_eq!(found(reading.users(), "zoë").await, 1201);
        assert_eq!(found(reading.users(), "former0777").await, 1);
        for order in [Order::Username, Order::DisplayName(NameFormat::FullName)] {
            let last = Listing { page: Page { number: 12, size: 100 }, order, ..Listing::default() };
            assert_eq!(reading.users().list(&last).await.unwrap().len(), 1);
        }
        let roles = RoleFilter::default().with_part("system_admin");
        let admins = Listing { filter: Filter { roles, ..Filter::default() }, ..Listing::default() };
        assert_eq!(reading.users().list(&admins).await.unwrap()[0].user.username.as_str(), "former1201");
    }

    #[tokio::test]
    async fn an_account_that_can_not_be_read_keeps_no_other_from_being_found() {
        let (store, mut connection, _folder) = former().await;
        connection.batch_execute("UPDATE users SET props = 'spoilt' WHERE username = 'former0003'").unwrap();

        store.migrate().await.unwrap();

        assert_eq!(found(store.read().await.unwrap().users(), "former").await, 1200);
        connection.batch_execute("UPDATE users SET props = '{}' WHERE username = 'former0003'").unwrap();
        store.migrate().await.unwrap();
        assert_eq!(found(store.read().await.unwrap().users(), "former").await, 1201);
    }

    #[tokio::test]
    async fn a_migration_can_be_taken_back() {
        let (store, mut connection, _folder) = former().await;
        store.migrate().await.unwrap();
        let mut work = store.begin().await.unwrap();
        work.users().insert(&[user("a", "ada")]).await.unwrap();
        work.teams().insert(&team("t")).await.unwrap();
        work.teams().join(&team_member("t", "a")).await.unwrap();
        work.commit().await.unwrap();

        connection.revert_last_migration(MIGRATIONS).unwrap();
        store.migrate().await.unwrap();

        let mut reading = store.read().await.unwrap();
        assert!(reading.users().by_id(&id("a")).await.unwrap().is_some());
        assert_eq!(found(reading.users(), "ada").await, 1);
    }
}
