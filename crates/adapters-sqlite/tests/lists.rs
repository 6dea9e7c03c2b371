//! Deep pages of lists by username, over accounts and teams that change.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

#[path = "support/fresh.rs"]
mod fresh;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use fresh::{Fresh, fresh_store};
use muster_domain::channel::ChannelMember;
use muster_domain::id::UserId;
use muster_domain::page::Page;
use muster_domain::store::{Store as _, UnitOfWork};
use muster_domain::team::TeamMember;
use muster_domain::testkit::fixture::{BORN, channel, channel_member, id, team, team_member, user};
use muster_domain::time::Timestamp;
use muster_domain::user::User;
use muster_domain::user::query::{Filter, Listing, Scope};
use muster_domain::username::Username;

/// A team of most, one of few and one of nearly all.
const TEAMS: [&str; 3] = ["t", "u", "n"];

/// Numbers without rhyme or reason, the same each time (xorshift).
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

fn name(number: u64) -> String {
    format!("n{number:05}")
}

async fn begin(store: &Fresh) -> Box<dyn UnitOfWork> {
    store.begin().await.unwrap()
}

/// Accounts with names in no order, most of them in the first team and nearly all its members in its channel, and few in the second.
async fn peopled(dice: &mut Dice) -> (Fresh, Vec<UserId>) {
    let store = fresh_store().await;
    let users: Vec<_> = (0..2_600).map(|number| user(&format!("{number}x"), &name(number * 7_919 % 30_011))).collect();
    let mut work = begin(&store).await;
    for short in TEAMS {
        work.teams().insert(&team(short)).await.unwrap();
    }
    work.channels().insert(&channel("c", Some("t"))).await.unwrap();
    work.users().insert(&users).await.unwrap();
    for number in 0..2_600 {
        let member = |team| team_member(team, &format!("{number}x"));
        if dice.throw(20) > 0 {
            work.teams().join(&member("t")).await.unwrap();
        }
        // Some are in the channel alone.
        if dice.throw(20) > 0 {
            work.channels().join(&[channel_member("c", &format!("{number}x"))]).await.unwrap();
        }
        if dice.throw(20) == 0 {
            work.teams().join(&member("u")).await.unwrap();
        }
        if dice.throw(40) > 0 {
            work.teams().join(&member("n")).await.unwrap();
        }
    }
    work.commit().await.unwrap();
    (store, users.into_iter().map(|user| user.id).collect())
}

async fn rename(work: &mut dyn UnitOfWork, id: &UserId, name: &str, is_switched: bool) {
    let Some(before) = work.users().locked(id).await.unwrap() else { return };
    let deleted_at = if before.is_active() == is_switched { BORN } else { Timestamp::NEVER };
    let _ = work.users().update(&User { username: Username::parse(name).unwrap(), deleted_at, ..before }).await;
}

async fn switch(work: &mut dyn UnitOfWork, id: &UserId) {
    let Some(before) = work.users().locked(id).await.unwrap() else { return };
    let deleted_at = if before.is_active() { BORN } else { Timestamp::NEVER };
    work.users().update(&User { deleted_at, ..before }).await.unwrap();
}

/// Something that changes lists; names that are taken change nothing.
async fn change(work: &mut dyn UnitOfWork, dice: &mut Dice, ids: &mut Vec<UserId>, step: u64) {
    let picked = usize::try_from(dice.throw(ids.len() as u64)).unwrap();
    let (target, team) = (ids[picked].clone(), TEAMS[usize::try_from(dice.throw(3)).unwrap()]);
    let fresh = name(dice.throw(30_011));
    match dice.throw(15) {
        0..3 => {
            let newcomer = user(&format!("{step}y"), &fresh);
            if work.users().insert(std::slice::from_ref(&newcomer)).await.is_ok() {
                ids.push(newcomer.id);
            }
        }
        3..5 => rename(work, &target, &fresh, dice.throw(3) == 0).await,
        10..13 => switch(work, &target).await,
        5 => {
            work.users().remove(&target).await.unwrap();
            ids.swap_remove(picked);
        }
        6..8 => {
            let member = team_member(team, "");
            work.teams().join(&TeamMember { user_id: target, ..member }).await.unwrap();
        }
        8 => {
            work.channels().leave(&id("c"), &target).await.unwrap();
        }
        9 => {
            let member = channel_member("c", "");
            work.channels().join(&[ChannelMember { user_id: target, ..member }]).await.unwrap();
        }
        _ => {
            work.teams().leave(&id(team), &target, BORN).await.unwrap();
        }
    }
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = diesel::sql_types::Text)]
    username: String,
}

