//! Letters to a mail server that misbehaves: none is lost, none is sent twice.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

#[path = "support/server.rs"]
mod server;

use std::sync::Arc;
use std::time::Duration;

use muster_adapters_mail::{Security, SmtpMailer, SmtpOptions, Writer};
use muster_domain::credential::Token;
use muster_domain::locale::Locale;
use muster_domain::mail::{Courier, DeliveryError, DeliveryRules, Errand, Letter, MailKind, MailRecord, MailState, Mailer as _};
use muster_domain::page::Page;
use muster_domain::store::Store as _;
use muster_domain::testkit::fixture::{BORN, id, user};
use muster_domain::testkit::service::Bench;
use secrecy::SecretString;
use server::{Deed, FakeServer};

fn mailer(port: u16) -> SmtpMailer {
    let options = SmtpOptions {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::None,
        login: None,
        from: "Crew <crew@example.test>".to_owned(),
        timeout: Duration::from_millis(300),
    };
    let writer = Writer::new("https://crew.example.test", "Crew", &Locale::parse("en").unwrap()).unwrap();
    SmtpMailer::new(options, writer).unwrap()
}

fn letter() -> Letter {
    Letter::new(MailKind::Reset, &user("a", "ada"), BORN).with_token(Token::presented("t0ken"))
}

#[tokio::test]
async fn a_mail_has_both_forms_its_id_and_its_link() {
    let server = FakeServer::start([]).await;

    mailer(server.port).deliver(&id("m"), &letter()).await.unwrap();

    let mail = server.taken().remove(0);
    for part in [
        "From: Crew <crew@example.test>",
        "To: ada@example.test",
        "Message-ID: <m0000000000000000000000000@example.test>",
        "Auto-Submitted: auto-generated",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "/reset_password_complete",
    ] {
        assert!(mail.contains(part), "{part}\n{mail}");
    }
}

