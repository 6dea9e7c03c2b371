//! Searches.
//!
//! Neither an index of trigrams nor a walk in the order of names is quick for every word: a word that few have is found by the
//! first, one that many have by the second. So the accounts that have the trigrams of a word are counted up to a bound first.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::Text;
use muster_domain::id::UserId;
use muster_domain::user::query::{Search, Searched, Word};

use super::list::{Place, in_order, page};
use super::question::{About, Condition, Question};
use super::row::{UserRow, texts};
use super::segment::{self, Segment};
use super::source::{Few, Source};
use super::trigram;
use crate::connection::Bounds;
use crate::schema::users;
use crate::sql::Sql;
use crate::statement::{Bind, Statement, snapshot};

/// Words whose trigrams are asked for: the longest, which come first.
const ASKED: usize = 4;
/// By how much fewer candidates are looked at where few segments can have the words.
const FEWER: usize = 10;
/// Accounts that are looked at for shorter words alone: no index has these, and whoever types the first letter of a name should
/// not hold up the others. Who comes after in the order of names is not found by them.
const WALKED: i64 = 50_000;

/// The accounts that have every word of a search.
pub(super) fn search(c: &mut SqliteConnection, search: &Search, bounds: Bounds) -> QueryResult<Vec<UserRow>> {
    // No stored text has one, and the trigrams' queries end there.
    if search.words.iter().any(|word| word.folded.contains('\0')) {
        return Ok(Vec::new());
    }
    snapshot(c, |c| {
        let question = Question::new(c, &search.scope, &search.filter, false)?.by_texts();
        let question = search.words.iter().fold(question, |question, word| question.with(has(word, search.searched)));
        let mut ids = exact(c, &question, search)?;
        let others = match way(c, &question, search, bounds)? {
            Way::Walk(walk) => page(c, &[walk], 0, search.most)?,
            Way::Segments(segments) => walked(c, &question, &segments, search.most)?,
            Way::Candidates(numbers) => sifted(c, &question, &numbers, search)?,
        };
        let first = ids.first().cloned();
        ids.extend(others.into_iter().map(|(id, _)| id).filter(|id| first.as_ref() != Some(id)));
        ids.truncate(usize::try_from(search.most).unwrap_or(usize::MAX));
        in_order(c, ids.iter().map(String::as_str))
    })
}

/// The account whose username is the only word, if it is asked for.
fn exact(c: &mut SqliteConnection, question: &Question, search: &Search) -> QueryResult<Vec<String>> {
    match search.words.as_slice() {
        [word] => Ok(among(c, question, std::slice::from_ref(&word.folded), 1)?.into_iter().map(|(id, _)| id).collect()),
        _ => Ok(Vec::new()),
    }
}

/// Those who are asked for among the accounts of some numbers. Nearly all have a word that is alone: the first few are enough unless
/// the filter keeps many out, and to sort a few out of thousands is quicker than to sort them all.
fn sifted(c: &mut SqliteConnection, question: &Question, numbers: &[i64], search: &Search) -> QueryResult<Vec<Place>> {
    let (numbers, most) = (serde_json::to_string(numbers).unwrap_or_default(), search.most);
    let is_alone = search.words.len() == 1;
    let first = names(c, &numbers, "", if is_alone { i64::from(most).saturating_mul(2) } else { i64::MAX })?;
    let mut found = among(c, question, &first, most)?;
    if let Some(last) = first.last().filter(|_| is_alone && found.len() < most as usize) {
        let others = names(c, &numbers, last, i64::MAX)?;
        found.extend(among(c, question, &others, most)?);
        found.truncate(most as usize);
    }
    Ok(found)
}

/// Those who are asked for among the accounts of some usernames, which are in order: a few of them first, and more each time.
fn among(c: &mut SqliteConnection, question: &Question, names: &[String], most: u32) -> QueryResult<Vec<Place>> {
    let (mut found, mut rest, mut next) = (Vec::new(), names, usize::try_from(most).unwrap_or(usize::MAX).saturating_mul(2));
    while !rest.is_empty() && found.len() < most as usize {
        let (some, others) = rest.split_at(next.min(rest.len()));
        let walk = question.walk(&(About::Itself, Source::named(&texts(some.iter().map(String::as_str)))));
        found.extend(page(c, &[walk], 0, most)?);
        (rest, next) = (others, next.saturating_mul(4));
    }
    found.truncate(most as usize);
    Ok(found)
}

/// How those who are asked for are found.
enum Way {
    /// By walking a source in the order of usernames.
    Walk(Sql),
    /// By walking segments of that order.
    Segments(Vec<Segment>),
    /// Among the accounts of some numbers.
    Candidates(Vec<i64>),
}

