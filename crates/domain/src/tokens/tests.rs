//! Rules of access tokens.

use std::time::Duration;

use super::*;
use crate::actor::CredentialKind;
use crate::limit::Unlimited;
use crate::role::Roles;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, account_rules, acting, granted, origin, sign_in_rules};

const HOLDER: &str = "system_user system_user_access_token";

fn under(change: impl FnOnce(&mut TokenRules)) -> Bench {
    let mut rules = sign_in_rules();
    change(&mut rules.tokens);
    Bench::new(account_rules(), rules, Arc::new(Unlimited))
}

fn wanted(end: Option<Timestamp>) -> WantedToken {
    WantedToken { description: "ci".to_owned(), expires_at: end }
}

async fn make_for(bench: &Bench, actor: &Actor, owner: &str, end: Option<Timestamp>) -> Result<MadeToken, TokenError> {
    bench.tokens.create(actor, &fixture::id(owner), wanted(end), &origin()).await
}

async fn make(bench: &Bench, actor: &Actor, owner: &str) -> Result<MadeToken, TokenError> {
    make_for(bench, actor, owner, None).await
}

/// Who acts with a token.
async fn with(bench: &Bench, made: &MadeToken) -> Actor {
    bench.actor(&made.text).await
}

async fn lets_in(bench: &Bench, made: &MadeToken) -> bool {
    with(bench, made).await.user().is_some()
}

/// Changes the account of a short id in the store.
async fn change(bench: &Bench, short_id: &str, change: impl FnOnce(&mut User)) {
    bench
        .write(async |work| {
            let mut user = work.users().locked(&fixture::id(short_id)).await.unwrap().unwrap();
            change(&mut user);
            work.users().update(&user).await.unwrap();
        })
        .await;
}

fn in_minutes(bench: &Bench, minutes: u64) -> Timestamp {
    bench.clock.now().after(Duration::from_mins(minutes))
}

#[tokio::test]
async fn a_token_acts_as_its_owner() {
    let bench = Bench::default();
    let ada = bench.person("ada", HOLDER).await;

    let made = make(&bench, &ada, "ada").await.unwrap();

    let actor = with(&bench, &made).await;
    assert_eq!((actor.user_id(), actor.credential_kind()), (ada.user_id(), Some(CredentialKind::AccessToken)));
    assert_eq!((actor.access_token_id(), actor.session_id()), (Some(made.token.id.clone()), None));
    assert_eq!(made.token.created_via, CredentialKind::Session);
    let entry = bench.audit().await.pop().unwrap();
    assert_eq!((entry.operation.as_str(), entry.outcome.as_str()), ("CreateUserAccessToken", "done"));
    assert!(!format!("{made:?} {entry:?}").contains(made.text.expose()));
}

#[tokio::test]
async fn who_makes_tokens_for_whom_is_the_tables_word() {
    let bench = Bench::default();
    let (admin, ada) = (bench.person("admin", "system_admin system_user").await, bench.person("ada", HOLDER).await);
    let bob = bench.person("bob", "system_user").await;

    assert!(matches!(make(&bench, &bob, "bob").await, Err(TokenError::Forbidden(_))));
    assert!(matches!(make(&bench, &ada, "bob").await, Err(TokenError::Forbidden(_))));
    assert!(matches!(make(&bench, &ada, "admin").await, Err(TokenError::Forbidden(_))));
    assert!(matches!(make(&bench, &ada, "nobody").await, Err(TokenError::MissingOwner)));
    assert_eq!(make(&bench, &admin, "bob").await.unwrap().token.created_by.as_ref(), admin.user_id());
    assert_eq!(make(&bench, &Actor::Operator, "bob").await.unwrap().token.created_via, CredentialKind::LocalSocket);
}

#[tokio::test]
async fn what_is_wanted_is_checked() {
    let bench = Bench::default();
    let ada = bench.person("ada", HOLDER).await;
    let described = async |text: &str| {
        let wanted = WantedToken { description: text.to_owned(), expires_at: None };
        bench.tokens.create(&ada, &fixture::id("ada"), wanted, &origin()).await
    };

    assert!(matches!(described("").await, Err(TokenError::NoDescription)));
    assert!(matches!(described(&"é".repeat(128)).await, Err(TokenError::Description)));
    assert!(matches!(described("a\0b").await, Err(TokenError::Description)));
    assert!(described(&"d".repeat(255)).await.is_ok());
    assert!(matches!(make_for(&bench, &ada, "ada", Some(bench.clock.now())).await, Err(TokenError::EndInPast)));
}

