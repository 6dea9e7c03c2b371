use muster_domain::credential::Token;
use muster_domain::testkit::fixture::{BORN, user};

use super::*;

fn writer() -> Writer {
    Writer::new("https://chat.example.test/sub/", "Crew", &Locale::parse("en").unwrap()).unwrap()
}

fn letter(kind: MailKind, locale: &str) -> Letter {
    let letter = Letter::new(kind, &user("a", "ada"), BORN).with_detail("a <b>device</b>\r\nBcc: x@example.test".into());
    Letter { locale: Locale::parse(locale).unwrap(), ..letter.with_token(Token::presented("t0ken")) }
}

#[test]
fn every_kind_is_written_in_every_language() {
    for (kind, _) in MailKind::ALL {
        let mut subjects = std::collections::BTreeSet::new();
        for language in Language::ALL {
            let page = writer().write(&letter(kind, language.tag())).unwrap();
            for form in [&page.subject, &page.text, &page.html] {
                assert!(!form.contains(['{', '}']) || form == &page.html, "{form}");
            }
            assert!(page.subject.contains("Crew") && page.text.contains("ada"), "{}", page.text);
            subjects.insert(page.subject);
        }
        assert_eq!(subjects.len(), 5, "{kind:?}");
    }
}

#[test]
fn links_begin_with_the_site_and_carry_the_token() {
    for (kind, link) in [
        (MailKind::Reset, "https://chat.example.test/sub/reset_password_complete?token=t0ken"),
        (MailKind::Verification, "https://chat.example.test/sub/do_verify_email?token=t0ken&email=ada%40example.test"),
        (MailKind::MagicLink, "https://chat.example.test/sub/landing#/login/one_time_link?t=t0ken"),
        (MailKind::EmailLeft, "https://chat.example.test/sub/undo_email_change?token=t0ken"),
    ] {
        let page = writer().write(&letter(kind, "en")).unwrap();
        assert!(page.text.contains(link), "{}", page.text);
        let escaped = link.replace('&', "&#38;");
        assert!(page.html.contains(&format!("href=\"{escaped}\"")), "{}", page.html);
    }
}

#[test]
fn a_letter_without_a_token_has_no_link() {
    let page = writer().write(&Letter { token: None, ..letter(MailKind::EmailLeft, "en") }).unwrap();
    assert!(!page.text.contains("http") && !page.html.contains("href"), "{}", page.text);
}

#[test]
fn what_somebody_wrote_is_text_on_one_line() {
    let page = writer().write(&letter(MailKind::NewDevice, "en")).unwrap();
    assert!(!page.html.contains("<b>") && !page.text.contains("\nBcc"), "{}", page.text);
    let long = letter(MailKind::TokenMade, "en").with_detail("{user}".repeat(1_000));
    let page = writer().write(&long).unwrap();
    assert!(page.text.len() < 1_000 && page.text.contains("{user}{user}"), "{}", page.text);
}

#[test]
fn readers_of_other_languages_get_the_default() {
    let french = Writer::new("https://example.test", "", &Locale::parse("fr").unwrap()).unwrap();
    assert!(french.write(&letter(MailKind::Reset, "ko")).unwrap().subject.contains("mot de passe"));
    assert!(french.write(&letter(MailKind::Reset, "de")).unwrap().subject.contains("Passwort"));
    assert!(french.write(&letter(MailKind::Reset, "en-AU")).unwrap().subject.contains("password for example.test"));
}

#[test]
fn links_need_a_site() {
    for site in ["", "chat.example.test", "ftp://example.test", "https://"] {
        assert!(Writer::new(site, "", &Locale::default()).is_err(), "{site}");
    }
}
