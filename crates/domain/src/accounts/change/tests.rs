//! Rules of changing accounts.

use super::*;
use crate::email::MailDomains;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, origin};

const RIGHT: &str = "Passw0rd!x";

fn email(address: &str) -> Patch {
    Patch { email: Some(address.to_owned()), ..Patch::default() }
}

fn named(username: &str) -> Patch {
    Patch { username: Some(username.to_owned()), ..Patch::default() }
}

/// What somebody says of himself in full, with his own name and address.
fn whole(short_id: &str) -> Replacement {
    let patch = Patch { username: Some(short_id.into()), email: Some(format!("{short_id}@example.test")), ..Patch::default() };
    Replacement { patch, ..Replacement::default() }
}

async fn change(bench: &Bench, actor: &Actor, short_id: &str, wanted: Patch, password: &str) -> Result<ShownUser, ChangeError> {
    bench.accounts.patch(actor, &fixture::id(short_id), wanted, &Password::from(password.to_owned()), &origin()).await
}

async fn replace(bench: &Bench, actor: &Actor, short_id: &str, wanted: Replacement, password: &str) -> Result<ShownUser, ChangeError> {
    bench.accounts.update(actor, &fixture::id(short_id), wanted, &Password::from(password.to_owned()), &origin()).await
}

async fn bench(domains: &str, guest_domains: &str) -> (Bench, [Actor; 3]) {
    let bench = Bench::under(|rules| {
        rules.domains = MailDomains::parse(domains);
        rules.guest_domains = MailDomains::parse(guest_domains);
    });
    let root = bench.person("root", "system_admin system_user").await;
    let ada = bench.person("ada", "system_user").await;
    let gus = bench.person("gus", "system_guest").await;
    (bench, [root, ada, gus])
}

#[tokio::test]
async fn a_new_address_is_of_the_domains_of_its_kind() {
    let (bench, [root, ada, gus]) = bench("corp.test", "guests.test").await;
    let refused = async |actor: &Actor, name: &str, address: &str| change(&bench, actor, name, email(address), RIGHT).await;
    assert!(matches!(refused(&ada, "ada", "ada@guests.test").await, Err(ChangeError::Domain { is_guest: false })));
    assert!(matches!(refused(&root, "ada", "ada@guests.test").await, Err(ChangeError::Domain { is_guest: false })));
    assert!(matches!(refused(&gus, "gus", "gus@corp.test").await, Err(ChangeError::Domain { is_guest: true })));
    assert!(change(&bench, &ada, "ada", email("ada@corp.test"), RIGHT).await.is_ok());
    assert!(change(&bench, &gus, "gus", email("gus@guests.test"), RIGHT).await.is_ok());
    let whole = Replacement { patch: Patch { email: Some("x@other.test".into()), ..named("ada") }, ..Replacement::default() };
    assert!(matches!(replace(&bench, &root, "ada", whole, "").await, Err(ChangeError::Domain { is_guest: false })));
}

#[tokio::test]
async fn the_address_an_account_has_is_never_refused() {
    let (bench, [_, ada, _]) = bench("corp.test", "").await;
    assert!(change(&bench, &ada, "ada", email("ADA@example.test"), "").await.is_ok());
}

#[tokio::test]
async fn a_password_that_was_changed_meanwhile_moves_no_address() {
    let (bench, [root, ada, _]) = bench("", "").await;
    let gate = bench.gate.lock_arc().await;
    let meanwhile = async {
        let new = Password::from("An0ther!pass".to_owned());
        let secret = crate::accounts::NewSecret { current: Password::from(String::new()), new, is_hashed: false };
        bench.accounts.change_password(&root, &fixture::id("ada"), &secret, &origin()).await.unwrap();
        drop(gate);
    };
    let (moved, ()) = tokio::join!(change(&bench, &ada, "ada", email("x@example.test"), RIGHT), meanwhile);

    assert!(matches!(moved, Err(ChangeError::WrongPassword)));
    assert_eq!(bench.held(&fixture::id("ada")).await.email, fixture::email("ada"));
}

