//! Rules of switching between ways of signing in.

use std::sync::Arc;

use super::*;
use crate::provider::Providers;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, account_rules, granted, origin, sign_in_rules};

/// A directory that knows one password, and a provider that knows where people are sent.
struct Elsewhere {
    has_directory: bool,
}

#[async_trait::async_trait]
impl Providers for Elsewhere {
    async fn link_address(&self, provider: Provider, _: &User) -> Result<Option<String>, ProviderError> {
        Ok((provider == Provider::OpenId).then(|| "https://id.example.test/link".to_owned()))
    }

    fn has_directory(&self) -> bool {
        self.has_directory
    }

    async fn bind(&self, name: &str, password: &Password) -> Result<Bound, ProviderError> {
        if !self.has_directory {
            return Ok(Bound::NotSetUp);
        }
        let is_right = name == "cn=ada" && password.expose() == "directory";
        Ok(if is_right { Bound::Right { subject: name.to_owned() } } else { Bound::Wrong })
    }
}

fn bench_with(has_directory: bool) -> Bench {
    Bench::on(account_rules(), sign_in_rules(), |ports| ports.providers = Arc::new(Elsewhere { has_directory }))
}

fn wanted(from: &str, to: &str, password: &str) -> SwitchWanted {
    SwitchWanted {
        switch: Switch::between(from, to).unwrap(),
        email: "ada@example.test".into(),
        password: Password::from(password.to_owned()),
        new_password: Password::from("directory".to_owned()),
        code: String::new(),
        directory_name: "cn=ada".into(),
    }
}

async fn switch(bench: &Bench, actor: &Actor, wanted: SwitchWanted) -> Result<SwitchedTo, SwitchError> {
    bench.accounts.switch(granted(actor), actor, wanted, &fixture::client(), &origin()).await
}

async fn identity(bench: &Bench) -> String {
    bench.held(&fixture::id("ada")).await.identity.service
}

#[test]
fn there_are_switches_between_a_password_and_something_else_alone() {
    for (from, to) in [("email", "email"), ("saml", "ldap"), ("email", "nonsense"), ("", ""), ("gitlab", "google")] {
        assert_eq!(Switch::between(from, to), None, "{from} {to}");
    }
    assert_eq!(Switch::between("email", "saml"), Some(Switch::ToProvider(Provider::Saml)));
    assert_eq!(Switch::between("openid", "email"), Some(Switch::FromProvider(Provider::OpenId)));
}

#[tokio::test]
async fn who_shows_his_password_is_sent_to_the_provider_and_nothing_changes_yet() {
    let bench = bench_with(false);
    bench.person("ada", "system_user").await;
    let token = bench.session("ada").await.1;

    let to = switch(&bench, &Actor::Nobody, wanted("email", "openid", "Passw0rd!x")).await.unwrap();

    assert_eq!(to, SwitchedTo::Provider("https://id.example.test/link".into()));
    assert_eq!(identity(&bench).await, "");
    assert!(bench.actor(&token).await.user().is_some());
    let refused = switch(&bench, &Actor::Nobody, wanted("email", "gitlab", "Passw0rd!x")).await;
    assert!(matches!(refused, Err(SwitchError::NotSetUp(_))));
}

#[tokio::test]
async fn wrong_passwords_count_here_too_and_nobody_learns_of_accounts() {
    let bench = bench_with(false);
    bench.person("ada", "system_user").await;
    let told = async |email: &str, password: &str| {
        let wanted = SwitchWanted { email: email.into(), ..wanted("email", "openid", password) };
        format!("{:?}", switch(&bench, &Actor::Nobody, wanted).await.unwrap_err())
    };
    for _ in 0..3 {
        assert_eq!(told("ada@example.test", "nope").await, told("nobody@example.test", "nope").await);
    }
    assert!(told("ada@example.test", "Passw0rd!x").await.contains("Locked"));
    assert!(told("nobody@example.test", "Passw0rd!x").await.contains("Locked"));
    assert!(bench.sign_in("ada", "Passw0rd!x").await.is_err(), "the account is locked everywhere");
}

#[tokio::test]
async fn to_the_directory_goes_who_shows_both_passwords() {
    let bench = bench_with(true);
    bench.person("ada", "system_user").await;
    let token = bench.session("ada").await.1;

    let to = switch(&bench, &Actor::Nobody, wanted("email", "ldap", "Passw0rd!x")).await.unwrap();

    assert_eq!((to, identity(&bench).await.as_str()), (SwitchedTo::SignIn, "ldap"));
    assert!(bench.actor(&token).await.user().is_none(), "sessions end");
    assert!(bench.sign_in("ada", "Passw0rd!x").await.is_err());
    bench.sign_in("ada", "directory").await.unwrap();
    let written: Vec<_> = bench.store.audits().into_iter().filter(|entry| entry.operation == Operation::SwitchAccountType).collect();
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].actor, Some(fixture::id("ada")));
    assert_eq!(written[0].after, Some(serde_json::json!({ "auth_service": "ldap" })));
}

