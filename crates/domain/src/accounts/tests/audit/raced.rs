//! Who is put out or demoted between the look at him and the unit of work that changes something changes nothing. CVE-2026-20796.

use super::*;
use crate::testkit::service::Meanwhile;

/// What becomes of an admin meanwhile, and why he is refused then.
fn fates(root: &User) -> [(Meanwhile, Forbidden); 3] {
    let off = User { deleted_at: fixture::BORN, ..root.clone() };
    let demoted = User { roles: Roles::user(), ..root.clone() };
    [
        (Meanwhile::Writes(Box::new(off)), Forbidden::NotSignedIn),
        (Meanwhile::Removes(root.id.clone()), Forbidden::NotSignedIn),
        (Meanwhile::Writes(Box::new(demoted)), Forbidden::Demoted),
    ]
}

/// Lets something happen to the admin right before a case's unit of work begins.
async fn refused_after(act: Act, fate: usize) -> (String, Forbidden, World) {
    let world = World::new().await;
    let (meanwhile, expected) = fates(world.root.user().unwrap())[fate].clone();
    *world.bench.faults.meanwhile.lock().unwrap() = Some(meanwhile);
    let told = act(&world).await.map_or_else(|refused| refused.to_string(), |()| "it was done".to_owned());
    (told, expected, world)
}

#[tokio::test]
async fn who_is_put_out_or_demoted_meanwhile_changes_nothing() {
    for Case { operation, act, .. } in all().into_iter().filter(|case| case.operation != Operation::InviteByLink) {
        for fate in 0..3 {
            let (told, expected, world) = refused_after(act, fate).await;

            assert_eq!(told, expected.to_string(), "{operation:?} {fate}");
            assert!(world.bench.faults.meanwhile.lock().unwrap().is_none(), "{operation:?} {fate}");
            assert_eq!((world.bench.faults.kept(), world.entries().len()), (0, 0), "{operation:?} {fate}");
        }
    }
}

#[tokio::test]
async fn who_rises_meanwhile_goes_on() {
    let bench = Bench::default();
    let ada = bench.person("ada", "system_user").await;
    let risen = User { roles: Roles::parse("system_user system_manager").unwrap(), ..bench.held(&user("ada")).await };
    *bench.faults.meanwhile.lock().unwrap() = Some(Meanwhile::Writes(Box::new(risen)));

    let done = bench.accounts.patch(&ada, &user("ada"), patch("x"), &no_password(), &origin()).await;

    assert!(done.is_ok());
}

#[tokio::test]
async fn who_was_put_out_switches_to_no_password() {
    let bench = Bench::default();
    let ada = User { identity: fixture::identity("gitlab", "7"), ..fixture::user("ada", "ada") };
    let actor = bench.put(ada.clone()).await;
    bench.write(async |work| work.users().update(&User { deleted_at: fixture::BORN, ..ada }).await.unwrap()).await;
    let wanted = crate::accounts::SwitchWanted {
        switch: crate::accounts::Switch::between("gitlab", "email").unwrap(),
        email: "ada@example.test".into(),
        password: no_password(),
        new_password: "An0ther!pass".to_owned().into(),
        code: String::new(),
        directory_name: String::new(),
    };

    let refused = bench.accounts.switch(granted(&actor), &actor, wanted, &fixture::client(), &origin()).await;

    assert!(matches!(refused.unwrap_err(), crate::accounts::SwitchError::NotSignedIn));
}
