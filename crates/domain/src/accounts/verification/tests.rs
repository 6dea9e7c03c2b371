//! Rules of confirmed addresses.

use super::*;
use crate::credential::Password;
use crate::mail::Letter;
use crate::testkit::fixture::{self, client, email, id};
use crate::testkit::service::{Bench, granted, origin};
use crate::user::patch::Patch;

async fn bench() -> (Bench, Actor, Actor) {
    let bench = Bench::under(|rules| rules.verifies_addresses = true);
    let root = bench.person("root", "system_admin system_user").await;
    let ada = bench.put(User { is_email_verified: true, ..fixture::user("ada", "ada") }).await;
    (bench, root, ada)
}

async fn send(bench: &Bench, login: &str) {
    bench.accounts.send_verification(granted(&Actor::Nobody), login, &client(), &origin()).await.unwrap();
}

async fn verify(bench: &Bench, token: &Token) -> Result<(), VerifyError> {
    bench.accounts.verify_email(granted(&Actor::Nobody), token, &client(), &origin()).await
}

async fn undo(bench: &Bench, token: &Token) -> Result<(), UndoError> {
    bench.accounts.undo_email(granted(&Actor::Nobody), token, &client(), &origin()).await
}

async fn move_to(bench: &Bench, actor: &Actor, address: &str) {
    let patch = Patch { email: Some(address.to_owned()), ..Patch::default() };
    bench.accounts.patch(actor, &id("ada"), patch, &Password::from("Passw0rd!x".to_owned()), &origin()).await.unwrap();
}

fn token_of(letters: &[Letter], kind: MailKind) -> Option<Token> {
    letters.iter().find(|letter| letter.kind == kind)?.token.clone()
}

#[tokio::test]
async fn a_link_confirms_the_address_it_was_sent_to_once() {
    let (bench, ..) = bench().await;
    bench.person("bob", "system_user").await;
    send(&bench, "BOB").await;
    let letters = bench.letters().await;
    let token = token_of(&letters, MailKind::Verification).unwrap();

    verify(&bench, &token).await.unwrap();

    assert_eq!(letters[0].to, email("bob"));
    assert!(bench.held(&id("bob")).await.is_email_verified);
    assert!(matches!(verify(&bench, &token).await, Err(VerifyError::BadLink)));
}

#[tokio::test]
async fn who_signs_up_is_asked_to_confirm_and_who_was_confirmed_is_not() {
    let (bench, root, _) = bench().await;
    bench.register("bob").await;
    assert!(token_of(&bench.letters().await, MailKind::Verification).is_some());
    bench.register_as(&root, fixture::registration("cyd")).await.unwrap();
    let token = token_of(&bench.letters().await, MailKind::Verification).unwrap();
    verify(&bench, &token).await.unwrap();
}

#[tokio::test]
async fn a_link_for_a_former_address_does_not_bring_it_back() {
    let (bench, root, _) = bench().await;
    send(&bench, "ada").await;
    let token = token_of(&bench.letters().await, MailKind::Verification).unwrap();

    move_to(&bench, &root, "new@example.test").await;

    assert!(matches!(verify(&bench, &token).await, Err(VerifyError::BadLink)));
    let held = bench.held(&id("ada")).await;
    assert_eq!((held.email, held.is_email_verified), (email("new"), false));
}

/// Other addresses end links; one that is left over all the same counts for the address it was sent to alone.
#[tokio::test]
async fn a_link_that_outlived_its_address_confirms_no_other() {
    let (bench, ..) = bench().await;
    bench.person("bob", "system_user").await;
    let left = async |short: &str, address: &str| {
        let token = Token::presented(&short.repeat(crate::one_time::LENGTH));
        let mut new = fixture::one_time_token(short, "bob");
        (new.token.kind, new.token.email) = (TokenKind::Verification, email(address));
        new.hash = bench.ports.keys.digest(Purpose::OneTime, token.expose());
        bench.write(async |work| work.one_time_tokens().put(&new).await.unwrap()).await;
        token
    };

    let (former, present) = (left("f", "former").await, left("p", "bob").await);

    assert!(matches!(verify(&bench, &former).await, Err(VerifyError::BadLink)));
    assert!(!bench.held(&id("bob")).await.is_email_verified);
    verify(&bench, &present).await.unwrap();
    assert!(bench.held(&id("bob")).await.is_email_verified);
}

#[tokio::test]
async fn an_admin_confirms_without_a_link_and_nobody_else() {
    let (bench, root, ada) = bench().await;
    bench.person("bob", "system_user").await;
    let by = async |actor: &Actor, short: &str| bench.accounts.verify_member(actor, &id(short), &origin()).await;

    assert!(matches!(by(&ada, "bob").await, Err(VerificationError::Forbidden(_))));
    assert!(matches!(by(&ada, "nobody").await, Err(VerificationError::Missing)), "as the reference answers");
    assert!(matches!(by(&root, "nobody").await, Err(VerificationError::Missing)));
    assert!(!by(&root, "bob").await.unwrap().user.is_email_verified, "clients expect it as it was");
    assert!(bench.held(&id("bob")).await.is_email_verified);
}