#[tokio::test]
async fn a_providers_address_is_as_the_kind_of_provider_says() {
    let (bench, [root, ..]) = bench("corp.test", "").await;
    for service in ["ldap", "saml", "gitlab", "google", "office365", "openid"] {
        bench.put(User { identity: fixture::identity(service, service), ..fixture::user(service, service) }).await;
    }
    let changed = async |service: &str, address: &str| change(&bench, &root, service, email(address), "").await;
    assert!(matches!(changed("ldap", "x@other.test").await, Err(ChangeError::Directory)));
    assert_eq!(changed("saml", "x@other.test").await.unwrap().user.email.as_str(), "x@other.test");
    for service in ["gitlab", "google", "office365", "openid"] {
        assert!(matches!(changed(service, "x@other.test").await, Err(ChangeError::Domain { is_guest: false })));
        assert_eq!(changed(service, "x@corp.test").await.unwrap().user.email, fixture::email(service));
        assert!(matches!(changed(service, "@corp.test").await, Err(ChangeError::Invalid(InvalidUser::Email))));
    }
}

#[tokio::test]
async fn who_has_no_password_here_shows_none_for_another_address() {
    let (bench, _) = bench("", "").await;
    for service in ["gitlab", "saml"] {
        let own = bench.put(User { identity: fixture::identity(service, service), ..fixture::user(service, service) }).await;
        let whole = Replacement { patch: Patch { email: Some("x@example.test".into()), ..whole(service).patch }, ..Replacement::default() };
        assert!(matches!(change(&bench, &own, service, email("x@example.test"), "").await, Err(ChangeError::PasswordNeeded)));
        assert!(matches!(replace(&bench, &own, service, whole, "").await, Err(ChangeError::PasswordNeeded)));
        assert!(matches!(change(&bench, &own, service, email("x@example.test"), "guess").await, Err(ChangeError::WrongPassword)));
        assert_eq!(bench.held(&fixture::id(service)).await.email, fixture::email(service));
    }
}

#[tokio::test]
async fn a_groups_name_is_refused_after_the_password_and_before_the_domain() {
    let (bench, [root, ada, _]) = bench("corp.test", "").await;
    let group = crate::group::Group { name: "crew".into(), ..fixture::group("g") };
    bench.write(async |work| work.groups().insert(&group).await.unwrap()).await;
    let both = Patch { email: Some("x@other.test".into()), nickname: Some("n".repeat(65)), ..named("Crew") };
    assert!(matches!(change(&bench, &ada, "ada", both.clone(), "").await, Err(ChangeError::PasswordNeeded)));
    assert!(matches!(change(&bench, &root, "ada", both, "").await, Err(ChangeError::Taken(UniqueField::Username))));
}

#[tokio::test]
async fn an_answering_machine_makes_its_owner_out_of_office() {
    let (bench, [_, ada, _]) = bench("", "").await;
    let id = fixture::id("ada");
    let machine = async |text: &str| {
        let notify_props = Some([("auto_responder_active".to_owned(), text.to_owned())].into());
        change(&bench, &ada, "ada", Patch { notify_props, ..Patch::default() }, "").await.unwrap();
        let mut reading = crate::store::Store::read(&*bench.store).await.unwrap();
        reading.statuses().of_users(std::slice::from_ref(&id)).await.unwrap().pop().map(|status| (status.presence, status.is_manual))
    };
    assert_eq!(machine("false").await, None, "nothing was switched");
    assert_eq!(machine("true").await, Some((Presence::OutOfOffice, true)));
    bench.write(async |work| work.statuses().put(&Status { presence: Presence::Away, ..Status::unknown(id.clone()) }).await.unwrap()).await;
    assert_eq!(machine("true").await, Some((Presence::Away, false)), "it was on before");
    assert_eq!(machine("false").await, Some((Presence::Online, false)));
}

