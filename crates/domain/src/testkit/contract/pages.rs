//! What holds of the parts of long lists: each is the slice of the whole that it stands for, whatever was written before.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::directory::{add_team, count_all, done, in_team, leave, listed, listing, not_in_team, rename};
use super::{add, minutes};
use crate::page::Page;
use crate::status::{Presence, Status};
use crate::store::Store;
use crate::testkit::fixture::{BORN, id, status, team_member, user};
use crate::user::User;
use crate::user::query::{Filter, Listing, Order, Scope};

/// More names than a store counts in one piece.
const MANY: usize = 2_400;

fn name(number: usize) -> String {
    format!("name{number:05}")
}

/// Short ids say nothing of the names.
fn short_id(number: usize) -> String {
    format!("u{}x", MANY - number)
}

/// Many numbers in no order.
fn scattered() -> impl Iterator<Item = usize> {
    (0..MANY).map(|number| number * 1_009 % MANY)
}

/// Adds many accounts, and those whose number is no multiple of three to a team; every seventh is deactivated.
async fn add_many(store: &dyn Store) {
    let deleted_at = |number: usize| if number.is_multiple_of(7) { BORN } else { crate::time::Timestamp::NEVER };
    let users: Vec<_> =
        scattered().map(|number| User { deleted_at: deleted_at(number), ..user(&short_id(number), &name(number)) }).collect();
    for users in users.chunks(700) {
        add(store, users).await.unwrap();
    }
    add_team(store, "t", &[]).await;
    done(store, async |work| {
        for number in scattered().filter(|number| is_member(*number)) {
            assert!(work.teams().join(&team_member("t", &short_id(number))).await.unwrap());
        }
    })
    .await;
}

fn is_member(number: usize) -> bool {
    !number.is_multiple_of(3)
}

fn names(is_wanted: impl Fn(usize) -> bool) -> BTreeSet<String> {
    (0..MANY).filter(|number| is_wanted(*number)).map(name).collect()
}

/// Looks at every part of a list.
async fn assert_parts(store: &dyn Store, whole: &Listing, expected: &BTreeSet<String>, size: u32) {
    assert_slices(store, whole, &expected.iter().cloned().collect::<Vec<_>>(), size).await;
}

async fn assert_slices(store: &dyn Store, whole: &Listing, expected: &[String], size: u32) {
    for (number, slice) in (0..).zip(expected.chunks(usize::try_from(size).unwrap()).chain([[].as_slice()])) {
        let part = Listing { page: Page { number, size }, ..whole.clone() };
        assert_eq!(listed(store, &part).await, slice, "part {number} of {size}");
    }
}

/// Every part of a long list is a slice of it, whatever its size.
pub async fn parts_of_a_long_list_are_slices_of_it(store: &dyn Store) {
    add_many(store).await;

    let (everyone, members) = (names(|_| true), names(is_member));

    assert_parts(store, &listing(Scope::Everyone), &everyone, 60).await;
    assert_parts(store, &listing(Scope::Everyone), &everyone, 199).await;
    assert_parts(store, &listing(in_team("t")), &members, 60).await;
    assert_parts(store, &listing(in_team("t")), &members, 1_000).await;
}

/// The parts of a filtered list are slices of what the filter leaves.
pub async fn parts_of_a_filtered_list_are_slices_of_it(store: &dyn Store) {
    add_many(store).await;
    let active = Filter { is_active: Some(true), ..Filter::default() };
    let inactive = Filter { is_active: Some(false), ..Filter::default() };
    let by = |scope, filter: &Filter| Listing { filter: filter.clone(), ..listing(scope) };

    assert_parts(store, &by(Scope::Everyone, &active), &names(|number| !number.is_multiple_of(7)), 199).await;
    assert_parts(store, &by(Scope::Everyone, &inactive), &names(|number| number.is_multiple_of(7)), 60).await;
    assert_parts(store, &by(in_team("t"), &active), &names(|number| is_member(number) && !number.is_multiple_of(7)), 199).await;
    assert_parts(store, &by(in_team("t"), &inactive), &names(|number| is_member(number) && number.is_multiple_of(7)), 60).await;
    assert_parts(store, &by(not_in_team("t"), &Filter::default()), &names(|number| !is_member(number)), 199).await;
    assert_parts(store, &by(Scope::WithoutTeam, &active), &names(|number| !is_member(number) && !number.is_multiple_of(7)), 199).await;
}

/// Parts of a long list by time are slices of it too: of a team's newest, and of those who were last active.
pub async fn parts_of_a_long_list_by_time_are_slices_of_it(store: &dyn Store) {
    let at = |number: usize| minutes(u64::try_from(number % 17).unwrap());
    let users: Vec<_> = scattered().map(|number| User { created_at: at(number), ..user(&short_id(number), &name(number)) }).collect();
    add(store, &users).await.unwrap();
    add_team(store, "t", &[]).await;
    done(store, async |work| {
        for number in scattered() {
            work.teams().join(&team_member("t", &short_id(number))).await.unwrap();
            if !number.is_multiple_of(4) {
                let status = status(&short_id(number), Presence::Away);
                work.statuses().put(&Status { last_activity_at: at(number), ..status }).await.unwrap();
            }
        }
    })
    .await;
    let mut newest: Vec<_> = (0..MANY).collect();
    newest.sort_by_key(|number| (Reverse(number % 17), *number));
    let newest =
        |is_wanted: fn(usize) -> bool| newest.iter().filter(|number| is_wanted(**number)).map(|number| name(*number)).collect::<Vec<_>>();

    assert_slices(store, &Listing { order: Order::Created, ..listing(in_team("t")) }, &newest(|_| true), 499).await;
    assert_slices(store, &Listing { order: Order::Activity, ..listing(in_team("t")) }, &newest(|number| !number.is_multiple_of(4)), 499)
        .await;
}

/// The parts of a long list stay right when people come, go and are renamed: at its ends, in its midst, and many in one place.
pub async fn parts_stay_right_when_people_come_and_go(store: &dyn Store) {
    add_many(store).await;
    let (mut everyone, mut members) = (names(|_| true), names(is_member));
    for (number, after) in [(1, "zzz"), (2_399, "aaa"), (700, "name00700a"), (701, "name01999a")] {
        rename(store, &short_id(number), after).await;
        for names in [&mut everyone, &mut members].into_iter().filter(|names| names.contains(&name(number))) {
            names.remove(&name(number));
            names.insert(after.to_owned());
        }
    }
    for number in (801..1_300).step_by(3) {
        assert_eq!(leave(store, "t", &short_id(number + 1)).await, is_member(number + 1));
        members.remove(&name(number + 1));
    }
    done(store, async |work| {
        for number in (0..2_400).step_by(40) {
            assert!(work.users().remove(&id(&short_id(number))).await.unwrap());
            everyone.remove(&name(number));
            members.remove(&name(number));
        }
    })
    .await;
    let crowd: Vec<_> = (0..1_200).map(|number| format!("name00333x{number:05}")).collect();
    let users: Vec<_> = (0..).zip(&crowd).map(|(number, name)| user(&format!("v{number}x"), name)).collect();
    add(store, &users).await.unwrap();
    everyone.extend(crowd);

    assert_parts(store, &listing(Scope::Everyone), &everyone, 199).await;
    assert_parts(store, &listing(in_team("t")), &members, 60).await;
    assert_eq!(count_all(store, Scope::Everyone).await, everyone.len() as u64);
    assert_eq!(count_all(store, in_team("t")).await, members.len() as u64);
}
