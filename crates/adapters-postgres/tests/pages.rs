//! Deep pages, which are found by counts, against the same pages found by walking.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

use muster_adapters_postgres::PgStore;
use muster_adapters_postgres::testkit::{Cluster, TestStore, execute, text};
use muster_domain::channel::ChannelMember;
use muster_domain::id::{TeamId, UserId};
use muster_domain::page::Page;
use muster_domain::store::Store;
use muster_domain::team::TeamMember;
use muster_domain::testkit::fixture::{self, BORN, id};
use muster_domain::time::Timestamp;
use muster_domain::user::User;
use muster_domain::user::query::{Count, Filter, Listing, NameFormat, Order, Scope, Search, SearchTexts, Searched, words};
use muster_domain::username::Username;

/// A team of every other account, and one of nearly all.
const TEAMS: [&str; 2] = ["half", "most"];
/// A channel of the second, of nearly all that are in it.
const CHANNEL: &str = "square";
/// A group of those whose names come first.
const GROUP: &str = "group";
/// Accounts of a segment: many fewer than usual, so that there are many.
const TEND: &str = "SELECT tend_segments(300)";

/// Numbers that look random, the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn name(&mut self) -> String {
        // Some stretches of the alphabet fill up, others stay empty.
        let first = ["a", "b", "ba", "m", "mm", "mmm", "z"][self.roll(7)];
        format!("{first}{:06}", self.roll(1_000_000))
    }
}

/// What one writer made.
struct Writer {
    dice: Dice,
    letter: char,
    made: Vec<UserId>,
    count: usize,
}

impl Writer {
    fn new(seed: u64, letter: char) -> Self {
        Self { dice: Dice(seed), letter, made: Vec::new(), count: 0 }
    }

    fn new_users(&mut self, count: usize) -> Vec<User> {
        let mut user = || {
            self.count += 1;
            let short = format!("{}{}x", self.letter, self.count);
            let username = format!("{}{}{}", self.dice.name(), self.letter, self.count);
            fixture::user(&short, &username)
        };
        (0..count).map(|_| user()).collect()
    }

    fn any(&mut self) -> UserId {
        let place = self.dice.roll(self.made.len());
        self.made[place].clone()
    }

    async fn sign_up(&mut self, store: &PgStore, count: usize, is_kept: bool) {
        let users = self.new_users(count);
        let mut work = store.begin().await.unwrap();
        work.users().insert(&users).await.unwrap();
        // Those who are outside have names that lie together.
        let is_in_most = |number: usize, user: &User| !number.is_multiple_of(20) || !user.username.as_str().starts_with('m');
        let half = users.iter().step_by(2).map(|user| member("half", &user.id));
        let most = users.iter().enumerate().filter(|(number, user)| is_in_most(*number, user)).map(|(_, user)| member("most", &user.id));
        work.teams().fill(&half.chain(most).collect::<Vec<_>>()).await.unwrap();
        let in_channel =
            users.iter().enumerate().filter(|(number, user)| !number.is_multiple_of(30) || user.username.as_str().starts_with('z'));
        let in_channel: Vec<_> = in_channel.map(|(_, user)| channel_member(&user.id)).collect();
        work.channels().join(&in_channel).await.unwrap();
        let in_group: Vec<_> = users.iter().filter(|user| !user.username.as_str().starts_with('z')).map(|user| user.id.clone()).collect();
        work.groups().add(&id(GROUP), &in_group, BORN).await.unwrap();
        if is_kept {
            work.commit().await.unwrap();
            self.made.extend(users.into_iter().map(|user| user.id));
        }
    }

    async fn change(&mut self, store: &PgStore) {
        let (user, team) = (self.any(), TEAMS[self.dice.roll(2)]);
        let mut work = store.begin().await.unwrap();
        match self.dice.roll(9) {
            5 => drop(work.channels().join(&[channel_member(&user)]).await.unwrap()),
            6 => drop(work.channels().leave(&id(CHANNEL), &user).await.unwrap()),
            7 => {
                let mut switched = work.users().locked(&user).await.unwrap().unwrap();
                switched.deleted_at = if switched.is_active() { BORN } else { Timestamp::NEVER };
                if self.dice.roll(2) == 0 {
                    switched.username = Username::parse(&format!("{}{}", self.dice.name(), &user.as_str()[..6])).unwrap();
                }
                work.users().update(&switched).await.unwrap();
            }
            8 => {
                let mut named = work.users().locked(&user).await.unwrap().unwrap();
                named.profile.first_name = self.dice.name();
                work.users().update(&named).await.unwrap();
            }
            0 => {
                let mut renamed = work.users().locked(&user).await.unwrap().unwrap();
                renamed.username = Username::parse(&format!("{}{}", self.dice.name(), &user.as_str()[..6])).unwrap();
                work.users().update(&renamed).await.unwrap();
            }
            1 => {
                work.users().remove(&user).await.unwrap();
                self.made.retain(|made| *made != user);
            }
            2 => drop(work.teams().leave(&id(team), &user, BORN).await.unwrap()),
            _ => drop(work.teams().join(&member(team, &user)).await.unwrap()),
        }
        work.commit().await.unwrap();
    }
}

