//! The indexes of trigrams: every three letters that stand together in a searched text, with the accounts that have them.

use std::cmp::Reverse;
use std::collections::HashSet;

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use muster_domain::user::query::Searched;

use crate::statement::{Bind, Statement};

/// Letters that stand together.
const LETTERS: usize = 3;
/// How many of a word's trigrams are rated, and by how many accounts each.
const RATED: usize = 12;
const SAMPLE: usize = 32;
/// How many trigrams are asked for together: the rarest, and more where these leave too many accounts.
const RAREST: [usize; 2] = [2, 6];
/// A trigram that more than one in so many accounts have keeps hardly anybody out, and takes long to read.
const ONE_IN: usize = 4;

const BY_NAMES: &str = "SELECT rowid FROM search_by_names WHERE search_by_names MATCH ? LIMIT ? + 0";
const BY_FULL_NAME: &str = "SELECT rowid FROM search_by_full_name WHERE search_by_full_name MATCH ? LIMIT ? + 0";
const BY_EMAIL: &str = "SELECT rowid FROM search_by_email WHERE search_by_email MATCH ? LIMIT ? + 0";

/// Whether a word is long enough to have trigrams.
pub(super) fn has_any(word: &str) -> bool {
    word.chars().count() >= LETTERS
}

/// The numbers of all accounts that may have a word in one of the searched texts, if they are few; some of them may not have it.
pub(super) fn holders(c: &mut SqliteConnection, word: &str, searched: Searched, most: usize) -> QueryResult<Option<HashSet<i64>>> {
    let trigrams = quoted(word);
    let mut found = HashSet::new();
    for (is_searched, sql) in [(true, BY_NAMES), (searched.full_name, BY_FULL_NAME), (searched.email, BY_EMAIL)] {
        if is_searched {
            let Some(numbers) = holders_in(c, sql, &trigrams, most)? else { return Ok(None) };
            found.extend(numbers);
        }
        if found.len() > most {
            return Ok(None);
        }
    }
    Ok(Some(found))
}

/// The same of one text. The rarest trigrams of a word alone are asked for: to read the long lists of the others takes longer than
/// to look at the few accounts that have the rarest ones and not the word.
fn holders_in(c: &mut SqliteConnection, sql: &'static str, trigrams: &[String], most: usize) -> QueryResult<Option<Vec<i64>>> {
    let mut rated = Vec::new();
    for trigram in trigrams.iter().step_by(trigrams.len().div_ceil(RATED)) {
        let sample = matching(c, sql, trigram, SAMPLE)?;
        match sample.last() {
            // The further apart those are who have it, the rarer it is.
            Some(last) if sample.len() == SAMPLE => rated.push((*last, trigram.as_str())),
            _ => return Ok((sample.len() <= most).then_some(sample)),
        }
    }
    rated.sort_unstable_by_key(|(last, _)| Reverse(*last));
    let is_rare = |last: i64| usize::try_from(last).is_ok_and(|last| last > SAMPLE * ONE_IN);
    let mut asked = 0;
    for count in RAREST {
        let chosen = rated.iter().take(count).enumerate().filter(|(place, (last, _))| *place < RAREST[0] || is_rare(*last));
        let chosen: Vec<_> = chosen.map(|(_, (_, trigram))| *trigram).collect();
        if chosen.len() > asked {
            asked = chosen.len();
            let numbers = matching(c, sql, &chosen.join(" AND "), most + 1)?;
            if numbers.len() <= most {
                return Ok(Some(numbers));
            }
        }
    }
    Ok(None)
}

fn matching(c: &mut SqliteConnection, sql: &'static str, query: &str, most: usize) -> QueryResult<Vec<i64>> {
    let binds = vec![Bind::Text(query), Bind::Number(i64::try_from(most).unwrap_or(i64::MAX))];
    Statement::<BigInt>::new(sql, binds).load(c)
}

/// Every three letters that stand together in a text, and in one of its lines; some may come twice.
pub(super) fn of(text: &str) -> impl Iterator<Item = String> {
    let letters: Vec<_> = text.chars().collect();
    let last = letters.len().saturating_sub(LETTERS - 1);
    (0..last).map(move |first| letters[first..first + LETTERS].iter().collect::<String>()).filter(|trigram| !trigram.contains('\n'))
}

/// The trigrams of a word, each once, as the index's queries want them.
fn quoted(word: &str) -> Vec<String> {
    let letters: Vec<_> = word.chars().collect();
    let mut seen = HashSet::new();
    let fresh = letters.windows(LETTERS).filter(|trigram| seen.insert(*trigram));
    fresh.map(|trigram| format!("\"{}\"", trigram.iter().collect::<String>().replace('"', "\"\""))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trigrams_are_quoted_and_come_once() {
        assert_eq!(quoted("a\"b*"), ["\"a\"\"b\"", "\"\"\"b*\""]);
        assert_eq!(quoted("李小龙"), ["\"李小龙\""]);
        assert_eq!(quoted("777777"), ["\"777\""]);
    }
}
