//! Segments of the order of usernames, and which of them can have a word.

use std::collections::{BTreeMap, HashSet};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use muster_domain::user::User;
use muster_domain::user::query::{SearchTexts, Searched};

use super::trigram;
use crate::connection::Bounds;
use crate::sql::Sql;
use crate::statement::{Bind, Statement};

/// Trigrams of a word that are asked for.
const ASKED: usize = 24;

/// A stretch of the order of usernames: its first name, and the one that it ends before.
pub(super) type Segment = (String, String);

/// No username has a byte above that of `~`.
const ALL: &str =
    "(SELECT number, first_name, coalesce(lead(first_name) OVER (ORDER BY first_name), '~') AS ends_before FROM search_segments)";

const OF_NAME: &str = "SELECT number FROM search_segments WHERE first_name <= ? ORDER BY first_name DESC LIMIT 1";

const MARK: &str =
    "INSERT INTO search_marks (text, trigram, segment) SELECT ?, value, ? FROM json_each(?) WHERE true ON CONFLICT DO NOTHING";

const UNMARK: &str = "DELETE FROM search_marks WHERE segment = ?";

const TEXTS: &str = "SELECT search_names, search_full_name, search_email FROM users INDEXED BY users_searched \
    WHERE username >= ? AND username < ?";

const CUT_AT: &str = "SELECT username FROM users WHERE username > ? AND username < ? ORDER BY username LIMIT 1 OFFSET ? + 0";

const MOVE: &str = "UPDATE search_segments SET first_name = ? WHERE number = ?";

const ADD: &str = "INSERT INTO search_segments (first_name) VALUES (?) RETURNING number";

/// The numbers of the trigrams of the accounts of one segment, one set for each text.
type Marks = [HashSet<u16>; 3];

/// The number of a trigram: its 32-bit FNV-1a hash, folded to 16 bits.
fn number(trigram: &str) -> u16 {
    let hash = trigram.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let [one, two, three, four] = hash.to_be_bytes();
    u16::from_be_bytes([one ^ three, two ^ four])
}

/// The numbers of the trigrams of a text, each once.
fn numbers(text: &str) -> HashSet<u16> {
    trigram::of(text).map(|trigram| number(&trigram)).collect()
}

fn list(numbers: impl IntoIterator<Item = u16>) -> String {
    serde_json::to_string(&numbers.into_iter().collect::<Vec<_>>()).unwrap_or_default()
}

/// Writes the marks of accounts that were made or changed.
pub(super) fn mark(c: &mut SqliteConnection, accounts: &[User]) -> QueryResult<()> {
    let mut marks = BTreeMap::<i64, Marks>::new();
    for user in accounts {
        let number = Statement::<BigInt>::new(OF_NAME, vec![Bind::Text(user.username.as_str())]).get_result::<i64>(c)?;
        let SearchTexts { names, full_name, email } = SearchTexts::of(user);
        add(marks.entry(number).or_default(), &[names, full_name, email]);
    }
    marks.iter().try_for_each(|(number, marks)| write(c, *number, marks))
}

fn add(marks: &mut Marks, contents: &[String; 3]) {
    for (marks, content) in marks.iter_mut().zip(contents) {
        marks.extend(numbers(content));
    }
}

fn write(c: &mut SqliteConnection, number: i64, marks: &Marks) -> QueryResult<()> {
    for (text, marks) in (0..).zip(marks) {
        let trigrams = list(marks.iter().copied());
        Statement::<()>::new(MARK, vec![Bind::Number(text), Bind::Number(number), Bind::Text(&trigrams)]).execute(c)?;
    }
    Ok(())
}

/// Makes the marks of a segment anew.
fn remark(c: &mut SqliteConnection, number: i64, (first_name, ends_before): &Segment) -> QueryResult<()> {
    Statement::<()>::new(UNMARK, vec![Bind::Number(number)]).execute(c)?;
    let all = Statement::<(Text, Text, Text)>::new(TEXTS, vec![Bind::Text(first_name), Bind::Text(ends_before)]);
    let mut marks = Marks::default();
    for (names, full_name, email) in all.load::<(String, String, String)>(c)? {
        add(&mut marks, &[names, full_name, email]);
    }
    write(c, number, &marks)
}

