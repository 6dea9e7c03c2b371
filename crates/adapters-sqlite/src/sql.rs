//! Statements that are put together: fixed pieces of SQL, each with the values of its `?`.

use crate::statement::{Bind, Statement};

/// A value that a piece of SQL holds.
#[derive(Debug, Clone)]
enum Value {
    Text(String),
    Number(i64),
}

/// A piece of SQL. Its text comes from fixed pieces alone; whatever somebody typed is a value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    /// A piece whose values follow.
    pub(crate) fn new(text: &'static str) -> Self {
        Self { text: text.to_owned(), values: Vec::new() }
    }

    /// The same piece with the text that its next `?` stands for.
    pub(crate) fn with(mut self, text: &str) -> Self {
        self.values.push(Value::Text(text.to_owned()));
        self
    }

    /// The same piece with the number that its next `?` stands for.
    pub(crate) fn number(mut self, number: i64) -> Self {
        self.values.push(Value::Number(number));
        self
    }

    /// The same piece with another after it.
    pub(crate) fn then(mut self, next: Self) -> Self {
        self.text.push_str(&next.text);
        self.values.extend(next.values);
        self
    }

    /// The same piece with a fixed text after it.
    pub(crate) fn and(mut self, text: &'static str) -> Self {
        self.text.push_str(text);
        self
    }

    /// Pieces with a fixed text between them.
    pub(crate) fn joined(pieces: impl IntoIterator<Item = Self>, between: &'static str) -> Self {
        let mut pieces = pieces.into_iter();
        let first = pieces.next().unwrap_or_default();
        pieces.fold(first, |all, piece| all.and(between).then(piece))
    }

    /// The same piece with the columns that `$id` and `$name` stand for.
    pub(crate) fn about(mut self, id: &'static str, name: &'static str) -> Self {
        self.text = self.text.replace("$id", id).replace("$name", name);
        self
    }

    /// The statement that the piece is, giving rows of `Row`.
    pub(crate) fn statement<Row>(&self) -> Statement<'_, Row> {
        let binds = self.values.iter().map(|value| match value {
            Value::Text(text) => Bind::Text(text),
            Value::Number(number) => Bind::Number(*number),
        });
        Statement::composed(self.text.clone(), binds.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_keep_their_values_in_order() {
        let piece = Sql::new("a = ? AND ").with("x").then(Sql::new("$id < ?").number(2)).about("m.id", "m.name").and(" LIMIT 1");

        assert_eq!(piece.text, "a = ? AND m.id < ? LIMIT 1");
        assert!(matches!(piece.values.as_slice(), [Value::Text(text), Value::Number(2)] if text == "x"));
    }
}
