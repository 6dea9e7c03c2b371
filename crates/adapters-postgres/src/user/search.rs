//! Searches of accounts.
//!
//! Neither the trigram index nor a walk in the order of usernames is quick for every word: the index gives all that match, in no
//! order, and a walk meets rare ones late. So both are tried up to a bound, the one that is likely quick first.

use diesel::sql_types::{BigInt, Nullable};
use diesel_async::RunQueryDsl;
use muster_domain::store::StoreError;
use muster_domain::user::User;
use muster_domain::user::query::{Search, Searched, Word};
use muster_domain::username::Username;

use crate::lease::Lease;
use crate::statement::{Bind, Sql};
use crate::user::list::{Keys, accounts, fetch, sorted, walk};
use crate::user::part::{Former, Part, parts};
use crate::user::set::{Set, Way};
use crate::user::texts::spelled;
use crate::user::{UserRow, UserSql, account, all};

/// Letters of a word from which on the index knows it.
const TRIGRAM: usize = 3;
/// Accounts at the head of the order that are looked at first: common words are met there.
const HEAD: i64 = 1_000;
/// Accounts that are fetched from the index and sorted, rather than met by walking.
const FETCHED: i64 = 10_000;
/// Accounts that are looked at for a word that no index knows, or that has too many matches to sort: such a word is met soon, or
/// its matches lie together far from the head. For a word of one or two letters the search ends there.
const WALKED: i64 = 50_000;

impl Lease {
    /// The accounts that have every word.
    pub(super) async fn searched(&mut self, search: &Search) -> Result<Vec<User>, StoreError> {
        let mut wanted = parts(&search.scope, &search.filter, Former::LeftOut);
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
        let Some(word) = search.words.as_slice().first() else {
            return self.users(accounts(walk(&way.set, &way.rest, &Keys::username(), limit(most)))).await;
        };
        // The longest word comes first. What has it is looked at for the others too.
        if spelled(&word.folded).len() < TRIGRAM {
            return self.users(walked(&way, WALKED, most)).await;
        }
        let is_full = |found: &Vec<User>| i64::try_from(found.len()).is_ok_and(|count| count >= most);
        let head = self.users(walked(&way, HEAD, most)).await?;
        if is_full(&head) {
            return Ok(head);
        }
        if let Some(found) = self.indexed(word, search.searched, wanted, FETCHED, most).await? {
            return Ok(found);
        }
        let met = self.users(walked(&way, WALKED, most)).await?;
        if is_full(&met) {
            return Ok(met);
        }
        Ok(self.indexed(word, search.searched, wanted, i64::MAX - 1, most).await?.unwrap_or_default())
    }

    async fn users(&mut self, sql: Sql<'_>) -> Result<Vec<User>, StoreError> {
        let found = sql.statement::<(UserSql, BigInt)>().load::<(UserRow, i64)>(self.connection()?).await;
        all(self.settle(found)?.into_iter().map(|(row, _)| row).collect())
    }

    /// Those whom the index gives for a word, looked at for everything else and sorted; nothing if it gives too many.
    async fn indexed(
        &mut self,
        word: &Word,
        searched: Searched,
        wanted: &[Part<'_>],
        bound: i64,
        most: i64,
    ) -> Result<Option<Vec<User>>, StoreError> {
        let given = Sql::new("SELECT id AS user_id FROM users WHERE ", []).with(like(word, searched));
        let given = given.and(" LIMIT ?", [Bind::Number(bound + 1)]);
        let are_all = Set::fetched("").only(Sql::new("(SELECT count(*) FROM few) <= ?", [Bind::Number(bound)]));
        // A row comes in any case, with the number of those who were given.
        let rows = fetch(given, &are_all, wanted, &Keys::username())
            .and(concat!("SELECT ", account!("u."), ", size.count FROM (SELECT count(*) AS count FROM few) AS size LEFT JOIN ("), []);
        let rows = rows.with(sorted(limit(most))).and(") AS page ON TRUE LEFT JOIN users AS u ON u.id = page.user_id", []);
        let found = rows.and(" ORDER BY page.text, page.user_id", []).statement::<(Nullable<UserSql>, BigInt)>();
        let found = found.load::<(Option<UserRow>, i64)>(self.connection()?).await;
        let found = self.settle(found)?;
        if found.as_slice().first().is_some_and(|(_, count)| *count > bound) {
            return Ok(None);
        }
        all(found.into_iter().filter_map(|(row, _)| row).collect()).map(Some)
    }
}

fn limit(most: i64) -> Sql<'static> {
    Sql::new(" LIMIT ?", [Bind::Number(most)])
}

/// Those who are met among the first accounts of a walk.
fn walked<'a>(way: &Way<'a>, looked_at: i64, most: i64) -> Sql<'a> {
    let set = &way.set;
    let ids = Sql::new("(SELECT ", []).and(set.id, []).and(" AS user_id, ", []).and(set.username, []).and(" AS username", []);
    let ids = ids.with(set.rows(false)).and(" ORDER BY ", []).and(set.username, []).and(", ", []).and(set.id, []);
    let ids = ids.and(" LIMIT ?) AS d", [Bind::Number(looked_at)]);
    accounts(walk(&Set::walked(ids), &way.rest, &Keys::username(), limit(most)))
}

/// The condition that the trigram index answers: the searched columns alone, so that others neither find nor cost anything.
fn like(word: &Word, searched: Searched) -> Sql<'_> {
    // A spelling has no character that means anything in a pattern.
    let pattern = format!("%{}%", spelled(&word.folded));
    let mut columns = vec![Sql::new("search_names LIKE ?", [Bind::OwnText(pattern.clone())])];
    if searched.full_name {
        columns.push(Sql::new("search_full_name LIKE ?", [Bind::OwnText(pattern.clone())]));
    }
    if searched.email {
        columns.push(Sql::new("search_email LIKE ?", [Bind::OwnText(pattern)]));
    }
    columns.extend(word.id.as_ref().map(|id| Sql::new("id = ?", [Bind::Text(id.as_str())])));
    Sql::new("(", []).with(Sql::joined(columns, " OR ")).and(")", [])
}