#[tokio::test]
async fn who_gets_another_username_is_told_of_both() {
    let (bench, [root, ..]) = bench("", "").await;
    change(&bench, &root, "ada", Patch { nickname: Some("Countess".into()), ..named("ADA") }, "").await.unwrap();
    assert!(bench.letters().await.is_empty(), "it is the same one");
    change(&bench, &root, "ada", named("augusta"), "").await.unwrap();
    let letters = bench.letters().await;
    let told = letters.iter().map(|letter| (letter.kind, letter.to.clone(), letter.username.as_str(), letter.detail.as_deref()));
    let renamed = (crate::mail::MailKind::UsernameChanged, fixture::email("ada"), "augusta", Some("ada"));
    assert_eq!(told.collect::<Vec<_>>(), [renamed]);
}

#[tokio::test]
async fn wrong_passwords_lock_an_address_as_they_lock_a_sign_in() {
    let (bench, [_, ada, _]) = bench("", "").await;
    for _ in 0..3 {
        assert!(matches!(change(&bench, &ada, "ada", email("x@example.test"), "nope").await, Err(ChangeError::WrongPassword)));
    }
    assert!(matches!(change(&bench, &ada, "ada", email("x@example.test"), RIGHT).await, Err(ChangeError::Locked)));
    assert!(change(&bench, &ada, "ada", named("augusta"), "").await.is_ok(), "everything else goes on");
}

#[tokio::test]
async fn what_can_not_be_checked_is_not_changed() {
    let (bench, [_, ada, _]) = bench("", "").await;
    *bench.passwords.is_busy.lock().unwrap() = true;
    assert!(matches!(change(&bench, &ada, "ada", email("x@example.test"), RIGHT).await, Err(ChangeError::Passwords(_))));
    assert_eq!(bench.held(&fixture::id("ada")).await.email, fixture::email("ada"));
}

#[tokio::test]
async fn what_is_wrong_with_a_change_is_told() {
    let (bench, [root, ada, _]) = bench("", "").await;
    let group = crate::group::Group { name: "crew".into(), ..fixture::group("g") };
    bench.write(async |work| work.groups().insert(&group).await.unwrap()).await;
    let refused = async |wanted| change(&bench, &root, "ada", wanted, "").await.unwrap_err();
    assert!(matches!(refused(named("a b")).await, ChangeError::Invalid(InvalidUser::Username)));
    assert!(matches!(refused(named("root")).await, ChangeError::Taken(UniqueField::Username)));
    assert!(matches!(refused(named("crew")).await, ChangeError::Taken(UniqueField::Username)));
    assert!(matches!(refused(email("root@example.test")).await, ChangeError::Taken(UniqueField::Email)));
    assert!(matches!(change(&bench, &ada, "ada", email("x@example.test"), "").await, Err(ChangeError::PasswordNeeded)));
    assert!(matches!(replace(&bench, &ada, "root", whole("root"), "").await, Err(ChangeError::Forbidden(_))));
    assert!(matches!(replace(&bench, &root, "none", whole("none"), "").await, Err(ChangeError::Missing)));
    let moved = Replacement { patch: Patch { email: Some("x@example.test".into()), ..named("ada") }, ..Replacement::default() };
    assert!(matches!(replace(&bench, &ada, "ada", moved.clone(), "").await, Err(ChangeError::PasswordNeeded)));
    assert!(matches!(replace(&bench, &ada, "ada", moved, "nope").await, Err(ChangeError::WrongPassword)));
    let blank = Replacement { patch: Patch { email: Some(String::new()), ..named("ada") }, ..Replacement::default() };
    assert!(matches!(replace(&bench, &ada, "ada", blank, "").await, Err(ChangeError::Invalid(InvalidUser::Email))));
    // A wrong password is a refused credential, and nothing else has happened.
    let audit = bench.audit().await;
    assert_eq!(audit.iter().map(|entry| entry.reason.as_deref()).collect::<Vec<_>>(), [Some("invalid")]);
}