#[tokio::test]
async fn an_account_has_no_more_tokens_than_it_may() {
    let bench = Bench::default();
    let ada = bench.person("ada", HOLDER).await;
    let first = make(&bench, &ada, "ada").await.unwrap();
    for _ in 1..3 {
        make(&bench, &ada, "ada").await.unwrap();
    }

    assert!(matches!(make(&bench, &ada, "ada").await, Err(TokenError::TooMany)));

    bench.tokens.revoke(&ada, Some(&first.token.id), &origin()).await.unwrap();
    assert!(make(&bench, &ada, "ada").await.is_ok());
}

#[tokio::test]
async fn a_token_stops_with_its_owner() {
    let bench = Bench::default();
    let ada = bench.person("ada", HOLDER).await;
    let made = make(&bench, &ada, "ada").await.unwrap();
    let admin = bench.person("admin", "system_admin system_user").await;
    let switch = async |is_on| bench.accounts.set_active(&admin, &fixture::id("ada"), is_on, &origin()).await.unwrap();

    switch(false).await;
    assert!(!lets_in(&bench, &made).await);

    switch(true).await;
    assert!(lets_in(&bench, &made).await);
}

#[tokio::test]
async fn a_token_that_is_off_or_over_or_gone_lets_nobody_in() {
    let bench = Bench::default();
    let ada = bench.person("ada", HOLDER).await;
    let ending = make_for(&bench, &ada, "ada", Some(in_minutes(&bench, 5))).await.unwrap();
    let lasting = make(&bench, &ada, "ada").await.unwrap();
    let id = Some(&lasting.token.id);

    bench.tokens.disable(&ada, id, &origin()).await.unwrap();
    assert!(!lets_in(&bench, &lasting).await);
    bench.tokens.enable(&ada, id, &origin()).await.unwrap();
    assert!(lets_in(&bench, &lasting).await && lets_in(&bench, &ending).await);
    bench.clock.advance(Duration::from_mins(5));
    assert!(lets_in(&bench, &lasting).await && !lets_in(&bench, &ending).await);
    bench.tokens.revoke(&ada, id, &origin()).await.unwrap();
    assert!(!lets_in(&bench, &lasting).await);
    assert!(matches!(bench.tokens.revoke(&ada, id, &origin()).await, Err(TokenError::Missing)));
    assert!(matches!(bench.tokens.enable(&ada, id, &origin()).await, Err(TokenError::Missing)));
}

#[tokio::test]
async fn without_the_feature_bots_alone_have_tokens() {
    let bench = under(|rules| rules.are_enabled = false);
    let admin = bench.person("admin", "system_admin system_user").await;
    bench.put(fixture::bot("robot", "robot", "admin")).await;
    let ada = bench.person("ada", HOLDER).await;

    assert!(matches!(make(&bench, &ada, "ada").await, Err(TokenError::Disabled)));
    let made = make(&bench, &admin, "robot").await.unwrap();
    assert_eq!(with(&bench, &made).await.credential_kind(), Some(CredentialKind::BotToken));

    // One that was made while people had some.
    let former = fixture::new_access_token("t", "ada");
    let text = Token::presented("former");
    let hash = crate::testkit::fake::PlainKeyring::default().digest(Purpose::AccessToken, "former");
    bench.write(async |work| work.access_tokens().insert(&NewAccessToken { hash, ..former }, 9).await.unwrap()).await;
    assert!(bench.actor(&text).await.user().is_none());
}

#[tokio::test]
async fn who_lives_elsewhere_has_no_tokens() {
    let bench = Bench::default();
    let admin = bench.person("admin", "system_admin system_user").await;
    bench.person("far", "system_user").await;
    let made = make(&bench, &admin, "far").await.unwrap();
    change(&bench, "far", |user| user.remote_id = Some("elsewhere".to_owned())).await;

    assert!(!lets_in(&bench, &made).await);
    assert!(matches!(make(&bench, &admin, "far").await, Err(TokenError::Forbidden(_))));
}