/// Cuts a piece off the first segment that has become longer than two, and tells whether there was one. What is left of it keeps its
/// marks, which are more than it needs, until it is short enough to be marked anew.
pub(crate) fn cut(c: &mut SqliteConnection, bounds: Bounds) -> QueryResult<bool> {
    let Some((number, segment)) = long(c, bounds)? else { return Ok(false) };
    let (first_name, ends_before) = &segment;
    let cut_at = vec![Bind::Text(first_name), Bind::Text(ends_before), Bind::Number(bounds.segment)];
    let Some(cut_at) = Statement::<Text>::new(CUT_AT, cut_at).get_result::<String>(c).optional()? else { return Ok(false) };
    Statement::<()>::new(MOVE, vec![Bind::Text(&cut_at), Bind::Number(number)]).execute(c)?;
    let piece = Statement::<BigInt>::new(ADD, vec![Bind::Text(first_name)]).get_result::<i64>(c)?;
    remark(c, piece, &(first_name.clone(), cut_at.clone()))?;
    let rest = (cut_at, ends_before.clone());
    if !is_long(c, &rest, bounds)? {
        remark(c, number, &rest)?;
    }
    Ok(true)
}

fn long(c: &mut SqliteConnection, bounds: Bounds) -> QueryResult<Option<(i64, Segment)>> {
    let segments = Sql::new("SELECT number, first_name, ends_before FROM ").and(ALL).and(" ORDER BY first_name");
    for (number, first_name, ends_before) in segments.statement::<(BigInt, Text, Text)>().load::<(i64, String, String)>(c)? {
        let segment = (first_name, ends_before);
        if is_long(c, &segment, bounds)? {
            return Ok(Some((number, segment)));
        }
    }
    Ok(None)
}

/// Whether a segment has more than twice as many accounts as a segment should have.
fn is_long(c: &mut SqliteConnection, (first_name, ends_before): &Segment, bounds: Bounds) -> QueryResult<bool> {
    let beyond = vec![Bind::Text(first_name), Bind::Text(ends_before), Bind::Number(2 * bounds.segment)];
    Ok(Statement::<Text>::new(CUT_AT, beyond).get_result::<String>(c).optional()?.is_some())
}

/// Marks accounts that were there before there were any marks.
pub(crate) fn fill(c: &mut SqliteConnection, bounds: Bounds) -> QueryResult<()> {
    while c.immediate_transaction(|c| cut(c, bounds))? {}
    c.immediate_transaction(|c| {
        let bare = Sql::new("SELECT number, first_name, ends_before FROM ").and(ALL);
        let bare = bare.and(" AS s WHERE NOT EXISTS (SELECT 1 FROM search_marks WHERE segment = s.number)");
        let bare = bare.statement::<(BigInt, Text, Text)>().load::<(i64, String, String)>(c)?;
        bare.into_iter().try_for_each(|(number, first_name, ends_before)| remark(c, number, &(first_name, ends_before)))
    })
}

/// The segments that can have every word, in order.
pub(super) fn having<'a>(c: &mut SqliteConnection, words: impl Iterator<Item = &'a str>, searched: Searched) -> QueryResult<Vec<Segment>> {
    let searched = [true, searched.full_name, searched.email];
    let mut sql = Sql::new("SELECT part.first_name, part.ends_before FROM ").and(ALL).and(" AS part WHERE true");
    for word in words {
        let trigrams: Vec<_> = numbers(word).into_iter().take(ASKED).collect();
        let (count, trigrams) = (i64::try_from(trigrams.len()).unwrap_or(i64::MAX), list(trigrams));
        let of_text = |text: i64| {
            let marks = "SELECT m.segment FROM json_each(?) AS t CROSS JOIN search_marks AS m ON m.text = ? AND m.trigram = t.value \
                GROUP BY m.segment HAVING count(*) = ?";
            Sql::new(marks).with(&trigrams).number(text).number(count)
        };
        let each = (0..).zip(searched).filter(|(_, is_searched)| *is_searched).map(|(text, _)| of_text(text));
        sql = sql.and(" AND part.number IN (SELECT * FROM (").then(Sql::joined(each, " UNION ALL ")).and("))");
    }
    sql.and(" ORDER BY part.first_name").statement::<(Text, Text)>().load(c)
}
