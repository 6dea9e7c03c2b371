//! What holds of searches among thousands whose texts are alike.

use super::add;
use super::directory::{add_channel, add_team, enter, in_channel, in_team, join};
use super::searches::{found, found_by, named, searching};
use crate::role::Roles;
use crate::store::Store;
use crate::testkit::fixture::{BORN, email, id, team_member};
use crate::time::Timestamp;
use crate::user::User;
use crate::user::query::{Filter, RoleFilter, RoleTest, Search, Searched};

/// More accounts than a store looks at one by one.
const MANY: usize = 3_000;

fn name(number: usize) -> String {
    format!("name{number:04}")
}

/// Everybody is common; every third is even commoner, every hundredth is deactivated, and the last is exact.
async fn crowd(store: &dyn Store) {
    let one = |number: usize| {
        let nickname = if number.is_multiple_of(3) { "Common Third" } else { "Common" };
        let last = if number.is_multiple_of(1_000) { "Rare" } else { "Family" };
        let deleted_at = if number.is_multiple_of(100) { BORN } else { Timestamp::NEVER };
        User { deleted_at, ..named(&name(number), nickname, "Jo", last) }
    };
    let users: Vec<_> = (0..MANY).map(|number| one(number * 1_009 % MANY)).collect();
    for users in users.chunks(1_000) {
        add(store, users).await.unwrap();
    }
}

fn first(count: usize, is_wanted: impl Fn(usize) -> bool) -> Vec<String> {
    (0..MANY).filter(|number| is_wanted(*number)).take(count).map(name).collect()
}

/// Of thousands with a common word the first in order are found, as many as wanted.
pub async fn of_thousands_the_first_are_found(store: &dyn Store) {
    crowd(store).await;

    for (term, most) in [("common", 25), ("common third", 100), ("jo", 25), ("o", 25), ("name", 25), ("co na", 25), ("", 25)] {
        let wanted = first(most, |number| term != "common third" || number.is_multiple_of(3));
        let most = u32::try_from(most).unwrap();
        assert_eq!(found_by(store, &Search { most, ..searching(term) }).await, wanted, "{term}");
    }
    assert_eq!(found(store, "third").await, first(1_000, |number| number.is_multiple_of(3)));
}

/// Words that are common, each by itself, find the few who have them all.
pub async fn common_words_find_the_few_who_have_them_all(store: &dyn Store) {
    crowd(store).await;

    assert_eq!(found(store, "common rare").await, [name(0), name(1_000), name(2_000)]);
    assert_eq!(found(store, "third rare jo").await, [name(0)]);
    assert_eq!(found(store, "name2999 common").await, [name(2_999)]);
    assert_eq!(found(store, "299 third o").await, first(MANY, |number| name(number).contains("299") && number.is_multiple_of(3)));
    assert_eq!(found(store, "common xyzzy").await, [""; 0]);
}

/// A common word finds the few that a filter leaves, though all are last in order.
pub async fn a_common_word_finds_the_few_that_a_filter_leaves(store: &dyn Store) {
    crowd(store).await;
    let late = [User { roles: Roles::admin(), ..named("zed", "Common", "", "") }, named("zoe", "Common", "", "")];
    add(store, &late).await.unwrap();
    let inactive = Filter { is_active: Some(false), ..Filter::default() };
    let roles = RoleFilter { any_of: vec![RoleTest::AnyOf(vec![crate::role::ADMIN])], ..RoleFilter::default() };

    let deactivated = found_by(store, &Search { filter: inactive, most: 20, ..searching("common") }).await;
    let admins = found_by(store, &Search { filter: Filter { roles, ..Filter::default() }, ..searching("common") }).await;

    assert_eq!(deactivated, first(20, |number| number.is_multiple_of(100)));
    assert_eq!(admins, ["zed"]);
}

/// A common word finds the few of a small team or channel, and few more of whom somebody knows.
pub async fn a_common_word_finds_the_few_of_a_small_place(store: &dyn Store) {
    crowd(store).await;
    add_team(store, "t", &[]).await;
    add_channel(store, "c", None, &[]).await;
    for number in [2_990, 7, 1_500] {
        assert!(join(store, &team_member("t", &name(number))).await);
        enter(store, "c", &[&name(number + 1)]).await;
    }

    for term in ["common", "na", ""] {
        let in_team = Search { scope: in_team("t"), ..searching(term) };
        let in_channel = Search { scope: in_channel("c"), ..searching(term) };
        let known = Search { filter: super::directory::known_to(&name(8)), ..searching(term) };
        assert_eq!(found_by(store, &in_team).await, [name(7), name(1_500), name(2_990)], "{term}");
        assert_eq!(found_by(store, &in_channel).await, [name(8), name(1_501), name(2_991)], "{term}");
        assert_eq!(found_by(store, &known).await, [name(8), name(1_501), name(2_991)], "{term}");
    }
}

/// Of thousands in a channel the first are found, and nobody who is not in it.
pub async fn of_thousands_in_a_channel_the_first_are_found(store: &dyn Store) {
    crowd(store).await;
    add_channel(store, "c", None, &[]).await;
    let is_there = |number: usize| !number.is_multiple_of(5);
    let members = first(MANY, is_there);
    enter(store, "c", &members.iter().map(String::as_str).collect::<Vec<_>>()).await;

    for term in ["common", "jo", "na", ""] {
        let search = Search { scope: in_channel("c"), most: 30, ..searching(term) };
        assert_eq!(found_by(store, &search).await, members[..30], "{term}");
    }
    let thirds = Search { scope: in_channel("c"), most: 30, ..searching("third common") };
    assert_eq!(found_by(store, &thirds).await, first(30, |number| is_there(number) && number.is_multiple_of(3)));
    let outside = Search { scope: in_channel("c"), ..searching("name2995") };
    assert_eq!(found_by(store, &outside).await, [""; 0]);
}

/// The one whose login name is the word comes first of thousands who have it somewhere, wherever his place would be.
pub async fn the_exact_login_name_comes_first_of_thousands(store: &dyn Store) {
    crowd(store).await;
    add(store, &[User { email: email("x"), ..named("common", "", "", "") }, named("zzz.common", "", "", "")]).await.unwrap();
    add(store, &[User { id: id("jo"), ..named("jo.x", "", "", "") }]).await.unwrap();

    let wanted = [vec!["common".to_owned()], first(9, |_| true)].concat();

    assert_eq!(found_by(store, &Search { most: 10, ..searching("common") }).await, wanted);
    assert_eq!(found_by(store, &Search { most: 10, ..searching("jo") }).await, [vec!["jo.x".to_owned()], first(9, |_| true)].concat());
}

/// A word that thousands have in what is not searched finds the few who have it in what is.
pub async fn what_is_common_in_what_is_not_searched_is_no_hindrance(store: &dyn Store) {
    crowd(store).await;
    add(store, &[named("zed", "Family man", "", "")]).await.unwrap();
    let names_alone = Searched { full_name: false, email: false };

    assert_eq!(found_by(store, &Search { searched: names_alone, ..searching("family") }).await, ["zed"]);
    assert_eq!(found_by(store, &Search { searched: names_alone, ..searching("example.test") }).await, [""; 0]);
    assert_eq!(found_by(store, &Search { most: 3, ..searching("family") }).await, [name(1), name(2), name(3)]);
}