#[tokio::test]
async fn a_tokens_token_is_good_for_no_more_and_no_longer() {
    let bench = Bench::default();
    let ada = bench.person("ada", HOLDER).await;
    let parent = make_for(&bench, &ada, "ada", Some(in_minutes(&bench, 10))).await.unwrap();
    let scopes = Some(vec!["CreateUserAccessToken".to_owned()]);
    let narrow = fixture::access_token("n", "ada");
    let narrow = AccessToken { scopes: scopes.clone(), expires_at: parent.token.expires_at, ..narrow };
    let hash = crate::testkit::fake::PlainKeyring::default().digest(Purpose::AccessToken, "narrow");
    bench.write(async |work| work.access_tokens().insert(&NewAccessToken { token: narrow, hash }, 9).await.unwrap()).await;
    let actor = bench.actor(&Token::presented("narrow")).await;

    let child = make(&bench, &actor, "ada").await.unwrap().token;
    assert_eq!((child.expires_at, child.scopes), (parent.token.expires_at, scopes));
    assert_eq!(child.created_via, CredentialKind::AccessToken);
    assert!(matches!(make_for(&bench, &actor, "ada", Some(in_minutes(&bench, 11))).await, Err(TokenError::EndTooFar)));
    assert!(matches!(bench.tokens.token(&actor, &child.id).await, Err(TokenError::Forbidden(Forbidden::OutOfScope(_)))));
}

#[tokio::test]
async fn a_revoked_token_makes_none() {
    let bench = Bench::default();
    let ada = bench.person("ada", HOLDER).await;
    let parent = make(&bench, &ada, "ada").await.unwrap();
    let actor = with(&bench, &parent).await;
    bench.tokens.revoke(&ada, Some(&parent.token.id), &origin()).await.unwrap();

    assert!(matches!(make(&bench, &actor, "ada").await, Err(TokenError::Forbidden(Forbidden::NotSignedIn))));
}

#[tokio::test]
async fn the_owner_hears_of_a_new_token_and_a_bot_does_not() {
    let bench = Bench::default();
    let admin = bench.person("admin", "system_admin system_user").await;
    bench.put(fixture::bot("robot", "robot", "admin")).await;
    bench.person("ada", "system_user").await;

    make(&bench, &admin, "ada").await.unwrap();
    make(&bench, &admin, "robot").await.unwrap();

    let mails = bench.store.read().await.unwrap().outbox().list(&[crate::mail::MailState::Waiting], Page::FIRST).await.unwrap();
    assert_eq!(mails.iter().map(|mail| mail.kind).collect::<Vec<_>>(), [crate::mail::MailKind::TokenMade]);
}

#[tokio::test]
async fn the_operator_can_keep_tokens_from_making_tokens() {
    let bench = under(|rules| rules.make_tokens = false);
    let ada = bench.person("ada", HOLDER).await;
    let parent = make(&bench, &ada, "ada").await.unwrap();
    let actor = with(&bench, &parent).await;

    assert!(matches!(make(&bench, &actor, "ada").await, Err(TokenError::Forbidden(_))));
    assert!(matches!(bench.tokens.enable(&actor, Some(&parent.token.id), &origin()).await, Err(TokenError::Forbidden(_))));
}

#[tokio::test]
async fn people_say_when_a_token_ends_where_they_must() {
    let bench = under(|rules| rules.longest = Some(Duration::from_mins(10)));
    let admin = bench.person("admin", "system_admin system_user").await;
    bench.put(fixture::bot("robot", "robot", "admin")).await;
    let ada = bench.person("ada", HOLDER).await;

    assert!(matches!(make(&bench, &ada, "ada").await, Err(TokenError::NoEnd)));
    assert!(matches!(make_for(&bench, &ada, "ada", Some(in_minutes(&bench, 11))).await, Err(TokenError::EndTooFar)));
    assert!(make_for(&bench, &ada, "ada", Some(in_minutes(&bench, 10))).await.is_ok());
    assert!(make(&bench, &admin, "robot").await.is_ok());
}

#[tokio::test]
async fn marked_tokens_are_checked_before_anything_is_looked_up() {
    let bench = under(|rules| rules.are_marked = true);
    let ada = bench.person("ada", HOLDER).await;
    let made = make(&bench, &ada, "ada").await.unwrap();
    assert!(made.text.expose().starts_with("mus_") && lets_in(&bench, &made).await);

    bench.faults.reads.store(1, std::sync::atomic::Ordering::SeqCst);
    let cut = Token::presented(&made.text.expose()[..36]);

    assert!(bench.actor(&cut).await.user().is_none(), "the store was not asked");
}

