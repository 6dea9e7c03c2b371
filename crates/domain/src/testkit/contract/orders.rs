//! What holds of the orders in which accounts are listed.

use super::directory::{
    add_channel, add_group, add_team, change, channel_place, done, enter, in_channel, in_team, join, leave, listed, listing, ordered,
    people, rename, rows,
};
use super::{add, minutes};
use crate::page::Page;
use crate::status::{Presence, Status};
use crate::store::Store;
use crate::team::Standing;
use crate::testkit::fixture::{id, status, team_member, user};
use crate::time::Timestamp;
use crate::user::User;
use crate::user::query::{Filter, Listing, NameFormat, Order, Scope};

async fn put_status(store: &dyn Store, status: &Status) {
    done(store, async |work| work.statuses().put(status).await).await.unwrap();
}

async fn be_active(store: &dyn Store, name: &str, at: Timestamp) {
    put_status(store, &Status { last_activity_at: at, ..status(name, Presence::Away) }).await;
}

/// A team's members who were last active come first, left ones included; those who have no status are left out.
pub async fn members_who_were_last_active_come_first(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd", "dan", "eve", "fay"]).await;
    add_team(store, "t", &["ada", "bob", "cyd", "dan", "eve"]).await;
    for (name, minute) in [("dan", 1), ("cyd", 3), ("ada", 3), ("bob", 2), ("fay", 9)] {
        be_active(store, name, minutes(minute)).await;
    }
    leave(store, "t", "bob").await;

    let rows = rows(store, &Listing { order: Order::Activity, ..listing(in_team("t")) }).await;

    let told: Vec<_> = rows.iter().map(|row| (row.user.username.as_str(), row.last_activity_at)).collect();
    assert_eq!(told, [("ada", minutes(3)), ("cyd", minutes(3)), ("bob", minutes(2)), ("dan", minutes(1))]);
}

/// Who becomes active comes to the front.
pub async fn who_becomes_active_comes_to_the_front(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    add_team(store, "t", &["ada", "bob"]).await;
    be_active(store, "ada", minutes(1)).await;
    be_active(store, "bob", minutes(2)).await;

    be_active(store, "ada", minutes(3)).await;

    assert_eq!(ordered(store, in_team("t"), Order::Activity).await, ["ada", "bob"]);
}

/// A team's newest accounts come first, left ones included, then the order is by login name.
pub async fn the_newest_accounts_come_first(store: &dyn Store) {
    let made = [("ada", 1), ("bob", 3), ("cyd", 2), ("dan", 3), ("eve", 9)];
    let users = made.map(|(name, minute)| User { created_at: minutes(minute), ..user(name, name) });
    add(store, &users).await.unwrap();
    add_team(store, "t", &["cyd", "ada", "dan", "bob"]).await;
    leave(store, "t", "cyd").await;

    let rows = rows(store, &Listing { order: Order::Created, ..listing(in_team("t")) }).await;

    let told: Vec<_> = rows.iter().map(|row| (row.user.username.as_str(), row.last_activity_at)).collect();
    assert_eq!(told, ["bob", "dan", "cyd", "ada"].map(|name| (name, Timestamp::NEVER)));
}

/// A former member who joined again is listed once in each order.
pub async fn who_joined_again_is_listed_once(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    add_team(store, "t", &["ada", "bob"]).await;
    be_active(store, "ada", minutes(1)).await;

    leave(store, "t", "ada").await;
    join(store, &team_member("t", "ada")).await;

    assert_eq!(ordered(store, in_team("t"), Order::Activity).await, ["ada"]);
    assert_eq!(ordered(store, in_team("t"), Order::Created).await, ["ada", "bob"]);
    assert_eq!(ordered(store, in_team("t"), Order::Username).await, ["ada", "bob"]);
}

/// A filter holds of former members too.
pub async fn filters_hold_of_former_members(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd"]).await;
    add_team(store, "t", &["ada", "bob", "cyd"]).await;
    for name in ["ada", "bob", "cyd"] {
        be_active(store, name, minutes(1)).await;
        leave(store, "t", name).await;
    }
    super::directory::deactivate(store, "bob").await;

    for order in [Order::Activity, Order::Created] {
        let by = |is_active| Listing { order, filter: Filter { is_active, ..Filter::default() }, ..listing(in_team("t")) };

        assert_eq!(listed(store, &by(Some(true))).await, ["ada", "cyd"], "{order:?}");
        assert_eq!(listed(store, &by(Some(false))).await, ["bob"], "{order:?}");
    }
}

/// Those in a channel who are there come first, then who is away, then who is not to be disturbed, then all others alike.
pub async fn those_who_are_there_come_first(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd", "dan", "eve", "fay", "gus", "hal"]).await;
    add_channel(store, "c", None, &["ada", "bob", "cyd", "dan", "eve", "fay", "gus"]).await;
    let presences = [
        ("bob", Presence::DoNotDisturb),
        ("cyd", Presence::Away),
        ("dan", Presence::OutOfOffice),
        ("eve", Presence::Online),
        ("fay", Presence::Offline),
        ("gus", Presence::Online),
        ("hal", Presence::Online),
    ];
    for (name, presence) in presences {
        put_status(store, &status(name, presence)).await;
    }

    let names = ordered(store, in_channel("c"), Order::Status).await;

    assert_eq!(names, ["eve", "gus", "cyd", "bob", "ada", "dan", "fay"]);
}

