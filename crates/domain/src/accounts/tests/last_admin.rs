//! The last admin stays one, whoever takes which way, and two ways at once.

use futures_util::future::{BoxFuture, FutureExt};

use super::*;
use crate::store::Store;

/// Does something to an account that leaves no admin of it; tells whether it was done, and if not, whether for its being the last.
type Way = for<'a> fn(&'a Bench, &'a Actor, &'a UserId) -> BoxFuture<'a, Result<(), bool>>;

macro_rules! way {
    ($bench:ident, $actor:ident, $id:ident, $done:expr, $last:pat) => {
        |$bench, $actor, $id| async move { $done.await.map(drop).map_err(|error| matches!(error, $last)) }.boxed()
    };
}

const WAYS: [(&str, Way); 7] = [
    ("other roles", way!(b, a, id, b.accounts.set_roles(a, id, "system_user", &origin()), RolesError::LastAdmin)),
    ("a manager's roles", way!(b, a, id, b.accounts.set_roles(a, id, "system_user system_manager", &origin()), RolesError::LastAdmin)),
    ("a guest", way!(b, a, id, b.accounts.demote(a, id, &origin()), GuestError::LastAdmin)),
    ("off", way!(b, a, id, b.accounts.set_active(a, id, false, &origin()), ActivationError::LastAdmin)),
    ("removed", way!(b, a, id, b.accounts.remove(a, id, Removal::Deactivation, &origin()), RemovalError::LastAdmin)),
    ("removed for good", way!(b, a, id, b.accounts.remove(a, id, Removal::ForGood, &origin()), RemovalError::LastAdmin)),
    ("a bot", way!(b, a, id, b.accounts.convert_to_bot(a, id, &origin()), BotError::LastAdmin)),
];

async fn admin(bench: &Bench, name: &str) -> Actor {
    bench.person(name, "system_admin system_user").await
}

fn own_ways() -> Bench {
    Bench::under(|rules| rules.allows_own_deactivation = true)
}

async fn has_admin(bench: &Bench) -> bool {
    bench.store.read().await.unwrap().users().has_other_admin(&fixture::id("none")).await.unwrap()
}

#[tokio::test]
async fn no_way_takes_the_last_admin() {
    for (name, way) in WAYS {
        let bench = own_ways();
        let ada = admin(&bench, "ada").await;
        let boss = User { roles: Roles::admin(), ..fixture::bot("bot", "bot", "ada") };
        let off = User { roles: Roles::admin(), deleted_at: fixture::BORN, ..fixture::user("off", "off") };
        let far = User { roles: Roles::admin(), remote_id: Some("far".into()), ..fixture::user("far", "far") };
        for nobody in [boss, off, far] {
            bench.put(nobody).await;
        }

        assert_eq!(way(&bench, &ada, &fixture::id("ada")).await, Err(true), "{name}");

        assert!(has_admin(&bench).await && bench.audit().await.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn every_way_takes_an_admin_beside_another() {
    for (name, way) in WAYS {
        let bench = own_ways();
        let ada = admin(&bench, "ada").await;
        admin(&bench, "bob").await;
        assert_eq!(way(&bench, &ada, &fixture::id("ada")).await, Ok(()), "{name}");
        assert!(has_admin(&bench).await, "{name}");
    }
}

#[tokio::test]
async fn what_is_no_admin_that_counts_may_go() {
    for (name, way) in WAYS.iter().filter(|(name, _)| !name.contains("bot")) {
        let bench = own_ways();
        let ada = admin(&bench, "ada").await;
        bench.put(User { roles: Roles::admin(), ..fixture::bot("bot", "bot", "ada") }).await;
        assert_eq!(way(&bench, &ada, &fixture::id("bot")).await, Ok(()), "{name}");
    }
}

#[tokio::test]
async fn of_two_admins_who_take_each_other_one_stays() {
    for (one_name, one) in WAYS {
        for (other_name, other) in WAYS {
            let bench = own_ways();
            let (ada, bob) = (admin(&bench, "ada").await, admin(&bench, "bob").await);
            let (ada_id, bob_id) = (fixture::id("ada"), fixture::id("bob"));
            // Both have looked, and found the other beside themselves, before either writes.
            let turn = bench.store.begin().await.unwrap();

            let (first, second, ()) = tokio::join!(one(&bench, &ada, &bob_id), other(&bench, &bob, &ada_id), async { drop(turn) });

            // Whoever comes second is an admin no more.
            assert_eq!((first, second), (Ok(()), Err(false)), "{one_name}, {other_name}");
            assert!(has_admin(&bench).await, "{one_name}, {other_name}");
        }
    }
}

#[tokio::test]
async fn of_two_admins_who_go_by_themselves_one_stays() {
    for (name, way) in WAYS {
        let bench = own_ways();
        let (ada, bob) = (admin(&bench, "ada").await, admin(&bench, "bob").await);
        let (ada_id, bob_id) = (fixture::id("ada"), fixture::id("bob"));
        let turn = bench.store.begin().await.unwrap();
        let (first, second, ()) = tokio::join!(way(&bench, &ada, &ada_id), way(&bench, &bob, &bob_id), async { drop(turn) });
        assert_eq!((first, second), (Ok(()), Err(true)), "{name}");
        assert!(has_admin(&bench).await, "{name}");
    }
}

#[tokio::test]
async fn at_the_machine_the_last_admin_goes_by_removal_alone() {
    for (name, way) in WAYS {
        let bench = own_ways();
        admin(&bench, "ada").await;
        let outcome = way(&bench, &Actor::Operator, &fixture::id("ada")).await;
        assert_eq!(outcome, if name.contains("removed") { Ok(()) } else { Err(true) }, "{name}");
    }
}
