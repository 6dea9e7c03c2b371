//! Rules of opening locked accounts.

use super::*;
use crate::role::Permission;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, origin};
use crate::user::{ExternalIdentity, User};

async fn reset(bench: &Bench, actor: &Actor, id: &str) -> Result<(), AttemptsError> {
    bench.accounts.reset_attempts(actor, &fixture::id(id), &origin()).await
}

#[tokio::test]
async fn an_admin_opens_a_locked_account() {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    bench.person("ada", "system_user").await;
    for _ in 0..4 {
        let _ = bench.sign_in("ada", "nope").await;
    }
    assert!(bench.sign_in("ada", "Passw0rd!x").await.is_err());

    reset(&bench, &root, "ada").await.unwrap();

    bench.sign_in("ada", "Passw0rd!x").await.unwrap();
    assert!(matches!(reset(&bench, &root, "z").await, Err(AttemptsError::Missing)));
}

#[tokio::test]
async fn nobody_else_does_nor_opens_what_has_no_password() {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    let ada = bench.person("ada", "system_user").await;
    let lacks = |result| matches!(result, Err(AttemptsError::Forbidden(Forbidden::Lacks(Permission::WriteUserManagement))));
    assert!(lacks(reset(&bench, &ada, "ada").await));
    let manager = bench.person("max", "system_user system_user_manager").await;
    assert!(reset(&bench, &manager, "root").await.is_err(), "an admin ranks above");
    let identity = ExternalIdentity { service: "gitlab".into(), subject: Some("x".into()) };
    bench.put(User { identity, ..fixture::user("s", "sso") }).await;
    assert!(matches!(reset(&bench, &root, "s").await, Err(AttemptsError::OtherSignIn)));
}
