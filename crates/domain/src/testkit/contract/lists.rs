//! What holds of lists of accounts: who is in them, and their parts.

use futures_util::future::join_all;

use super::directory::{
    ALL, add_channel, add_group, add_team, change, deactivate, done, enter, ids, in_channel, in_team, join, leave, link, listed, listing,
    not_in_channel, not_in_team, of_scope, people, rename,
};
use super::{add, begin, commit};
use crate::group::Place;
use crate::page::Page;
use crate::store::Store;
use crate::testkit::fixture::{BORN, bot, channel, id, team_member, user};
use crate::user::User;
use crate::user::query::{Listing, Scope};
use crate::username::Username;

const NOBODY: [&str; 0] = [];

/// Everyone is listed in the order of the bytes of login names, whoever it is: bots, guests and deactivated accounts too.
pub async fn everyone_is_listed_in_the_order_of_bytes(store: &dyn Store) {
    let guest = User { roles: crate::role::Roles::guest(), ..user("gus", "gus") };
    let inactive = User { deleted_at: BORN, ..user("ina", "ina") };
    add(store, &[guest, inactive, bot("bot", "bot", "gus")]).await.unwrap();
    let names = ["zed", "a_b", "a.b", "ab", "a-b", "a1b", "a", "0"];
    let others: Vec<_> = (1..).zip(names).map(|(number, name)| user(&format!("u{number}"), name)).collect();
    add(store, &others).await.unwrap();

    let names = of_scope(store, Scope::Everyone).await;

    assert_eq!(names, ["0", "a", "a-b", "a.b", "a1b", "a_b", "ab", "bot", "gus", "ina", "zed"]);
}

/// A listed account is the whole account.
pub async fn whole_accounts_are_listed(store: &dyn Store) {
    let ada = crate::testkit::fixture::detailed_user("ada", "ada");
    add(store, std::slice::from_ref(&ada)).await.unwrap();

    let rows = super::directory::rows(store, &listing(Scope::Everyone)).await;

    assert_eq!(rows[0].user, ada);
    assert_eq!(rows[0].last_activity_at, crate::time::Timestamp::NEVER);
}

/// Those without a team are those who belong to none now: who never did, and who left the last.
pub async fn those_without_a_team_are_listed(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd", "dan"]).await;
    add_team(store, "t", &["ada", "bob", "cyd"]).await;
    add_team(store, "u", &["ada", "bob"]).await;
    leave(store, "t", "bob").await;
    leave(store, "t", "cyd").await;
    assert_eq!(of_scope(store, Scope::WithoutTeam).await, ["cyd", "dan"]);

    leave(store, "u", "bob").await;
    join(store, &team_member("u", "cyd")).await;
    join(store, &team_member("t", "dan")).await;

    assert_eq!(of_scope(store, Scope::WithoutTeam).await, ["bob"]);
}

/// A team's list has those who belong to it now, deactivated ones too.
pub async fn members_of_a_team_are_listed(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd", "dan"]).await;
    add_team(store, "t", &["cyd", "ada", "bob"]).await;
    add_team(store, "u", &["dan"]).await;
    deactivate(store, "cyd").await;
    leave(store, "t", "bob").await;
    assert_eq!(of_scope(store, in_team("t")).await, ["ada", "cyd"]);

    join(store, &team_member("t", "bob")).await;

    assert_eq!(of_scope(store, in_team("t")).await, ["ada", "bob", "cyd"]);
}

/// Outside a team are those who don't belong to it now: former members, and those of other teams.
pub async fn those_outside_a_team_are_listed(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd", "dan"]).await;
    add_team(store, "t", &["ada", "bob"]).await;
    add_team(store, "u", &["ada", "cyd"]).await;

    leave(store, "t", "bob").await;

    assert_eq!(of_scope(store, not_in_team("t")).await, ["bob", "cyd", "dan"]);
}

/// Outside a constrained team only those in a group that is linked to it count, each once, as long as the link and the group last.
pub async fn those_outside_a_constrained_team_are_in_a_linked_group(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd", "dan", "eve"]).await;
    add_team(store, "t", &["ada"]).await;
    add_team(store, "u", &[]).await;
    add_group(store, "g", &["ada", "bob", "cyd"]).await;
    add_group(store, "h", &["cyd", "dan"]).await;
    add_group(store, "i", &["eve"]).await;
    link(store, "g", &Place::Team(id("t"))).await;
    link(store, "h", &Place::Team(id("t"))).await;
    link(store, "i", &Place::Team(id("u"))).await;
    let outside = Scope::NotInTeam { team: id("t"), is_constrained: true };
    assert_eq!(of_scope(store, outside.clone()).await, ["bob", "cyd", "dan"]);

    done(store, async |work| work.groups().unlink(&id("h"), &Place::Team(id("t"))).await).await.unwrap();
    assert_eq!(of_scope(store, outside.clone()).await, ["bob", "cyd"]);

    done(store, async |work| work.groups().remove(&id("g"), BORN).await).await.unwrap();
    assert_eq!(of_scope(store, outside).await, NOBODY);
}

