//! What holds of invitations by mail.

use futures_util::future::join_all;

use super::directory::{add_team, done, people};
use super::{minutes, taken};
use crate::credential::{Digest, KeyId};
use crate::invitation::{Invitation, NewInvitation};
use crate::store::{Store, StoreError, UniqueField};
use crate::testkit::fixture::{digest, id, invitation, user};
use crate::user::User;

async fn insert(store: &dyn Store, invitation: &NewInvitation) -> Result<(), StoreError> {
    let mut work = super::begin(store).await;
    work.invitations().insert(invitation).await?;
    super::commit(work).await
}

async fn by_token(store: &dyn Store, hashes: &[Digest]) -> Option<Invitation> {
    store.read().await.unwrap().invitations().by_token(hashes).await.unwrap()
}

async fn redeem(store: &dyn Store, short_id: &str) -> bool {
    done(store, async |work| work.invitations().redeem(&id(short_id)).await).await.unwrap()
}

/// An invitation is found by any of its token's hashes, with every field.
pub async fn an_invitation_is_found_by_its_token(store: &dyn Store) {
    people(store, &["ada"]).await;
    add_team(store, "t", &[]).await;
    let plain = invitation("x", "t", "bob");
    let detailed = Invitation {
        channels: vec![id("d"), id("c")],
        email: "Zoë@exämple.test".into(),
        is_guest: true,
        invited_by: Some(id("ada")),
        created_at: minutes(1),
        ..invitation("y", "t", "bob").invitation
    };
    let detailed = NewInvitation { invitation: detailed, ..invitation("y", "t", "bob") };
    for invitation in [&plain, &detailed] {
        insert(store, invitation).await.unwrap();
    }

    assert_eq!(by_token(store, &[digest("other"), plain.token.clone()]).await, Some(plain.invitation));
    assert_eq!(by_token(store, std::slice::from_ref(&detailed.token)).await, Some(detailed.invitation));
    assert_eq!(by_token(store, &[digest("other"), Digest::new(KeyId::new("k2"), "another".into())]).await, None);
    assert_eq!(by_token(store, &[]).await, None);
}

/// An invitation's id and its token are its own.
pub async fn a_token_belongs_to_one_invitation(store: &dyn Store) {
    add_team(store, "t", &[]).await;
    let first = invitation("x", "t", "bob");
    insert(store, &first).await.unwrap();

    let same_token = insert(store, &NewInvitation { token: first.token.clone(), ..invitation("y", "t", "cyd") }).await;
    let same_id = insert(store, &NewInvitation { token: digest("other"), ..invitation("x", "t", "cyd") }).await;

    assert_eq!((taken(&same_token), taken(&same_id)), (Some(UniqueField::Id), Some(UniqueField::Id)));
    assert_eq!(by_token(store, &[first.token]).await, Some(first.invitation));
}

/// An invitation is used up once; others stay.
pub async fn an_invitation_is_used_up_once(store: &dyn Store) {
    add_team(store, "t", &[]).await;
    for short in ["x", "y"] {
        insert(store, &invitation(short, "t", "bob")).await.unwrap();
    }

    assert!(redeem(store, "x").await);
    assert!(!redeem(store, "x").await && !redeem(store, "z").await);

    assert_eq!(by_token(store, &[invitation("x", "t", "bob").token]).await, None);
    assert!(by_token(store, &[invitation("y", "t", "bob").token]).await.is_some());
}

/// Of fifty who use an invitation up at once one is told so.
pub async fn of_fifty_at_once_one_uses_an_invitation_up(store: &dyn Store) {
    add_team(store, "t", &[]).await;
    insert(store, &invitation("x", "t", "bob")).await.unwrap();

    let told = join_all((0..50).map(|_| redeem(store, "x"))).await;

    assert_eq!(told.iter().filter(|told| **told).count(), 1);
}

/// Of two hundred who open an account by one invitation at once one does, under his address.
pub async fn of_two_hundred_at_once_one_opens_an_account(store: &dyn Store) {
    add_team(store, "t", &[]).await;
    insert(store, &invitation("x", "t", "bob")).await.unwrap();
    let open = async |number: u32| {
        let name = format!("bob{number}");
        let guest = User { email: user("bob", "bob").email, ..user(&name, &name) };
        done(store, async |work| {
            if !work.invitations().redeem(&id("x")).await? {
                return Ok(false);
            }
            work.users().insert(&[guest]).await.map(|()| true)
        })
        .await
    };

    let told = join_all((0..200).map(open)).await;

    assert_eq!(told.iter().filter(|told| matches!(told, Ok(true))).count(), 1);
    assert!(told.iter().all(Result::is_ok));
    let found = store.read().await.unwrap().users().by_email(&user("bob", "bob").email).await.unwrap();
    assert!(found.is_some_and(|found| found.username.as_str().starts_with("bob")));
}

/// An invitation whose use was dropped can be used.
pub async fn a_dropped_use_is_none(store: &dyn Store) {
    add_team(store, "t", &[]).await;
    insert(store, &invitation("x", "t", "bob")).await.unwrap();
    let mut work = super::begin(store).await;
    assert!(work.invitations().redeem(&id("x")).await.unwrap());

    drop(work);

    assert!(redeem(store, "x").await);
}

/// Invitations that were made before a time are removed, no more at a time than wanted.
pub async fn old_invitations_are_purged(store: &dyn Store) {
    add_team(store, "t", &[]).await;
    for (short, minute) in [("x", 1), ("y", 2), ("z", 3), ("w", 1)] {
        let made = invitation(short, "t", "bob");
        insert(store, &NewInvitation { invitation: Invitation { created_at: minutes(minute), ..made.invitation }, ..made }).await.unwrap();
    }
    let purge = async |most| done(store, async |work| work.invitations().purge(minutes(3), most).await).await.unwrap();

    assert_eq!((purge(0).await, purge(2).await, purge(10).await, purge(10).await), (0, 2, 1, 0));

    assert_eq!(by_token(store, &["x", "y", "w"].map(|short| invitation(short, "t", "bob").token)).await, None);
    assert!(by_token(store, &[invitation("z", "t", "bob").token]).await.is_some());
}