#[tokio::test]
async fn people_replace_everything_they_say_of_themselves() {
    let (bench, [_, ada, _]) = bench("", "").await;
    let full = Patch { nickname: Some("Countess".into()), ..Patch::default() };
    change(&bench, &ada, "ada", full, "").await.unwrap();
    let wanted =
        Replacement { allows_marketing: true, patch: Patch { nickname: Some(String::new()), ..whole("ada").patch }, timezone: None };
    let shown = replace(&bench, &ada, "ada", wanted, "").await.unwrap();
    assert_eq!((shown.user.profile.nickname.as_str(), shown.user.allows_marketing), ("", true));
    assert_eq!(bench.held(&fixture::id("ada")).await.profile.timezone.unwrap_or_default(), crate::map::TextMap::new());
}

#[tokio::test]
async fn what_a_provider_decides_is_told_field_by_field() {
    let (bench, [root, ..]) = bench("", "").await;
    let mut eve = User { identity: fixture::identity("gitlab", "7"), ..fixture::user("eve", "eve") };
    eve.profile.first_name = "Eve".into();
    bench.put(eve).await;
    let refused = async |patch: Patch| replace(&bench, &root, "eve", Replacement { patch, ..Replacement::default() }, "").await;
    let told = Patch { first_name: Some("Eve".into()), ..whole("eve").patch };
    assert!(refused(told.clone()).await.is_ok());
    assert!(matches!(refused(Patch { username: Some("eva".into()), ..told.clone() }).await, Err(ChangeError::Provided("username"))));
    let renamed = Patch { last_name: Some("Online".into()), ..told };
    assert!(matches!(refused(renamed).await, Err(ChangeError::Provided("full name"))));
    for service in ["ldap", "saml", "magic_link"] {
        let name = service.replace('_', "");
        bench.put(User { identity: fixture::identity(service, "7"), ..fixture::user(&name, &name) }).await;
        let wanted = Patch { first_name: Some("Eve".into()), ..Patch::default() };
        assert_eq!(change(&bench, &root, &name, wanted, "").await.unwrap().user.profile.first_name, "Eve");
        assert!(matches!(change(&bench, &root, &name, named("eva"), "").await, Err(ChangeError::Provided("username"))));
    }
}

#[tokio::test]
async fn people_write_a_status_for_themselves_alone() {
    let (bench, [root, ada, _]) = bench("", "").await;
    let write = async |actor: &Actor, name: &str, status: Option<&str>| {
        let status = status.map(str::to_owned);
        bench.accounts.set_custom_status::<operations::UpdateUserCustomStatus>(actor, &fixture::id(name), status, &origin()).await
    };
    let held = async || bench.held(&fixture::id("ada")).await.profile.props.get("customStatus").cloned();
    write(&ada, "ada", Some(r#"{"text":"tea"}"#)).await.unwrap();
    assert!(held().await.unwrap().contains("tea"));
    assert!(matches!(write(&ada, "ada", Some("tea")).await, Err(ChangeError::Invalid(InvalidUser::Property))));
    assert!(matches!(write(&ada, "root", None).await, Err(ChangeError::Forbidden(_))));
    assert!(matches!(write(&root, "none", None).await, Err(ChangeError::Missing)));
    write(&ada, "ada", None).await.unwrap();
    assert_eq!(held().await.as_deref(), Some(""));
}

#[tokio::test]
async fn an_account_is_looked_at_again_when_it_is_changed() {
    let (bench, [root, ..]) = bench("", "").await;
    let mut turn = crate::store::Store::begin(&*bench.store).await.unwrap();
    let meanwhile = async {
        turn.users().remove(&fixture::id("ada")).await.unwrap();
        turn.commit().await.unwrap();
    };
    let (changed, ()) = tokio::join!(change(&bench, &root, "ada", named("x"), ""), meanwhile);
    assert!(matches!(changed, Err(ChangeError::Missing)));
}
