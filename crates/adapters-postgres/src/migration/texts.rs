//! The texts that accounts are searched and sorted by, for accounts that were made before these were kept.

use diesel::QueryResult;
use diesel::sql_types::Bool;
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, TransactionManager};
use muster_domain::user::User;

use crate::statement::{Bind, Statement};
use crate::user::{TextsRow, UserRow, UserSql, account};

/// Accounts in one transaction: their rows are locked until it ends.
const AT_ONCE: usize = 500;

const MISSING: &str = "SELECT EXISTS (SELECT 1 FROM users WHERE search_names = '')";

/// Whether an account's texts are missing.
pub(super) async fn are_missing(connection: &mut AsyncPgConnection) -> QueryResult<bool> {
    let (are_missing,) = Statement::<(Bool,)>::new(MISSING, Vec::new()).get_result::<(bool,)>(connection).await?;
    Ok(are_missing)
}

/// Writes the texts that are missing. Each part is kept: what stops this loses the last one alone.
pub(super) async fn write(connection: &mut AsyncPgConnection) -> QueryResult<()> {
    let mut after = String::new();
    loop {
        AnsiTransactionManager::begin_transaction(connection).await?;
        let (last, count) = write_some(connection, &after).await?;
        AnsiTransactionManager::commit_transaction(connection).await?;
        if count < AT_ONCE {
            return Ok(());
        }
        after = last;
    }
}

/// Writes the texts of the first accounts after an id; tells the last id, and how many there were.
async fn write_some(connection: &mut AsyncPgConnection, after: &str) -> QueryResult<(String, usize)> {
    const NEXT: &str =
        concat!("SELECT ", account!("users."), " FROM users WHERE search_names = '' AND id > ? ORDER BY id LIMIT ? FOR NO KEY UPDATE");
    let most = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
    let next = Statement::<UserSql>::new(NEXT, vec![Bind::Text(after), Bind::Number(most)]);
    let rows: Vec<UserRow> = next.load(connection).await?;
    let (last, count) = (rows.last().map_or_else(String::new, |row| row.id.clone()), rows.len());
    let users: Vec<_> = rows.into_iter().filter_map(readable).collect();
    TextsRow::write(&users, connection).await?;
    Ok((last, count))
}

/// A row that can't be read keeps its account from being found, and nobody else's.
fn readable(row: UserRow) -> Option<User> {
    User::try_from(row).inspect_err(|error| tracing::error!(%error, "an account is left out of searches")).ok()
}
