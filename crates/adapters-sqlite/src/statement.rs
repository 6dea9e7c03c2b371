//! Statements that read better as SQL than as Rust, prepared once a connection like the others.

use std::borrow::Cow;
use std::marker::PhantomData;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::DatabaseErrorKind;
use diesel::result::Error::DatabaseError;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel::sqlite::Sqlite;

/// A value that stands for one `?` of a statement.
pub(crate) enum Bind<'a> {
    Text(&'a str),
    MaybeText(Option<&'a str>),
    Number(i64),
    MaybeNumber(Option<i64>),
}

/// A text of SQL with values for its `?`, giving rows of `Row`.
///
/// Unlike `diesel::sql_query` it is kept prepared where the text is fixed. One that is put together is not: there are more of
/// them than a connection should hold for good.
pub(crate) struct Statement<'a, Row> {
    sql: Cow<'a, str>,
    binds: Vec<Bind<'a>>,
    row: PhantomData<Row>,
}

impl<'a, Row> Statement<'a, Row> {
    pub(crate) fn new(sql: &'static str, binds: Vec<Bind<'a>>) -> Self {
        Self { sql: Cow::Borrowed(sql), binds, row: PhantomData }
    }

    /// A statement that was put together from fixed pieces.
    pub(crate) fn composed(sql: String, binds: Vec<Bind<'a>>) -> Self {
        Self { sql: Cow::Owned(sql), binds, row: PhantomData }
    }
}

impl<Row> QueryFragment<Sqlite> for Statement<'_, Row> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        if matches!(self.sql, Cow::Owned(_)) {
            out.unsafe_to_cache_prepared();
        }
        let mut binds = self.binds.iter();
        for (position, part) in self.sql.split('?').enumerate() {
            if position > 0 {
                match binds.next() {
                    Some(Bind::Text(text)) => out.push_bind_param::<Text, _>(text)?,
                    Some(Bind::MaybeText(text)) => out.push_bind_param::<Nullable<Text>, _>(text)?,
                    Some(Bind::Number(number)) => out.push_bind_param::<BigInt, _>(number)?,
                    Some(Bind::MaybeNumber(number)) => out.push_bind_param::<Nullable<BigInt>, _>(number)?,
                    None => return Err(diesel::result::Error::QueryBuilderError("a ? has no value".into())),
                }
            }
            out.push_sql(part);
        }
        Ok(())
    }
}

impl<Row> QueryId for Statement<'_, Row> {
    type QueryId = ();
    // The text itself tells statements apart.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Row> Query for Statement<'_, Row> {
    type SqlType = Row;
}

impl<Row> RunQueryDsl<SqliteConnection> for Statement<'_, Row> {}

/// Runs several look-ups that all see the same state, whether or not a transaction is under way.
pub(crate) fn snapshot<T>(connection: &mut SqliteConnection, look: impl FnOnce(&mut SqliteConnection) -> QueryResult<T>) -> QueryResult<T> {
    // A savepoint outside a transaction begins one, which sees the state of its first look-up to its end.
    all_or_none(connection, look)
}

/// Runs several statements so that a failure of a later one undoes the earlier ones too.
pub(crate) fn all_or_none<T>(
    connection: &mut SqliteConnection,
    run: impl FnOnce(&mut SqliteConnection) -> QueryResult<T>,
) -> QueryResult<T> {
    connection.batch_execute("SAVEPOINT all_or_none")?;
    let result = run(connection);
    let end = if result.is_ok() { "RELEASE all_or_none" } else { "ROLLBACK TO all_or_none; RELEASE all_or_none" };
    let ended = connection.batch_execute(end);
    match (result, ended) {
        // What went before would stay with a clash that is told as one of the last statement alone.
        (Err(DatabaseError(DatabaseErrorKind::UniqueViolation, _)), Err(failed)) | (Err(failed), _) => Err(failed),
        (Ok(value), ended) => ended.map(|()| value),
    }
}