fn member(team: &str, user: &UserId) -> TeamMember {
    TeamMember { user_id: user.clone(), ..fixture::team_member(team, "x") }
}

fn channel_member(user: &UserId) -> ChannelMember {
    ChannelMember { user_id: user.clone(), ..fixture::channel_member(CHANNEL, "x") }
}

async fn fresh_store() -> TestStore {
    let store = Cluster::shared().store().await;
    let mut work = store.begin().await.unwrap();
    for team in TEAMS {
        work.teams().insert(&fixture::team(team)).await.unwrap();
    }
    work.channels().insert(&fixture::channel(CHANNEL, Some("most"))).await.unwrap();
    work.groups().insert(&fixture::group(GROUP)).await.unwrap();
    work.commit().await.unwrap();
    store
}

async fn page(store: &PgStore, scope: &Scope, filter: Filter, page: Page) -> Vec<String> {
    let listing = Listing { scope: scope.clone(), filter, page, ..Listing::default() };
    let listed = store.read().await.unwrap().users().list(&listing).await.unwrap();
    listed.into_iter().map(|listed| listed.user.username.as_str().to_owned()).collect()
}

/// Everybody of a scope: a list from its beginning is walked.
async fn whole(store: &PgStore, scope: &Scope, filter: Filter) -> Vec<String> {
    page(store, scope, filter, Page { number: 0, size: 1_000_000 }).await
}

async fn pages_are_slices(store: &PgStore, scope: &Scope, filter: &Filter, whole: &[String]) {
    for number in 0..=u32::try_from(whole.len() / 170 + 1).unwrap() {
        let part = Page { number, size: 170 };
        let rest = &whole[whole.len().min(usize::try_from(part.offset()).unwrap())..];
        assert_eq!(page(store, scope, filter.clone(), part).await, rest[..rest.len().min(170)], "page {number} of {scope:?} {filter:?}");
    }
}

fn without(all: &[String], others: &[String]) -> Vec<String> {
    all.iter().filter(|name| others.binary_search(name).is_err()).cloned().collect()
}

/// Words that many have, that few have, and whose accounts lie together.
const WORDS: [&str; 9] = ["mmm", "ba0", "zz", "77", "123", "9p1", "m00", "q12", "001"];

/// Searches find those who have the word, the first in the order of usernames.
async fn searches_find_those_who_have_the_word(store: &PgStore) {
    let listing = Listing { page: Page { number: 0, size: 1_000_000 }, ..Listing::default() };
    let everyone = store.read().await.unwrap().users().list(&listing).await.unwrap();
    let searched = Searched { full_name: true, email: false };
    for word in WORDS {
        let search = Search { scope: Scope::Everyone, filter: Filter::default(), words: words(word), searched, most: 40 };
        let found = store.read().await.unwrap().users().search(&search).await.unwrap();
        let having = everyone.iter().map(|listed| &listed.user).filter(|user| SearchTexts::of(user).have(word, searched));
        let expected: Vec<_> = having.take(40).map(|user| user.username.as_str()).collect();
        assert_eq!(found.iter().map(|user| user.username.as_str()).collect::<Vec<_>>(), expected, "{word}");
    }
}

async fn count(store: &PgStore, scope: &Scope) -> usize {
    let count = Count { scope: scope.clone(), with_bots: true, with_remote: true, ..Count::default() };
    usize::try_from(store.read().await.unwrap().users().count(&count).await.unwrap()).unwrap()
}

