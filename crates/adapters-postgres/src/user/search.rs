//! Searches of accounts.
//!
//! A word that many have is met soon on a walk in the order of usernames; one that few have, the trigram index gives. In between, and
//! for words whose accounts lie together far from the head, it counts where they can be: the order is cut into segments, and of each
//! it is known which trigrams it has (see the migration of `search_segments`).

use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl;
use muster_domain::store::StoreError;
use muster_domain::user::User;
use muster_domain::user::query::{Search, Searched, Word};
use muster_domain::username::Username;

use crate::lease::Lease;
use crate::statement::{Bind, Sql};
use crate::user::list::{Keys, accounts, fetch, met, sorted, walk};
use crate::user::part::{Former, Part, parts};
use crate::user::segment::{self, Segment};
use crate::user::set::{Set, Way};
use crate::user::texts::spelled;
use crate::user::{UserRow, UserSql, all};

/// Accounts at the head of the order that are looked at first: common words are met there.
const HEAD: i64 = 1_000;
/// So few segments that can have the words are walked to their end.
const FEW_SEGMENTS: usize = 4;
/// So many of more segments are walked first: one word in a hundred and fifty fills the page there.
const FIRST_SEGMENTS: usize = 2;
/// Accounts that are looked at for words that have no trigram. Who comes after is not found by them.
const WALKED: i64 = 50_000;

/// Before the stretch of which some number of accounts lies at the end or behind it; for small numbers before just as many.
const BEFORE: &str = "f.username < coalesce(CASE WHEN ? <= 2000 \
    THEN (SELECT username FROM users ORDER BY username, id OFFSET ? LIMIT 1) \
    ELSE (SELECT first_name FROM (SELECT first_name, sum(names) OVER (ORDER BY first_name) AS upto FROM list_marks WHERE list = '') AS mark \
        WHERE upto > ? ORDER BY first_name LIMIT 1) END, '~')";

impl Lease {
    /// The accounts that have every word.
    pub(super) async fn searched(&mut self, search: &Search) -> Result<Vec<User>, StoreError> {
        let mut wanted = parts(&search.scope, &search.filter, Former::LeftOut);
        self.turn_outside(&mut wanted).await?;
        let conditions = wanted.len();
        wanted.extend(search.words.iter().map(|word| Part::Word(word, search.searched)));
        let most = i64::from(search.most);
        let first = self.exact(search, &wanted).await?;
        let mut found = self.in_order(search, &wanted[..conditions], &wanted, most).await?;
        if let Some(first) = first {
            found.retain(|user| user.id != first.id);
            found.insert(0, first);
        }
        found.truncate(usize::try_from(search.most).unwrap_or(usize::MAX));
        Ok(found)
    }

