//! Mail whose server is away, and what an operator does about it.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use crate::client::sign_up;
use crate::muster::{Place, free_address};
use crate::poll;

fn mailing(port: u16) -> Place {
    let place = Place::new().set("accounts.open_sign_up", true).set("mail.smtp_host", "127.0.0.1").set("mail.smtp_port", port);
    place.set("mail.security", "none").set("mail.from", "crew@example.test").set("mail.max_tries", 1)
}

fn list(place: &Place) -> String {
    place.run(&["mail", "list"]).succeeded()
}

/// Takes one mail on each connection, and gives the recipient.
fn recipients(listener: &TcpListener) -> Vec<String> {
    let (mut stream, _) = listener.accept().unwrap();
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let mut say = |line: &str| stream.write_all(format!("{line}\r\n").as_bytes()).unwrap();
    let mut to = Vec::new();
    say("220 here");
    while let Some(line) = lines.next() {
        match line.get(..4).unwrap_or_default().to_ascii_uppercase().as_str() {
            "RCPT" => to.push(line),
            "DATA" => {
                say("354 go on");
                let _ = lines.by_ref().take_while(|line| line != ".").count();
                say("250 taken");
                return to;
            }
            _ => {}
        }
        say("250 fine");
    }
    to
}

#[test]
fn a_mail_server_that_is_away_fails_nothing_and_its_mail_is_tried_again_when_somebody_says_so() {
    let address = free_address();
    let place = mailing(address.port());
    let service = place.serve();

    assert_eq!(sign_up(service.address, "ada").unwrap().status, 201);
    let dead = poll::until("the mail is given up", || Some(list(&place)).filter(|listed| listed.contains("  dead ")));

    assert!(dead.contains("verification") && dead.contains("the mail server can't be reached") && !dead.contains("example.test"), "{dead}");
    let unknown = place.run(&["mail", "retry", &"a".repeat(26)]);
    assert_eq!(unknown.sentence(), "no mail of this id was given up; see muster mail list");
    let listener = TcpListener::bind(address).unwrap();
    assert_eq!(place.run(&["mail", "retry", "--all"]).succeeded(), "mails that are tried again: 1\n");
    assert!(recipients(&listener)[0].contains("<ada@example.test>"));
    poll::until("the mail is delivered", || (list(&place).lines().count() == 1).then_some(()));
    assert!(place.run(&["mail", "list", "--all"]).succeeded().contains("  delivered "));
    service.stop().succeeded();
}

#[test]
fn a_letter_that_was_given_up_is_sealed_anew_under_a_new_key_and_can_be_sent_without_the_former() {
    let (old, new) = ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "//////////////////////////////////////////8=");
    let address = free_address();
    let mut place = mailing(address.port()).set("secrets.key", old);
    let service = place.serve();
    assert_eq!(sign_up(service.address, "ada").unwrap().status, 201);
    poll::until("the mail is given up", || list(&place).contains("  dead ").then_some(()));
    service.stop().succeeded();
    place.change("secrets.key", new);
    place.change("secrets.previous_keys", old);

    let told = place.run(&["secrets", "rotate"]).succeeded();

    assert!(told.contains("letters that wait or were given up, sealed anew: 1\n"), "{told}");
    assert!(told.contains("needs the former keys any more"), "{told}");
    assert!(!place.run(&["secrets", "rotate"]).succeeded().contains("letters that wait"), "once is enough");
    place.change("secrets.previous_keys", "");
    let listener = TcpListener::bind(address).unwrap();
    assert_eq!(place.run(&["mail", "retry", "--all"]).succeeded(), "mails that are tried again: 1\n");
    let service = place.serve();
    assert!(recipients(&listener)[0].contains("<ada@example.test>"));
    service.stop().succeeded();
}