async fn compare(store: &TestStore) {
    let all = Filter::default();
    let everyone = whole(store, &Scope::Everyone, all.clone()).await;
    pages_are_slices(store, &Scope::Everyone, &all, &everyone).await;
    assert_eq!(count(store, &Scope::Everyone).await, everyone.len());
    for is_active in [true, false] {
        let filter = Filter { is_active: Some(is_active), ..Filter::default() };
        let some = whole(store, &Scope::Everyone, filter.clone()).await;
        pages_are_slices(store, &Scope::Everyone, &filter, &some).await;
    }
    for team in TEAMS.map(id) {
        let in_team = Scope::InTeam(team);
        for is_active in [true, false] {
            let filter = Filter { is_active: Some(is_active), ..Filter::default() };
            let everyone = whole(store, &Scope::Everyone, filter.clone()).await;
            let members = whole(store, &in_team, filter.clone()).await;
            let all_members = whole(store, &in_team, all.clone()).await;
            assert_eq!(members, without(&all_members, &without(&all_members, &everyone)), "{in_team:?}, {is_active}");
            pages_are_slices(store, &in_team, &filter, &members).await;
            let Scope::InTeam(team) = in_team.clone() else { continue };
            let outside = Scope::NotInTeam { team, is_constrained: false };
            pages_are_slices(store, &outside, &filter, &without(&everyone, &members)).await;
        }
        let members = whole(store, &in_team, all.clone()).await;
        pages_are_slices(store, &in_team, &all, &members).await;
        assert_eq!(count(store, &in_team).await, members.len());
        let Scope::InTeam(team) = in_team else { continue };
        let outside = Scope::NotInTeam { team, is_constrained: false };
        let others = without(&everyone, &members);
        pages_are_slices(store, &outside, &all, &others).await;
        assert_eq!(whole(store, &outside, all.clone()).await, others);
    }
    let members = whole(store, &Scope::InTeam(id("most")), all.clone()).await;
    let in_channel = whole(store, &Scope::InChannel(id(CHANNEL)), all.clone()).await;
    let outside = Scope::NotInChannel { team: id("most"), channel: id(CHANNEL), is_constrained: false };
    pages_are_slices(store, &outside, &all, &without(&members, &in_channel)).await;
    a_group_is_in_the_order_of_its_names(store).await;
    searches_find_those_who_have_the_word(store).await;
}

