use super::*;
use crate::mail::{Claim, ClaimedMail};
use crate::testkit::fixture::{BORN, bot, email, id, user};
use crate::testkit::service::Bench;

fn events() -> Vec<Event> {
    vec![
        Event::NewDevice("a browser".into()),
        Event::PasswordChanged,
        Event::EmailChanged { former: email("former"), undo: Some(Token::presented("undo")) },
        Event::FactorOn,
        Event::FactorOff,
        Event::RecoveryCodeUsed,
        Event::RecoveryCodesMade,
        Event::TokenMade("ci".into()),
        Event::TokenEnabled("ci".into()),
        Event::SignInMethodChanged("ldap".into()),
        Event::Renamed("augusta".into()),
        Event::RolesRaised,
        Event::Deactivated,
        Event::Removed,
    ]
}

async fn told(bench: &Bench, event: Event, user: &User) -> Vec<Letter> {
    bench.write(async |work| post(work, &bench.postbox, event, user, BORN).await.unwrap()).await;
    bench.letters().await
}

#[tokio::test]
async fn every_event_is_told_to_the_holder_and_a_change_of_address_to_both() {
    let bench = Bench::default();
    bench.put(user("ada", "ada")).await;
    let ada = bench.held(&id("ada")).await;
    for event in events() {
        let is_both = matches!(event, Event::EmailChanged { .. });
        let letters = told(&bench, event, &ada).await;
        let to: Vec<_> = letters.iter().map(|letter| letter.to.clone()).collect();
        assert_eq!(to, if is_both { vec![email("ada"), email("former")] } else { vec![email("ada")] }, "{letters:?}");
    }
}

#[tokio::test]
async fn the_link_that_undoes_a_change_goes_to_the_former_address_alone() {
    let bench = Bench::default();
    bench.put(user("ada", "ada")).await;
    let ada = bench.held(&id("ada")).await;
    let event = Event::EmailChanged { former: email("former"), undo: Some(Token::presented("undo")) };

    let letters = told(&bench, event, &ada).await;

    let tokens: Vec<_> = letters.iter().map(|letter| letter.token.as_ref().map(Token::expose)).collect();
    assert_eq!(tokens, [None, Some("undo")]);
}

#[tokio::test]
async fn bots_and_accounts_of_other_servers_get_none() {
    let bench = Bench::default();
    bench.put(user("ada", "ada")).await;
    bench.put(bot("r", "robot", "ada")).await;
    let remote = User { remote_id: Some("elsewhere".into()), ..user("rem", "rem") };
    bench.put(remote.clone()).await;
    for event in events() {
        assert!(told(&bench, event.clone(), &bench.held(&id("r")).await).await.is_empty());
        assert!(told(&bench, event, &remote).await.is_empty());
    }
}

#[tokio::test]
async fn a_service_without_mail_collects_none() {
    let bench =
        Bench::on(crate::testkit::service::account_rules(), crate::testkit::service::sign_in_rules(), |ports| ports.sends_mail = false);
    bench.put(user("ada", "ada")).await;
    let ada = bench.held(&id("ada")).await;
    assert!(told(&bench, Event::PasswordChanged, &ada).await.is_empty());
}

#[tokio::test]
async fn a_letter_opens_in_its_own_row_alone() {
    let bench = Bench::default();
    bench.put(user("ada", "ada")).await;
    let ada = bench.held(&id("ada")).await;
    bench.write(async |work| post(work, &bench.postbox, Event::FactorOn, &ada, BORN).await.unwrap()).await;
    let claim = Claim { by: "w".into(), now: BORN, until: BORN, most: 1 };
    let mail = bench.write(async |work| work.outbox().claim(&claim).await.unwrap()).await.remove(0);

    assert!(bench.postbox.open(&mail).is_ok());
    assert!(bench.postbox.open(&ClaimedMail { id: id("other"), ..mail }).is_err());
}