/// A channel's list has those who are in it, deactivated ones and those of archived channels too.
pub async fn those_in_a_channel_are_listed(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd", "dan"]).await;
    add_team(store, "t", &["ada", "bob", "cyd"]).await;
    add_channel(store, "c", Some("t"), &["cyd", "bob", "ada"]).await;
    let archived = crate::channel::Channel { deleted_at: BORN, ..channel("d", None) };
    done(store, async |work| work.channels().insert(&archived).await).await.unwrap();
    enter(store, "d", &["dan"]).await;

    deactivate(store, "ada").await;
    done(store, async |work| work.channels().leave(&id("c"), &id("bob")).await).await.unwrap();

    assert_eq!(of_scope(store, in_channel("c")).await, ["ada", "cyd"]);
    assert_eq!(of_scope(store, in_channel("d")).await, ["dan"]);
}

/// Outside a channel are those who belong to its team now and are not in it.
pub async fn those_outside_a_channel_belong_to_its_team(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd", "dan", "eve"]).await;
    add_team(store, "t", &["ada", "bob", "cyd", "dan"]).await;
    add_channel(store, "c", Some("t"), &["ada", "dan"]).await;
    add_channel(store, "d", Some("t"), &["bob"]).await;

    leave(store, "t", "cyd").await;
    done(store, async |work| work.channels().leave(&id("c"), &id("dan")).await).await.unwrap();

    assert_eq!(of_scope(store, not_in_channel("t", "c")).await, ["bob", "dan"]);
}

/// Outside a constrained channel only those in a group that is linked to the channel count; a link to its team is none to it.
pub async fn those_outside_a_constrained_channel_are_in_a_linked_group(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd", "dan", "eve"]).await;
    add_team(store, "t", &["ada", "bob", "cyd", "dan"]).await;
    add_channel(store, "c", Some("t"), &["ada"]).await;
    add_group(store, "g", &["ada", "bob", "eve"]).await;
    add_group(store, "h", &["bob", "cyd"]).await;
    add_group(store, "i", &["dan"]).await;
    link(store, "g", &Place::Channel(id("c"))).await;
    link(store, "h", &Place::Channel(id("c"))).await;
    link(store, "i", &Place::Team(id("t"))).await;
    let outside = Scope::NotInChannel { team: id("t"), channel: id("c"), is_constrained: true };
    assert_eq!(of_scope(store, outside.clone()).await, ["bob", "cyd"]);

    done(store, async |work| work.groups().take_out(&id("h"), &ids(&["bob", "cyd"])).await).await.unwrap();

    assert_eq!(of_scope(store, outside).await, ["bob"]);
}

/// A group's list has the active ones in it, and the list outside it the active ones that are not.
pub async fn active_ones_in_and_outside_a_group_are_listed(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd", "dan", "eve"]).await;
    add_group(store, "g", &["cyd", "bob", "ada"]).await;
    add_group(store, "h", &["dan"]).await;
    deactivate(store, "bob").await;
    deactivate(store, "eve").await;

    assert_eq!(of_scope(store, Scope::InGroup(id("g"))).await, ["ada", "cyd"]);
    assert_eq!(of_scope(store, Scope::NotInGroup(id("g"))).await, ["dan"]);

    change(store, "bob", |user| user.deleted_at = crate::time::Timestamp::NEVER).await;

    assert_eq!(of_scope(store, Scope::InGroup(id("g"))).await, ["ada", "bob", "cyd"]);
}

/// Nobody is in a team, channel or group that is not there, and everybody is outside it.
pub async fn nobody_is_in_what_is_not_there(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;

    for scope in [in_team("t"), in_channel("c"), not_in_channel("t", "c"), Scope::InGroup(id("g"))] {
        assert_eq!(of_scope(store, scope.clone()).await, NOBODY, "{scope:?}");
    }
    for scope in [not_in_team("t"), Scope::NotInGroup(id("g")), Scope::WithoutTeam] {
        assert_eq!(of_scope(store, scope.clone()).await, ["ada", "bob"], "{scope:?}");
    }
}