/// By each of the names that a group may be sorted by.
async fn a_group_is_in_the_order_of_its_names(store: &TestStore) {
    for (format, text_of) in [(NameFormat::Nickname, "sort_nickname"), (NameFormat::FullName, "sort_full_name")] {
        let order = Order::DisplayName(format);
        let page = Page { number: 0, size: 1_000_000 };
        let listing = Listing { scope: Scope::InGroup(id(GROUP)), order, page, ..Listing::default() };
        let listed = store.read().await.unwrap().users().list(&listing).await.unwrap();
        let listed: Vec<_> = listed.iter().map(|listed| listed.user.username.as_str()).collect();
        let sorted = format!(
            "SELECT coalesce(string_agg(u.username, ' ' ORDER BY u.{text_of}, u.id), '') FROM users AS u JOIN group_members AS m \
             ON m.user_id = u.id WHERE u.deleted_at = 0"
        );
        assert_eq!(listed.join(" "), text(store.url(), &sorted).await, "{format:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deep_pages_are_those_that_walking_gives() {
    let store = fresh_store().await;
    let (mut one, mut other) = (Writer::new(1, 'p'), Writer::new(2, 'q'));

    for _ in 0..3 {
        let grow = async |writer: &mut Writer| {
            writer.sign_up(&store, 700, true).await;
            writer.sign_up(&store, 600, false).await;
            for number in 0..150 {
                writer.change(&store).await;
                if number % 40 == 7 {
                    execute(store.url(), TEND).await;
                }
            }
            writer.sign_up(&store, 30, true).await;
        };
        tokio::join!(grow(&mut one), grow(&mut other));
        compare(&store).await;
        while text(store.url(), "SELECT tend_segments(300)::text").await == "true" {}
        compare(&store).await;
    }

    let stretches = text(store.url(), "SELECT count(*)::text FROM list_marks WHERE list = ''").await;
    assert!(stretches.parse::<u32>().unwrap() > 1, "the list was never cut");
    let segments = text(store.url(), "SELECT count(*)::text FROM search_segments").await;
    assert!(segments.parse::<u32>().unwrap() > 4, "there are {segments} segments");
    assert_eq!(text(store.url(), "SELECT count(*)::text FROM marked_lists").await, "1", "the channel is a large one");
    assert_eq!(
        text(store.url(), "SELECT coalesce(string_agg(team_id, ''), '') FROM complemented_teams WHERE is_filled").await,
        id::<TeamId>("most").as_str()
    );
    let missing = "SELECT count(*)::text FROM complemented_teams AS c JOIN users AS u ON NOT EXISTS (\
        SELECT 1 FROM team_members AS m WHERE m.team_id = c.team_id AND m.user_id = u.id AND m.deleted_at = 0) \
        WHERE NOT EXISTS (SELECT 1 FROM team_outsiders AS o WHERE o.team_id = c.team_id AND o.user_id = u.id AND o.username = u.username)";
    assert_eq!(text(store.url(), missing).await, "0", "somebody outside a team is not kept");
    let unknown = "SELECT count(*)::text FROM (SELECT first_name FROM list_marks UNION SELECT first_name FROM search_segments) AS marks \
        WHERE first_name <> '' AND first_name NOT IN (SELECT username FROM users)";
    assert_eq!(text(store.url(), unknown).await, "0", "a mark keeps a name that nobody has any more");
    let appended = text(store.url(), "SELECT count(*)::text FROM list_changes").await;
    assert!(appended.parse::<u32>().unwrap() < 2_000, "{appended} changes were never added up");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_right_while_others_change_the_list() {
    let store = fresh_store().await;
    let mut writer = Writer::new(3, 'r');
    writer.sign_up(&store, 2_600, true).await;
    // Part of the work in hand is counted, and nobody sees it.
    let mut work = store.begin().await.unwrap();
    work.users().insert(&Writer::new(4, 's').new_users(900)).await.unwrap();

    compare(&store).await;
    writer.sign_up(&store, 700, true).await;
    compare(&store).await;
    work.commit().await.unwrap();
    compare(&store).await;
    writer.sign_up(&store, 700, true).await;
    compare(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_counts_the_teams_of_an_account() {
    let store = Cluster::shared().store().await;
    let mut work = store.begin().await.unwrap();
    work.users().insert(&[fixture::user("a", "ada")]).await.unwrap();
    for team in ["one", "two"] {
        work.teams().insert(&fixture::team(team)).await.unwrap();
        work.teams().join(&fixture::team_member(team, "a")).await.unwrap();
    }
    work.teams().leave(&id("one"), &id("a"), BORN).await.unwrap();
    work.teams().join(&fixture::team_member("one", "a")).await.unwrap();
    work.teams().leave(&id("two"), &id("a"), BORN).await.unwrap();
    work.commit().await.unwrap();

    let counted = text(store.url(), "SELECT string_agg(active_teams::text, ' ') FROM users").await;

    assert_eq!(counted, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_membership_hears_of_the_end_of_its_account_whichever_comes_first() {
    let store = fresh_store().await;
    let users: Vec<_> = (0..12).map(|number| fixture::user(&format!("{number}x"), &format!("n{number}"))).collect();
    let mut work = store.begin().await.unwrap();
    work.users().insert(&users).await.unwrap();
    work.commit().await.unwrap();

    let switch = async || {
        for user in users.iter().cycle().take(200) {
            let mut work = store.begin().await.unwrap();
            let mut switched = work.users().locked(&user.id).await.unwrap().unwrap();
            switched.deleted_at = if switched.is_active() { BORN } else { Timestamp::NEVER };
            work.users().update(&switched).await.unwrap();
            work.commit().await.unwrap();
        }
    };
    let come_and_go = async |team: &str| {
        for user in users.iter().cycle().take(200) {
            let mut work = store.begin().await.unwrap();
            if !work.teams().join(&member(team, &user.id)).await.unwrap() {
                work.teams().leave(&id(team), &user.id, BORN).await.unwrap();
            }
            work.commit().await.unwrap();
        }
    };
    tokio::join!(switch(), come_and_go("half"), come_and_go("most"), switch());

    let stale = "SELECT count(*)::text FROM team_members AS m JOIN users AS u ON u.id = m.user_id \
        WHERE m.is_deactivated <> (u.deleted_at <> 0)";
    assert_eq!(text(store.url(), stale).await, "0");
    let counted = "SELECT count(*)::text FROM (SELECT '!' || team_id AS list FROM team_members) AS lists WHERE (\
        SELECT coalesce(sum(change), 0) FROM list_changes WHERE list = lists.list) + (\
        SELECT coalesce(sum(names), 0) FROM list_marks WHERE list = lists.list) <> (\
        SELECT count(*) FROM team_members WHERE '!' || team_id = lists.list AND deleted_at = 0 AND is_deactivated)";
    assert_eq!(text(store.url(), counted).await, "0");
}