#[tokio::test]
async fn a_password_that_was_changed_meanwhile_switches_nothing() {
    let bench = bench_with(true);
    let (root, _) = (bench.person("root", "system_admin").await, bench.person("ada", "system_user").await);
    let gate = bench.gate.lock_arc().await;
    let meanwhile = async {
        let new = Password::from("An0ther!pass".to_owned());
        let secret = crate::accounts::NewSecret { current: Password::from(String::new()), new, is_hashed: false };
        bench.accounts.change_password(&root, &fixture::id("ada"), &secret, &origin()).await.unwrap();
        drop(gate);
    };
    // The old password is looked at before the change and checked after it.
    let (switched, ()) = tokio::join!(switch(&bench, &Actor::Nobody, wanted("email", "ldap", "Passw0rd!x")), meanwhile);

    assert!(matches!(switched, Err(SwitchError::SignIn(SignInError::InvalidCredentials))), "{switched:?}");
    assert_eq!(identity(&bench).await, "");
    bench.sign_in("ada", "An0ther!pass").await.unwrap();
}

#[tokio::test]
async fn the_letter_of_a_switch_names_the_new_way() {
    let bench = bench_with(true);
    bench.person("ada", "system_user").await;
    switch(&bench, &Actor::Nobody, wanted("email", "ldap", "Passw0rd!x")).await.unwrap();
    let back = SwitchWanted { new_password: Password::from("An0ther!pass".to_owned()), ..wanted("ldap", "email", "directory") };
    switch(&bench, &Actor::Nobody, back).await.unwrap();
    let details: Vec<_> = bench.letters().await.into_iter().filter_map(|letter| letter.detail).collect();
    assert_eq!(details, ["ldap", "email"]);
}

#[tokio::test]
async fn a_wrong_password_of_the_directory_changes_nothing_and_counts() {
    let bench = bench_with(true);
    bench.person("ada", "system_user").await;
    let token = bench.session("ada").await.1;
    for _ in 0..2 {
        let guess = SwitchWanted { new_password: Password::from("nope".to_owned()), ..wanted("email", "ldap", "Passw0rd!x") };
        let refused = switch(&bench, &Actor::Nobody, guess).await;
        assert!(matches!(refused, Err(SwitchError::WrongDirectoryPassword)), "{refused:?}");
    }
    assert!(bench.actor(&token).await.user().is_some());
    assert_eq!(bench.held(&fixture::id("ada")).await.failed_attempts, 2);
}

#[tokio::test]
async fn from_the_directory_comes_who_shows_its_password() {
    let bench = bench_with(true);
    let ldap = ExternalIdentity { service: LDAP.into(), subject: Some("cn=ada".into()) };
    let ada = User { identity: ldap, ..fixture::user("ada", "ada") };
    bench.write(async |work| work.users().insert(&[ada]).await.unwrap()).await;
    let refused = switch(&bench, &Actor::Nobody, wanted("ldap", "email", "nope")).await;
    assert!(matches!(refused, Err(SwitchError::WrongDirectoryPassword)));
    let weak = SwitchWanted { new_password: Password::from("x".to_owned()), ..wanted("ldap", "email", "directory") };
    assert!(matches!(switch(&bench, &Actor::Nobody, weak).await, Err(SwitchError::Weak(_))));

    let new = SwitchWanted { new_password: Password::from("N3w-Passw0rd".to_owned()), ..wanted("ldap", "email", "directory") };
    switch(&bench, &Actor::Nobody, new).await.unwrap();

    assert_eq!(identity(&bench).await, "");
    bench.sign_in("ada", "N3w-Passw0rd").await.unwrap();
}

#[tokio::test]
async fn without_a_directory_nothing_is_told() {
    let bench = bench_with(false);
    bench.person("ada", "system_user").await;
    for (from, to) in [("ldap", "email"), ("email", "ldap")] {
        let refused = switch(&bench, &Actor::Nobody, wanted(from, to, "Passw0rd!x")).await;
        assert!(matches!(refused, Err(SwitchError::NotSetUp(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn from_a_provider_comes_who_is_signed_in() {
    let bench = bench_with(false);
    let sso = ExternalIdentity { service: "gitlab".into(), subject: Some("x".into()) };
    let user = User { identity: sso, ..fixture::user("ada", "ada") };
    let ada = bench.put(user).await;
    let bob = bench.person("bob", "system_user").await;
    let refused = |result| matches!(result, Err(SwitchError::NotSignedIn));
    assert!(refused(switch(&bench, &Actor::Nobody, wanted("gitlab", "email", "")).await));
    assert!(matches!(switch(&bench, &bob, wanted("gitlab", "email", "")).await, Err(SwitchError::NotOwn)));
    assert!(matches!(switch(&bench, &ada, wanted("google", "email", "")).await, Err(SwitchError::OtherSignIn)));

    let to = switch(&bench, &ada, wanted("gitlab", "email", "")).await.unwrap();

    assert_eq!((to, identity(&bench).await.as_str()), (SwitchedTo::SignIn, ""));
    bench.sign_in("ada", "directory").await.unwrap();
}
