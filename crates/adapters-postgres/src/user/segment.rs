//! Segments of the order of usernames, and which of them can have a word.

use std::collections::BTreeSet;

use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use muster_domain::store::StoreError;
use muster_domain::user::query::{Searched, Word};

use crate::lease::Lease;
use crate::statement::{Bind, Sql};
use crate::user::list::{Keys, walk};
use crate::user::part::Part;
use crate::user::set::Set;
use crate::user::texts::spelled;

/// Letters that stand together.
const TRIGRAM: usize = 3;
/// Trigrams of a word that are asked for.
const ASKED: usize = 24;

/// Accounts of each segment, or up to twice as many: each is walked within two or three milliseconds.
const SIZE: i64 = 8_000;

/// A stretch of the order of usernames: its first name, and the one that it ends before.
pub(super) type Segment = (String, String);

const SEGMENTS: &str = "SELECT segment.first_name, segment.ends_before FROM (\
    SELECT number, first_name, coalesce(lead(first_name) OVER (ORDER BY first_name), '~') AS ends_before FROM search_segments\
    ) AS segment WHERE TRUE";

/// The trigrams of a word, as the index spells them: it makes no difference between capitals and small letters.
pub(super) fn trigrams(word: &Word) -> Vec<String> {
    let spelling = spelled(&word.folded).to_ascii_lowercase();
    let distinct: BTreeSet<_> = (TRIGRAM..=spelling.len()).map(|end| spelling[end - TRIGRAM..end].to_owned()).collect();
    distinct.into_iter().take(ASKED).collect()
}

impl Lease {
    /// The segments that can have every word, by the trigrams of each, in order.
    pub(super) async fn segments(&mut self, words: &[Vec<String>], searched: Searched) -> Result<Vec<Segment>, StoreError> {
        let texts = [true, searched.full_name, searched.email].into_iter().zip(0_i64..);
        let texts: Vec<_> = texts.filter(|(is_searched, _)| *is_searched).map(|(_, text)| text).collect();
        let sql = words.iter().fold(Sql::new(SEGMENTS, []), |sql, word| sql.with(has_marks(word, &texts)));
        let sql = sql.and(" ORDER BY segment.first_name", []).statement::<(Text, Text)>();
        let found = sql.load::<Segment>(self.connection()?).await;
        self.settle(found)
    }

    /// Cuts a piece off a long segment; tells whether there was one.
    pub(crate) async fn tend(&mut self) -> Result<bool, StoreError> {
        let tended = Sql::new("SELECT tend_segments(?)", [Bind::Number(SIZE)]).statement::<(diesel::sql_types::Bool,)>();
        let tended = tended.get_result::<(bool,)>(self.connection()?).await;
        self.settle(tended).map(|(is_cut,)| is_cut)
    }
}

/// Whether one of the texts has all trigrams somewhere in the segment.
fn has_marks<'a>(trigrams: &'a [String], texts: &[i64]) -> Sql<'a> {
    let count = i64::try_from(trigrams.len()).unwrap_or(i64::MAX);
    let binds = [Bind::Numbers(texts.to_vec()), Bind::Texts(trigrams.iter().map(String::as_str).collect()), Bind::Number(count)];
    Sql::new(
        " AND segment.number = ANY (ARRAY(SELECT segment FROM search_marks WHERE text = ANY (?) AND trigram = ANY (?) \
         GROUP BY text, segment HAVING count(*) = ?))",
        binds,
    )
}

/// The accounts of some segments that meet some conditions, in order.
pub(super) fn walked<'a>(segments: &'a [Segment], wanted: &[Part<'a>], most: i64) -> Sql<'a> {
    let part = Set::everyone().only(Sql::new("f.username >= segment.first_name AND f.username < segment.ends_before", []));
    let names = [|segment: &'a Segment| segment.0.as_str(), |segment: &'a Segment| segment.1.as_str()];
    let binds = names.map(|name| Bind::Texts(segments.iter().map(name).collect()));
    let met = Sql::new("SELECT met.* FROM unnest(?, ?) AS segment (first_name, ends_before) CROSS JOIN LATERAL (", binds);
    met.with(walk(&part, wanted, &Keys::username(), Sql::default())).and(") AS met LIMIT ?", [Bind::Number(most)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(folded: &str) -> Word {
        Word { folded: folded.to_owned(), id: None }
    }

    #[test]
    fn trigrams_are_those_of_the_spelling_each_once() {
        assert_eq!(trigrams(&word("anna")), ["ann", "nna"]);
        assert_eq!(trigrams(&word("aaaa")), ["aaa"]);
        assert_eq!(trigrams(&word("a.b")), ["adu", "dub"]);
        assert!(trigrams(&word("ab")).is_empty());
    }
}