fn way(c: &mut SqliteConnection, question: &Question, search: &Search, bounds: Bounds) -> QueryResult<Way> {
    let narrow = question.narrow(c, Few::usual(bounds))?;
    let narrowest = narrow.map_or(i64::MAX, |(count, _)| count);
    if let Some((_, source)) = narrow.filter(|_| narrowest < bounds.narrow) {
        return Ok(Way::Walk(question.walk(source)));
    }
    let long = || search.words.iter().filter(|word| trigram::has_any(&word.folded));
    // Whose id is a word may be in any segment.
    let is_by_segment = long().next().is_some() && search.words.iter().all(|word| word.id.is_none());
    let segments = if is_by_segment { segment::having(c, long().map(|word| word.folded.as_str()), search.searched)? } else { Vec::new() };
    let are_few = is_by_segment && segments.len() <= bounds.few_segments;
    // Few segments are soon walked: what the index would take longer for is met there.
    let most = |most: usize| if are_few { most / FEWER } else { most };
    if let Some(numbers) = candidates(c, search, [bounds.candidates, bounds.candidates_of_several].map(most))?
        && i64::try_from(numbers.len()).is_ok_and(|count| count < narrowest)
    {
        return Ok(Way::Candidates(numbers));
    }
    if let Some((_, source)) = narrow.filter(|_| !are_few) {
        return Ok(Way::Walk(question.walk(source)));
    }
    if is_by_segment {
        return Ok(Way::Segments(segments));
    }
    let source = question.widest();
    let is_short = !search.words.is_empty() && long().next().is_none();
    let end = if is_short { name_at(c, &source.1, WALKED)? } else { None };
    Ok(Way::Walk(match end {
        Some(end) => question.clone().with(Condition::of_name(Sql::new("$name < ?").with(&end))).walk(source),
        None => question.walk(source),
    }))
}

/// The first of those who are asked for that are met in some segments.
fn walked(c: &mut SqliteConnection, question: &Question, segments: &[Segment], most: u32) -> QueryResult<Vec<Place>> {
    let mut found = Vec::new();
    for (first_name, ends_before) in segments {
        let within = Sql::new("$name >= ? AND $name < ?").with(first_name).with(ends_before);
        let question = question.clone().with(Condition::of_name(within));
        let rest = most - u32::try_from(found.len()).unwrap_or(most);
        found.extend(page(c, &[question.walk(question.widest())], 0, rest)?);
        if found.len() >= most as usize {
            break;
        }
    }
    Ok(found)
}

/// The first usernames after one of the accounts of some numbers, which are a JSON list.
fn names(c: &mut SqliteConnection, numbers: &str, after: &str, most: i64) -> QueryResult<Vec<String>> {
    const NAMES: &str = "SELECT u.username FROM json_each(?) AS n CROSS JOIN users AS u INDEXED BY users_by_number ON u.number = n.value \
        WHERE u.username > ? ORDER BY u.username LIMIT ? + 0";
    Statement::<Text>::new(NAMES, vec![Bind::Text(numbers), Bind::Text(after), Bind::Number(most)]).load(c)
}

/// The username at a place of a source.
fn name_at(c: &mut SqliteConnection, source: &Source, place: i64) -> QueryResult<Option<String>> {
    let select = Sql::new("SELECT ").and(source.name).and(" FROM ").then(source.from.clone()).and(" WHERE ").then(source.given.clone());
    let at = select.and(" ORDER BY ").and(source.order).and(" LIMIT 1 OFFSET ?").number(place);
    at.statement::<Text>().get_result(c).optional()
}

/// An account has a word.
fn has(word: &Word, searched: Searched) -> Condition {
    let mut tests = vec![Sql::new("instr(users.search_names, ?) > 0").with(&word.folded)];
    if searched.full_name {
        tests.push(Sql::new("instr(users.search_full_name, ?) > 0").with(&word.folded));
    }
    if searched.email {
        tests.push(Sql::new("instr(users.search_email, ?) > 0").with(&word.folded));
    }
    tests.extend(word.id.as_ref().map(|id| Sql::new("users.id = ?").with(id.as_str())));
    Condition::of_row(Sql::new("(").then(Sql::joined(tests, " OR ")).and(")"))
}

/// The numbers of all accounts that may have every word, if they are few.
fn candidates(c: &mut SqliteConnection, search: &Search, bounds: [usize; 2]) -> QueryResult<Option<Vec<i64>>> {
    let words: Vec<_> = search.words.iter().filter(|word| trigram::has_any(&word.folded)).take(ASKED).collect();
    for most in if words.len() > 1 { &bounds[..] } else { &bounds[..1] } {
        let mut found: Option<HashSet<i64>> = None;
        for word in &words {
            if let Some(numbers) = trigram::holders(c, &word.folded, search.searched, *most)? {
                found = Some(found.map_or_else(|| numbers.clone(), |found| found.intersection(&numbers).copied().collect()));
            }
        }
        if let Some(mut found) = found {
            found.extend(by_ids(c, &search.words)?);
            let mut found: Vec<_> = found.into_iter().collect();
            // What lies together is read together.
            found.sort_unstable();
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The numbers of the accounts whose ids are among the words.
fn by_ids(c: &mut SqliteConnection, words: &[Word]) -> QueryResult<Vec<i64>> {
    let ids: Vec<_> = words.iter().filter_map(|word| word.id.as_ref()).map(UserId::as_str).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let numbers = users::table.filter(users::id.eq_any(ids)).select(users::number).load::<Option<i64>>(c)?;
    Ok(numbers.into_iter().flatten().collect())
}