/// The login names that a statement gives, on a connection of its own.
fn names(store: &Fresh, sql: &str) -> Vec<String> {
    let mut connection = SqliteConnection::establish(store.path().to_str().unwrap()).unwrap();
    connection.batch_execute("PRAGMA query_only = ON").unwrap();
    diesel::sql_query(sql).load::<Name>(&mut connection).unwrap().into_iter().map(|row| row.username).collect()
}

async fn page(store: &Fresh, scope: &Scope, is_active: Option<bool>, page: Page) -> Vec<String> {
    let filter = Filter { is_active, ..Filter::default() };
    let listing = Listing { scope: scope.clone(), filter, page, ..Listing::default() };
    let listed = store.read().await.unwrap().users().list(&listing).await.unwrap();
    listed.iter().map(|row| row.user.username.as_str().to_owned()).collect()
}

/// Every page of a list is the part of the whole that `OFFSET` would give.
async fn pages_are_parts(store: &Fresh, scope: Scope, sql: &str) {
    for (is_active, test) in [(None, "true"), (Some(true), "u.deleted_at = 0"), (Some(false), "u.deleted_at <> 0")] {
        let sql =
            format!("SELECT u.username FROM ({sql}) AS wanted JOIN users AS u ON u.username = wanted.username WHERE {test} ORDER BY 1");
        pages_of_some_are_parts(store, &scope, is_active, &names(store, &sql)).await;
    }
}

async fn pages_of_some_are_parts(store: &Fresh, scope: &Scope, is_active: Option<bool>, whole: &[String]) {
    for size in [37, 200] {
        let pages = whole.len() / size + 2;
        for number in (0..pages).rev().step_by(if size == 37 { 5 } else { 1 }) {
            let expected: Vec<_> = whole.iter().skip(number * size).take(size).cloned().collect();
            let (number, size) = (u32::try_from(number).unwrap(), u32::try_from(size).unwrap());
            let page = page(store, scope, is_active, Page { number, size }).await;
            assert_eq!(page, expected, "page {number} of {scope:?}, {is_active:?}");
        }
    }
}

