//! Statements that need more of SQL than diesel's language has.

use std::borrow::Cow;
use std::marker::PhantomData;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Text};

/// What takes the place of one `?` of a statement.
#[derive(Debug, Clone)]
pub(crate) enum Bind<'a> {
    Text(&'a str),
    OwnText(String),
    MaybeText(Option<&'a str>),
    Texts(Vec<&'a str>),
    Number(i64),
    MaybeNumber(Option<i64>),
    Numbers(Vec<i64>),
    Flag(bool),
    Flags(Vec<bool>),
}

/// SQL in the making: fixed pieces, and a value for each of their question marks. No value ever becomes part of the text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sql<'a> {
    text: String,
    binds: Vec<Bind<'a>>,
}

impl<'a> Sql<'a> {
    /// A piece, with the values of its question marks.
    pub(crate) fn new(piece: &'static str, binds: impl IntoIterator<Item = Bind<'a>>) -> Self {
        Self { text: piece.to_owned(), binds: binds.into_iter().collect() }
    }

    /// The same with another piece behind it.
    #[must_use]
    pub(crate) fn and(self, piece: &'static str, binds: impl IntoIterator<Item = Bind<'a>>) -> Self {
        self.with(Self::new(piece, binds))
    }

    /// The same with other SQL behind it.
    #[must_use]
    pub(crate) fn with(mut self, other: Self) -> Self {
        self.text.push_str(&other.text);
        self.binds.extend(other.binds);
        self
    }

    /// Several with a piece between them.
    pub(crate) fn joined(parts: impl IntoIterator<Item = Self>, between: &'static str) -> Self {
        let mut parts = parts.into_iter();
        let first = parts.next().unwrap_or_default();
        parts.fold(first, |before, part| before.and(between, []).with(part))
    }

    /// The statement, giving rows of `Row`.
    pub(crate) fn statement<Row>(self) -> Statement<'a, Row> {
        Statement { sql: Cow::Owned(self.text), binds: self.binds, row: PhantomData }
    }
}

/// A text of SQL whose question marks stand for values, giving rows of `Row`.
///
/// A connection prepares each text once and then keeps it, as it never does with `diesel::sql_query`: there must be few texts.
pub(crate) struct Statement<'a, Row> {
    sql: Cow<'static, str>,
    binds: Vec<Bind<'a>>,
    row: PhantomData<Row>,
}

impl<'a, Row> Statement<'a, Row> {
    pub(crate) fn new(sql: &'static str, binds: Vec<Bind<'a>>) -> Self {
        Self { sql: Cow::Borrowed(sql), binds, row: PhantomData }
    }
}

impl<Row> QueryFragment<Pg> for Statement<'_, Row> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut parts = self.sql.split('?');
        out.push_sql(parts.next().unwrap_or_default());
        if parts.clone().count() != self.binds.len() {
            return Err(diesel::result::Error::QueryBuilderError("a statement has as many ? as values".into()));
        }
        for (part, bind) in parts.zip(&self.binds) {
            match bind {
                Bind::Text(text) => out.push_bind_param::<Text, _>(text)?,
                Bind::OwnText(text) => out.push_bind_param::<Text, _>(text)?,
                Bind::MaybeText(text) => out.push_bind_param::<Nullable<Text>, _>(text)?,
                Bind::Texts(texts) => out.push_bind_param::<Array<Text>, _>(texts)?,
                Bind::Number(number) => out.push_bind_param::<BigInt, _>(number)?,
                Bind::MaybeNumber(number) => out.push_bind_param::<Nullable<BigInt>, _>(number)?,
                Bind::Numbers(numbers) => out.push_bind_param::<Array<BigInt>, _>(numbers)?,
                Bind::Flag(flag) => out.push_bind_param::<Bool, _>(flag)?,
                Bind::Flags(flags) => out.push_bind_param::<Array<Bool>, _>(flags)?,
            }
            out.push_sql(part);
        }
        Ok(())
    }
}

impl<Row> QueryId for Statement<'_, Row> {
    type QueryId = ();
    // Connections then tell statements apart by their text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Row> Query for Statement<'_, Row> {
    type SqlType = Row;
}