    /// The account whose username is the only word.
    async fn exact(&mut self, search: &Search, wanted: &[Part<'_>]) -> Result<Option<User>, StoreError> {
        let [word] = search.words.as_slice() else { return Ok(None) };
        if Username::parse_exact(&word.folded).is_err() {
            return Ok(None);
        }
        let named = Set::everyone().only(Sql::new("f.username = ?", [Bind::Text(&word.folded)]));
        let sql = accounts(walk(&named, wanted, &Keys::username(), Sql::default()));
        Ok(self.users(sql).await?.pop())
    }

    async fn in_order(&mut self, search: &Search, parts: &[Part<'_>], wanted: &[Part<'_>], most: i64) -> Result<Vec<User>, StoreError> {
        if let Some(mut way) = self.small(parts).await? {
            way.rest.extend_from_slice(&wanted[parts.len()..]);
            let few = fetch(way.set.ids(), &Set::fetched(""), &way.rest, &Keys::username());
            return self.users(few.with(accounts(sorted(limit(most))))).await;
        }
        let way = Way::walk(wanted);
        if search.words.is_empty() {
            return self.users(accounts(walk(&way.set, &way.rest, &Keys::username(), limit(most)))).await;
        }
        let trigrams: Vec<_> = search.words.iter().map(segment::trigrams).filter(|trigrams| !trigrams.is_empty()).collect();
        if trigrams.is_empty() {
            return self.users(walked(&way, WALKED, most)).await;
        }
        let head = self.users(walked(&way, HEAD, most)).await?;
        if is_full(&head, most) {
            return Ok(head);
        }
        // Before the segments: what is no longer aside has its marks by then.
        let aside = self.users(aside(search, wanted, most)).await?;
        let segments = self.segments(&trigrams, search.searched).await?;
        let found = self.among(&segments, search, wanted, most).await?;
        Ok(merged(found, aside))
    }

    /// Those among segments that can have the words.
    async fn among(&mut self, segments: &[Segment], search: &Search, wanted: &[Part<'_>], most: i64) -> Result<Vec<User>, StoreError> {
        let is_few = segments.len() <= FEW_SEGMENTS;
        let first = &segments[..if is_few { segments.len() } else { FIRST_SEGMENTS }];
        let met = self.users(accounts(segment::walked(first, wanted, most))).await?;
        if is_few || is_full(&met, most) {
            return Ok(met);
        }
        // The longest word comes first. What has it is looked at for the others too.
        let longest = search.words.iter().find(|word| !segment::trigrams(word).is_empty());
        match longest {
            Some(word) => self.users(indexed(word, search.searched, wanted, most)).await,
            None => Ok(met),
        }
    }

    async fn users(&mut self, sql: Sql<'_>) -> Result<Vec<User>, StoreError> {
        let found = sql.statement::<(UserSql, BigInt)>().load::<(UserRow, i64)>(self.connection()?).await;
        all(self.settle(found)?.into_iter().map(|(row, _)| row).collect())
    }
}

fn is_full(found: &[User], most: i64) -> bool {
    i64::try_from(found.len()).is_ok_and(|count| count >= most)
}

/// Both in one order, everybody once.
fn merged(mut found: Vec<User>, others: Vec<User>) -> Vec<User> {
    if others.is_empty() {
        return found;
    }
    found.extend(others);
    found.sort_by(|one, other| (&one.username, &one.id).cmp(&(&other.username, &other.id)));
    found.dedup_by(|one, other| one.id == other.id);
    found
}

/// Those whom segments don't tell of: accounts that were made or changed a moment ago, and those whose ids are words.
fn aside<'a>(search: &'a Search, wanted: &[Part<'a>], most: i64) -> Sql<'a> {
    let ids = search.words.iter().filter_map(|word| word.id.as_ref()).map(muster_domain::id::UserId::as_str).collect();
    let few = Sql::new(
        "SELECT u.id AS user_id FROM list_changes AS c JOIN users AS u ON u.username = c.name WHERE c.list = '' \
         UNION SELECT unnest(?)",
        [Bind::Texts(ids)],
    );
    fetch(few, &Set::fetched(""), wanted, &Keys::username()).with(accounts(sorted(limit(most))))
}

/// Those whom the index gives for a word, sorted. What is not told by their rows is asked in order, until the page is full.
fn indexed<'a>(word: &'a Word, searched: Searched, wanted: &[Part<'a>], most: i64) -> Sql<'a> {
    let (of_rows, others): (Vec<_>, Vec<_>) = wanted.iter().cloned().partition(Part::needs_row);
    let given = met(&Set::everyone().only(like(word, searched)), &of_rows, &Keys::username());
    let ordered =
        Sql::new("SELECT d.number, d.text, d.user_id FROM (SELECT * FROM met ORDER BY number, text, user_id) AS d WHERE TRUE", []);
    let ordered = others.iter().fold(ordered, |ordered, part| ordered.and(" AND ", []).with(part.condition("d.user_id", Some("d.text"))));
    let ordered = ordered.and(" ORDER BY d.number, d.text, d.user_id", []).with(limit(most));
    Sql::new("WITH met AS MATERIALIZED (", []).with(given).and(") ", []).with(accounts(ordered))
}

fn limit(most: i64) -> Sql<'static> {
    Sql::new(" LIMIT ?", [Bind::Number(most)])
}

/// Those who are met among the first accounts of a walk.
fn walked<'a>(way: &Way<'a>, looked_at: i64, most: i64) -> Sql<'a> {
    let set = &way.set;
    if set.is_of_everyone() {
        let first = set.clone().only(Sql::new(BEFORE, [looked_at; 3].map(Bind::Number)));
        return accounts(walk(&first, &way.rest, &Keys::username(), limit(most)));
    }
    let ids = Sql::new("(SELECT ", []).and(set.id, []).and(" AS user_id, ", []).and(set.username, []).and(" AS username", []);
    let ids = ids.with(set.rows(false)).and(" ORDER BY ", []).and(set.username, []).and(", ", []).and(set.id, []);
    let ids = ids.and(" LIMIT ?) AS d", [Bind::Number(looked_at)]);
    accounts(walk(&Set::walked(ids), &way.rest, &Keys::username(), limit(most)))
}

/// The condition that the trigram index answers: the searched columns alone, so that others neither find nor cost anything.
fn like(word: &Word, searched: Searched) -> Sql<'_> {
    // A spelling has no character that means anything in a pattern.
    let pattern = format!("%{}%", spelled(&word.folded));
    let mut columns = vec![Sql::new("f.search_names LIKE ?", [Bind::OwnText(pattern.clone())])];
    if searched.full_name {
        columns.push(Sql::new("f.search_full_name LIKE ?", [Bind::OwnText(pattern.clone())]));
    }
    if searched.email {
        columns.push(Sql::new("f.search_email LIKE ?", [Bind::OwnText(pattern)]));
    }
    Sql::new("(", []).with(Sql::joined(columns, " OR ")).and(")", [])
}