#[tokio::test]
async fn who_may_see_no_token_learns_of_none() {
    let bench = Bench::default();
    let (ada, bob) = (bench.person("ada", HOLDER).await, bench.person("bob", HOLDER).await);
    let plain = bench.person("plain", "system_user").await;
    let id = make(&bench, &ada, "ada").await.unwrap().token.id;

    assert_eq!(bench.tokens.token(&ada, &id).await.unwrap().id, id);
    for stranger in [&bob, &plain] {
        assert!(matches!(bench.tokens.token(stranger, &id).await, Err(TokenError::Forbidden(_))));
        for (name, refused) in [
            ("revoke", bench.tokens.revoke(stranger, Some(&id), &origin()).await),
            ("disable", bench.tokens.disable(stranger, Some(&id), &origin()).await),
            ("enable", bench.tokens.enable(stranger, Some(&id), &origin()).await),
        ] {
            assert!(matches!(refused, Err(TokenError::Forbidden(_))), "{name}");
        }
        assert!(matches!(bench.tokens.of_user(stranger, &fixture::id("ada"), Page::FIRST).await, Err(TokenError::Forbidden(_))));
    }
    assert!(matches!(bench.tokens.token(&plain, &fixture::id("none")).await, Err(TokenError::Forbidden(_))));
    assert!(matches!(bench.tokens.token(&bob, &fixture::id("none")).await, Err(TokenError::Missing)));
    assert!(matches!(bench.tokens.revoke(&bob, None, &origin()).await, Err(TokenError::Missing)));
    assert!(bench.tokens.token(&ada, &id).await.unwrap().is_active);
}

#[tokio::test]
async fn admins_list_and_search_everybodys() {
    let bench = Bench::default();
    let (admin, ada) = (bench.person("admin", "system_admin system_user").await, bench.person("ada", HOLDER).await);
    let made = make(&bench, &ada, "ada").await.unwrap().token;
    let search = async |term: &str| bench.tokens.search(granted(&admin), term).await.unwrap().len();

    assert_eq!(bench.tokens.list(granted(&admin), Page::FIRST).await.unwrap(), [made]);
    assert_eq!((search("ada").await, search("a").await, search("a\0").await), (1, 0, 0));
    assert_eq!(bench.tokens.of_user(&admin, &fixture::id("none"), Page::FIRST).await.unwrap(), []);
    assert_eq!(bench.tokens.of_user(&ada, &fixture::id("ada"), Page::FIRST).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_use_of_a_token_is_written_down_every_five_minutes() {
    let bench = Bench::default();
    let ada = bench.person("ada", HOLDER).await;
    let made = make(&bench, &ada, "ada").await.unwrap();
    let due = async || match bench.sign_ins.bearer(&made.text, fixture::address()).await.unwrap() {
        crate::sign_in::Bearer::Known(held) => bench.sign_ins.due_use(&held, &made.text, fixture::address()),
        other => panic!("{other:?}"),
    };

    bench.sign_ins.note(&due().await.unwrap()).await.unwrap();
    assert!(due().await.is_none());
    bench.clock.advance(Duration::from_mins(5));
    assert!(due().await.is_some());

    let held = bench.tokens.token(&ada, &made.token.id).await.unwrap();
    assert_eq!(held.last_address, Some(fixture::address()));
}

#[tokio::test]
async fn a_token_lost_its_rights_with_its_owner() {
    let bench = Bench::default();
    let ada = bench.person("ada", HOLDER).await;
    let made = make(&bench, &ada, "ada").await.unwrap();
    change(&bench, "ada", |user| user.roles = Roles::user()).await;

    let actor = with(&bench, &made).await;

    assert!(actor.user().is_some());
    assert!(matches!(make(&bench, &actor, "ada").await, Err(TokenError::Forbidden(_))));
    assert!(matches!(make(&bench, &acting(&bench.held(&fixture::id("ada")).await), "ada").await, Err(TokenError::Forbidden(_))));
}

#[tokio::test]
async fn of_two_who_switch_a_token_on_at_once_one_tells_its_holder() {
    let bench = Bench::default();
    let ada = bench.person("ada", "system_admin system_user").await;
    let made = make(&bench, &ada, "ada").await.unwrap().token;
    bench.tokens.disable(&ada, Some(&made.id), &origin()).await.unwrap();
    bench.letters().await;
    // Both have seen it switched off before either writes.
    let turn = crate::store::Store::begin(&*bench.store).await.unwrap();

    let nowhere = origin();
    let enable = || bench.tokens.enable(&ada, Some(&made.id), &nowhere);
    let (first, second, ()) = tokio::join!(enable(), enable(), async { drop(turn) });

    assert!(first.is_ok() && second.is_ok());
    let told: Vec<_> = bench.letters().await.into_iter().map(|letter| letter.kind).collect();
    assert_eq!(told, [crate::mail::MailKind::TokenEnabled]);
}