/// A list comes in parts: of their size, the last one shorter, none beyond, and none of no size.
pub async fn a_list_comes_in_parts(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd", "dan", "eve"]).await;
    add_team(store, "t", &["ada", "bob", "cyd", "dan", "eve"]).await;
    for scope in [Scope::Everyone, in_team("t")] {
        let part = async |number, size| listed(store, &Listing { page: Page { number, size }, ..listing(scope.clone()) }).await;

        assert_eq!(part(0, 2).await, ["ada", "bob"]);
        assert_eq!(part(1, 2).await, ["cyd", "dan"]);
        assert_eq!(part(2, 2).await, ["eve"]);
        assert_eq!(part(3, 2).await, NOBODY);
        assert_eq!(part(0, 5).await.len(), 5);
        assert_eq!(part(1, 5).await, NOBODY);
        assert_eq!(part(0, 0).await, NOBODY);
        assert_eq!(part(7, 0).await, NOBODY);
        assert_eq!(part(u32::MAX, 200).await, NOBODY);
    }
}

/// Who is renamed has another place in every list at once.
pub async fn a_rename_moves_somebody_in_every_list(store: &dyn Store) {
    people(store, &["ada", "bob", "cyd"]).await;
    add_team(store, "t", &["ada", "bob", "cyd"]).await;
    add_team(store, "u", &[]).await;
    add_channel(store, "c", Some("t"), &["ada", "bob", "cyd"]).await;
    add_channel(store, "d", Some("t"), &[]).await;
    add_group(store, "g", &["ada", "bob", "cyd"]).await;
    add_group(store, "h", &[]).await;
    let scopes = [
        Scope::Everyone,
        in_team("t"),
        not_in_team("u"),
        in_channel("c"),
        not_in_channel("t", "d"),
        Scope::InGroup(id("g")),
        Scope::NotInGroup(id("h")),
    ];

    rename(store, "ada", "bzz").await;

    for scope in scopes {
        assert_eq!(of_scope(store, scope.clone()).await, ["bob", "bzz", "cyd"], "{scope:?}");
    }
}

/// A unit of work lists what it wrote; when it is dropped, nobody else ever does.
pub async fn a_unit_of_work_lists_what_it_wrote(store: &dyn Store) {
    people(store, &["ada", "bob"]).await;
    add_team(store, "t", &["ada"]).await;
    let mut work = begin(store).await;
    work.users().insert(&[user("aaa", "aaa")]).await.unwrap();
    work.teams().join(&team_member("t", "aaa")).await.unwrap();
    work.teams().leave(&id("t"), &id("ada"), BORN).await.unwrap();

    let own = work.users().list(&listing(in_team("t"))).await.unwrap();
    let everyone = work.users().list(&Listing { page: Page { number: 1, size: 2 }, ..listing(Scope::Everyone) }).await.unwrap();

    assert_eq!(own.iter().map(|row| row.user.username.as_str()).collect::<Vec<_>>(), ["aaa"]);
    assert_eq!(everyone.iter().map(|row| row.user.username.as_str()).collect::<Vec<_>>(), ["bob"]);
    drop(work);
    assert_eq!(of_scope(store, in_team("t")).await, ["ada"]);
    assert_eq!(of_scope(store, Scope::Everyone).await, ["ada", "bob"]);
}

/// What many write at once is listed whole, each once and in order, whatever they write.
pub async fn what_is_written_at_once_is_listed_whole(store: &dyn Store) {
    let old: Vec<_> = (0..40).map(|number| format!("old{number:02}")).collect();
    people(store, &old.iter().map(String::as_str).collect::<Vec<_>>()).await;
    add_team(store, "t", &old[..20].iter().map(String::as_str).collect::<Vec<_>>()).await;
    let write = async |number: usize| {
        let (name, old) = (format!("new{number:02}"), &old[number]);
        let mut work = begin(store).await;
        work.users().insert(&[user(&name, &name)]).await.unwrap();
        work.teams().join(&team_member("t", &name)).await.unwrap();
        if number < 10 {
            work.teams().leave(&id("t"), &id(old), BORN).await.unwrap();
        } else {
            let mut user = work.users().locked(&id(old)).await.unwrap().unwrap();
            user.username = Username::parse(&format!("x{old}")).unwrap();
            work.users().update(&user).await.unwrap();
        }
        commit(work).await.unwrap();
    };

    join_all((0..20).map(write)).await;

    let new: Vec<_> = (0..20).map(|number| format!("new{number:02}")).collect();
    let renamed: Vec<_> = old[10..20].iter().map(|name| format!("x{name}")).collect();
    assert_eq!(of_scope(store, in_team("t")).await, [new.as_slice(), &renamed].concat());
    assert_eq!(of_scope(store, Scope::Everyone).await, [new.as_slice(), &old[..10], &old[20..], &renamed].concat());
    let part = Listing { page: Page { number: 3, size: 7 }, ..listing(in_team("t")) };
    assert_eq!(listed(store, &part).await, [new.as_slice(), &renamed].concat()[21..28]);
    assert_eq!(super::directory::count_all(store, in_team("t")).await, 30);
    assert_eq!(listed(store, &Listing { page: ALL, ..part }).await.len(), 30);
}