/// Those who look after a channel come first.
pub async fn those_who_look_after_a_channel_come_first(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd", "dan"]).await;
    add_channel(store, "c", None, &["ada", "cyd"]).await;
    add_channel(store, "d", None, &["bob", "dan"]).await;
    let places = ["dan", "bob"].map(|name| channel_place("c", name, Standing::ADMIN));
    done(store, async |work| work.channels().join(&places).await).await.unwrap();

    let names = ordered(store, in_channel("c"), Order::AdminsFirst).await;

    assert_eq!(names, ["bob", "dan", "ada", "cyd"]);
}

/// A group is sorted by what people call each other, without regard to case and accents; who is called alike, by id.
pub async fn a_group_is_sorted_by_what_people_call_each_other(store: &dyn Store) {
    let named = |name: &str, nickname: &str, first: &str, last: &str| {
        let mut user = user(name, name);
        (user.profile.nickname, user.profile.first_name, user.profile.last_name) = (nickname.into(), first.into(), last.into());
        user
    };
    let twins = [("x0", "zoe"), ("x1", "abe")].map(|(short, name)| User { id: id(short), ..named(name, "Twin", "Al", "") });
    let others = [named("bob", "", "", "Örn"), named("cyd", "éve", "Zoë", "Z"), named("dan", "", "", ""), named("eve", "Ada", "", "")];
    add(store, &[twins.as_slice(), &others].concat()).await.unwrap();
    add_group(store, "g", &["x0", "x1", "bob", "cyd", "dan", "eve"]).await;
    let by = async |format| ordered(store, Scope::InGroup(id("g")), Order::DisplayName(format)).await;

    assert_eq!(by(NameFormat::Username).await, ["abe", "bob", "cyd", "dan", "eve", "zoe"]);
    assert_eq!(by(NameFormat::Nickname).await, ["eve", "dan", "cyd", "bob", "zoe", "abe"]);
    assert_eq!(by(NameFormat::FullName).await, ["zoe", "abe", "dan", "eve", "bob", "cyd"]);
}

/// What people call each other follows every change of it.
pub async fn what_people_call_each_other_follows_changes(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd"]).await;
    add_group(store, "g", &["ada", "bob", "cyd"]).await;
    let by = async |format| ordered(store, Scope::InGroup(id("g")), Order::DisplayName(format)).await;
    assert_eq!(by(NameFormat::Nickname).await, ["ada", "bob", "cyd"]);

    change(store, "ada", |user| user.profile.nickname = "ZZ".into()).await;
    change(store, "bob", |user| user.profile.last_name = "Yy".into()).await;
    rename(store, "cyd", "xavier").await;

    assert_eq!(by(NameFormat::Nickname).await, ["xavier", "bob", "ada"]);
    assert_eq!(by(NameFormat::FullName).await, ["ada", "xavier", "bob"]);
    assert_eq!(by(NameFormat::Username).await, ["ada", "bob", "xavier"]);
}

/// Who is renamed has another place among equals in every order at once.
pub async fn a_rename_moves_somebody_among_equals(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd"]).await;
    add_team(store, "t", &["ada", "bob", "cyd"]).await;
    add_channel(store, "c", Some("t"), &["ada", "bob", "cyd"]).await;
    for name in ["ada", "bob", "cyd"] {
        be_active(store, name, minutes(1)).await;
    }

    rename(store, "ada", "zed").await;

    for order in [Order::Activity, Order::Created] {
        assert_eq!(ordered(store, in_team("t"), order).await, ["bob", "cyd", "zed"], "{order:?}");
    }
    for order in [Order::Status, Order::AdminsFirst] {
        assert_eq!(ordered(store, in_channel("c"), order).await, ["bob", "cyd", "zed"], "{order:?}");
    }
}

/// A list in any order comes in parts, which are slices of it.
pub async fn a_list_in_any_order_comes_in_parts(store: &dyn Store) {
    let names: Vec<_> = (0..30).map(|number| format!("name{number:02}")).collect();
    let short: Vec<_> = names.iter().map(String::as_str).collect();
    people(store, &short).await;
    add_team(store, "t", &short).await;
    add_channel(store, "c", Some("t"), &[]).await;
    add_group(store, "g", &short).await;
    enter(store, "c", &short).await;
    for (number, name) in (0..).zip(&short) {
        be_active(store, name, minutes(number % 3)).await;
        change(store, name, |user| user.profile.nickname = format!("nick{}", number % 4)).await;
    }
    let lists = [
        (in_team("t"), Order::Activity),
        (in_team("t"), Order::Created),
        (in_channel("c"), Order::Status),
        (in_channel("c"), Order::AdminsFirst),
        (Scope::InGroup(id("g")), Order::DisplayName(NameFormat::Nickname)),
    ];

    for (scope, order) in lists {
        let whole = ordered(store, scope.clone(), order).await;
        assert_eq!(whole.len(), 30, "{order:?}");
        for (number, slice) in (0..).zip(whole.chunks(7)) {
            let part = Listing { order, page: Page { number, size: 7 }, ..listing(scope.clone()) };
            assert_eq!(listed(store, &part).await, slice, "{order:?}");
        }
        let beyond = Listing { order, page: Page { number: 5, size: 7 }, ..listing(scope) };
        assert!(listed(store, &beyond).await.is_empty());
    }
}