#[tokio::test]
async fn what_a_server_does_says_whether_to_try_again() {
    let for_now = [
        Deed::Answer("greeting", 421),
        Deed::Answer("greeting", 554),
        Deed::Answer("EHLO", 550),
        Deed::Answer("MAIL", 503),
        Deed::Answer("RCPT", 450),
        Deed::Answer("DATA", 451),
        Deed::Answer("end", 452),
        Deed::Answer("MAIL", 530),
        Deed::Stall("greeting"),
        Deed::Stall("RCPT"),
        Deed::Stall("end"),
        Deed::HangUp("greeting"),
        Deed::HangUp("MAIL"),
        Deed::HangUp("text"),
        Deed::HangUp("end"),
    ];
    for deed in for_now {
        let server = FakeServer::start([deed]).await;
        let told = mailer(server.port).deliver(&id("m"), &letter()).await;
        assert!(matches!(told, Err(DeliveryError::NotNow(_))), "{deed:?} {told:?}");
        assert_eq!(server.left(), 0);
    }
    for deed in [Deed::Answer("RCPT", 550), Deed::Answer("MAIL", 553), Deed::Answer("DATA", 554), Deed::Answer("end", 552)] {
        let server = FakeServer::start([deed]).await;
        let told = mailer(server.port).deliver(&id("m"), &letter()).await;
        assert!(matches!(told, Err(DeliveryError::Never(_))), "{deed:?} {told:?}");
    }
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_not_taken_for_the_next_mails() {
    let server = FakeServer::start([Deed::Late("end"), Deed::Answer("end", 552)]).await;
    let mailer = mailer(server.port);

    assert!(matches!(mailer.deliver(&id("m"), &letter()).await, Err(DeliveryError::NotNow(_))));

    let told = mailer.deliver(&id("n"), &letter()).await;
    assert!(matches!(told, Err(DeliveryError::Never(_))), "{told:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again() {
    let port = FakeServer::start([]).await.port;
    let nobody = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    assert_ne!(port, nobody);
    assert!(matches!(mailer(nobody).deliver(&id("m"), &letter()).await, Err(DeliveryError::NotNow(_))));
}

#[tokio::test]
async fn no_reason_repeats_what_is_in_the_letter() {
    for deed in [Deed::Answer("RCPT", 550), Deed::Answer("RCPT", 450), Deed::Stall("MAIL"), Deed::HangUp("DATA")] {
        let server = FakeServer::start([deed]).await;
        let told = mailer(server.port).deliver(&id("m"), &letter()).await.unwrap_err();
        assert!(!told.to_string().contains("ada") && !told.to_string().contains("t0ken"), "{told}");
    }
}

#[tokio::test]
async fn encryption_that_a_server_can_not_do_is_not_done_without() {
    let server = FakeServer::start([]).await;
    let options = |security| SmtpOptions {
        host: "127.0.0.1".to_owned(),
        port: server.port,
        security,
        login: Some(("crew".to_owned(), SecretString::from("canary".to_owned()))),
        from: "crew@example.test".to_owned(),
        timeout: Duration::from_millis(300),
    };
    for security in [Security::StartTls, Security::Tls] {
        let writer = Writer::new("https://crew.example.test", "", &Locale::default()).unwrap();
        let told = SmtpMailer::new(options(security), writer).unwrap().deliver(&id("m"), &letter()).await;
        assert!(matches!(told, Err(DeliveryError::NotNow(_))), "{told:?}");
    }
    assert!(server.taken().is_empty());
    assert!(!format!("{:?}", options(Security::Tls)).contains("canary"));
}

#[tokio::test]
async fn a_sender_that_is_no_address_is_refused() {
    let options = SmtpOptions {
        host: "127.0.0.1".to_owned(),
        port: 25,
        security: Security::None,
        login: None,
        from: "nobody".to_owned(),
        timeout: Duration::from_secs(1),
    };
    let writer = Writer::new("https://crew.example.test", "", &Locale::default()).unwrap();
    assert!(SmtpMailer::new(options, writer).is_err());
}

const RULES: DeliveryRules = DeliveryRules {
    tries: 12,
    first_pause: Duration::from_secs(30),
    longest_pause: Duration::from_mins(10),
    lease: Duration::from_mins(30),
};

async fn records(bench: &Bench) -> Vec<MailRecord> {
    let states = MailState::ALL.map(|(state, _)| state);
    bench.store.read().await.unwrap().outbox().list(&states, Page { number: 0, size: 100 }).await.unwrap()
}

/// Works until nothing waits, moving the clock to when it goes on.
async fn run(bench: &Bench, courier: &Courier) {
    loop {
        match courier.run().await.unwrap() {
            Errand::Ran => {}
            Errand::Idle(Some(at)) => bench.clock.advance(at.since(bench.ports.clock.now())),
            Errand::Idle(None) => return,
        }
    }
}

#[tokio::test]
async fn through_all_that_a_server_does_no_mail_is_lost_and_none_is_sent_twice() {
    let server = FakeServer::start([
        Deed::Answer("greeting", 421),
        Deed::Answer("greeting", 554),
        Deed::Answer("EHLO", 550),
        Deed::Answer("MAIL", 503),
        Deed::HangUp("text"),
        Deed::Answer("RCPT", 450),
        Deed::Stall("greeting"),
        Deed::Answer("end", 451),
        Deed::HangUp("RCPT"),
        Deed::Answer("RCPT", 550),
    ])
    .await;
    let bench = Bench::default();
    let mut wanted = Vec::new();
    for number in 0..8 {
        let name = format!("user{number}");
        let letter = Letter::new(MailKind::Reset, &user("a", &name), BORN).with_token(Token::presented("t0ken"));
        bench.write(async |work| bench.postbox.put(work, None, &letter, None).await.unwrap()).await;
        wanted.push(format!("To: {name}@example.test"));
    }
    let courier = Courier::new(&bench.ports, Arc::new(mailer(server.port)), RULES);

    run(&bench, &courier).await;

    let dead: Vec<_> = records(&bench).await.into_iter().filter(|record| record.state == MailState::Dead).collect();
    assert_eq!(dead.iter().map(|record| record.reason.as_deref()).collect::<Vec<_>>(), [Some("the mail server answered 550")]);
    bench.write(async |work| work.outbox().retry(None, bench.ports.clock.now()).await.unwrap()).await;
    run(&bench, &courier).await;

    let mails = server.taken();
    for to in wanted {
        assert_eq!(mails.iter().filter(|mail| mail.lines().any(|line| line == to)).count(), 1, "{to}");
    }
    assert!(records(&bench).await.iter().all(|record| record.state == MailState::Delivered));
}