#[tokio::test]
async fn deep_pages_are_the_parts_of_lists_that_change() {
    let mut dice = Dice(0x5eed);
    let (store, mut ids) = peopled(&mut dice).await;
    for round in 0..4 {
        while store.tend().await.unwrap() {}
        for step in 0..15 {
            let mut work = begin(&store).await;
            for part in 0..20 {
                change(&mut *work, &mut dice, &mut ids, round * 1_000 + step * 20 + part).await;
            }
            // Some changes are undone.
            if dice.throw(5) > 0 {
                work.commit().await.unwrap();
            } else {
                drop(work);
                ids = store.read().await.unwrap().users().ids_after(None, 100_000).await.unwrap();
            }
        }
        let of_team = |team: &str| {
            let place = "JOIN users ON users.id = user_id WHERE deleted_at = 0 AND team_id =";
            let place = place.replace("deleted_at", "team_members.deleted_at");
            format!("SELECT users.username FROM team_members {place} '{}' ORDER BY 1", id::<muster_domain::id::TeamId>(team))
        };
        pages_are_parts(&store, Scope::Everyone, "SELECT username FROM users ORDER BY 1").await;
        for short in TEAMS {
            pages_are_parts(&store, Scope::InTeam(id(short)), &of_team(short)).await;
            let outside = format!("SELECT username FROM users EXCEPT {}", of_team(short));
            pages_are_parts(&store, Scope::NotInTeam { team: id(short), is_constrained: false }, &outside).await;
        }
        let outside = "SELECT t.username FROM team_members AS t JOIN channels ON channels.team_id = t.team_id WHERE t.deleted_at = 0 \
            AND NOT EXISTS (SELECT 1 FROM channel_members AS m WHERE m.channel_id = channels.id AND m.user_id = t.user_id) ORDER BY 1";
        let scope = Scope::NotInChannel { team: id("t"), channel: id("c"), is_constrained: false };
        pages_are_parts(&store, scope, outside).await;
        let wrong = "SELECT list || first_name AS username FROM list_marks AS m WHERE size <> (SELECT count(*) FROM users AS u \
            WHERE u.username >= m.first_name AND u.username < coalesce((SELECT min(first_name) FROM list_marks AS n \
            WHERE n.list = '' AND n.first_name > m.first_name), '~') AND (m.list = '' OR EXISTS (SELECT 1 FROM team_members AS t \
            WHERE t.team_id = m.list AND t.user_id = u.id AND t.deleted_at = 0) OR EXISTS (SELECT 1 FROM team_members AS t \
            JOIN channels ON channels.team_id = t.team_id JOIN channel_members AS o ON o.channel_id = channels.id \
            WHERE channels.id = m.list AND t.user_id = u.id AND t.deleted_at = 0 AND o.user_id = u.id) \
            OR (u.deleted_at <> 0 AND (m.list = '!' OR EXISTS (SELECT 1 FROM team_members AS t \
            WHERE '!' || t.team_id = m.list AND t.user_id = u.id AND t.deleted_at = 0)))))";
        assert_eq!(names(&store, wrong), [""; 0]);
        let outsiders = "SELECT c.team_id || u.username AS username FROM complemented_teams AS c JOIN users AS u ON NOT EXISTS (\
            SELECT 1 FROM team_members AS m WHERE m.team_id = c.team_id AND m.user_id = u.id AND m.deleted_at = 0) ORDER BY 1";
        let kept = "SELECT team_id || username AS username FROM team_outsiders ORDER BY 1";
        assert_eq!(names(&store, kept), names(&store, outsiders));
        // No mark keeps a name that nobody has any more.
        let gone = "SELECT first_name AS username FROM list_marks WHERE first_name NOT IN (SELECT username FROM users UNION SELECT '')";
        assert_eq!(names(&store, gone), [""; 0]);
    }
    assert_eq!(names(&store, "SELECT team_id AS username FROM complemented_teams").len(), 2);
    assert!(names(&store, "SELECT first_name AS username FROM list_marks WHERE list = ''").len() > 3);
    assert!(names(&store, "SELECT m.first_name AS username FROM list_marks AS m JOIN channels ON channels.id = m.list").len() > 3);
}

#[tokio::test]
async fn lists_and_searches_outlive_a_rewrite_of_the_file() {
    let (store, _) = peopled(&mut Dice(7)).await;
    let mut work = begin(&store).await;
    for number in 0..1_000 {
        work.users().remove(&id(&format!("{number}x"))).await.unwrap();
    }
    work.commit().await.unwrap();
    let before = page(&store, &Scope::Everyone, None, Page { number: 7, size: 200 }).await;

    SqliteConnection::establish(store.path().to_str().unwrap()).unwrap().batch_execute("VACUUM").unwrap();

    assert_eq!(page(&store, &Scope::Everyone, None, Page { number: 7, size: 200 }).await, before);
    let search = |term: &str| muster_domain::user::query::Search {
        scope: Scope::Everyone,
        filter: muster_domain::user::query::Filter::default(),
        words: muster_domain::user::query::words(term),
        searched: muster_domain::user::query::Searched { full_name: true, email: true },
        most: 10,
    };
    for name in &before[..20] {
        let found = store.read().await.unwrap().users().search(&search(name)).await.unwrap();
        assert_eq!(found.iter().map(|user| user.username.as_str()).collect::<Vec<_>>(), [name]);
    }
}