#[tokio::test]
async fn both_addresses_hear_of_a_change_and_the_former_one_can_take_it_back() {
    let (bench, ..) = bench().await;
    let (ada, session) = bench.session("ada").await;

    move_to(&bench, &ada, "eve@example.test").await;

    let letters = bench.letters().await;
    let told: Vec<_> = letters.iter().map(|letter| (letter.kind, letter.to.clone())).collect();
    let wanted = [(MailKind::EmailArrived, email("eve")), (MailKind::EmailLeft, email("ada")), (MailKind::Verification, email("eve"))];
    assert_eq!(told, wanted);
    undo(&bench, &token_of(&letters, MailKind::EmailLeft).unwrap()).await.unwrap();
    let held = bench.held(&id("ada")).await;
    assert_eq!((held.email, held.is_email_verified), (email("ada"), true));
    assert!(bench.actor(&session).await.user().is_none(), "whoever changed it is signed out");
}

#[tokio::test]
async fn the_first_address_takes_back_whatever_came_after_and_no_later_one_can() {
    let (bench, root, _) = bench().await;
    move_to(&bench, &root, "eve@example.test").await;
    let letters = bench.letters().await;
    let first = token_of(&letters, MailKind::EmailLeft).unwrap();
    verify(&bench, &token_of(&letters, MailKind::Verification).unwrap()).await.unwrap();
    move_to(&bench, &root, "eve2@example.test").await;
    let second = token_of(&bench.letters().await, MailKind::EmailLeft).unwrap();

    undo(&bench, &first).await.unwrap();

    assert!(matches!(undo(&bench, &second).await, Err(UndoError::BadLink)));
    assert!(matches!(undo(&bench, &first).await, Err(UndoError::BadLink)));
    assert_eq!(bench.held(&id("ada")).await.email, email("ada"));
}

#[tokio::test]
async fn an_address_that_nobody_confirmed_takes_nothing_back() {
    let (bench, root, _) = bench().await;
    bench.put(fixture::user("bob", "bob")).await;
    let patch = Patch { email: Some("bobby@example.test".to_owned()), ..Patch::default() };
    bench.accounts.patch(&root, &id("bob"), patch, &Password::from(String::new()), &origin()).await.unwrap();

    let letters = bench.letters().await;
    assert!(letters.iter().any(|letter| letter.kind == MailKind::EmailLeft) && token_of(&letters, MailKind::EmailLeft).is_none());
}

#[tokio::test]
async fn an_address_that_another_has_by_now_does_not_come_back_and_the_link_stays() {
    let (bench, root, _) = bench().await;
    move_to(&bench, &root, "new@example.test").await;
    let token = token_of(&bench.letters().await, MailKind::EmailLeft).unwrap();
    bench.put(User { email: email("ada"), ..fixture::user("bob", "bob") }).await;

    assert!(matches!(undo(&bench, &token).await, Err(UndoError::Taken)));
    bench.write(async |work| work.users().remove(&id("bob")).await.unwrap()).await;
    undo(&bench, &token).await.unwrap();
}

#[tokio::test]
async fn nobody_learns_who_is_here() {
    let (bench, ..) = bench().await;
    bench.put(fixture::bot("bot", "robot", "root")).await;
    for login in ["nobody@example.test", "nobody", "", "a\0b", "robot"] {
        send(&bench, login).await;
        assert!(bench.letters().await.is_empty(), "{login}");
    }
}

#[tokio::test]
async fn failures_of_the_store_are_told() {
    let (bench, root, _) = bench().await;
    send(&bench, "ada").await;
    let token = token_of(&bench.letters().await, MailKind::Verification).unwrap();
    let strike = |fails: &std::sync::atomic::AtomicU32| fails.store(1, std::sync::atomic::Ordering::SeqCst);
    for fails in [&bench.faults.reads, &bench.faults.begins, &bench.faults.commits] {
        strike(fails);
        assert!(matches!(verify(&bench, &token).await, Err(VerifyError::Store(_))));
    }
    for fails in [&bench.faults.begins, &bench.faults.commits] {
        strike(fails);
        assert!(matches!(bench.accounts.verify_member(&root, &id("ada"), &origin()).await, Err(VerificationError::Store(_))));
    }
    strike(&bench.faults.reads);
    assert!(matches!(undo(&bench, &token).await, Err(UndoError::Store(_))));
    assert!(matches!(undo(&bench, &token).await, Err(UndoError::BadLink)));
    verify(&bench, &token).await.unwrap();
}
