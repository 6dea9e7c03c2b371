use proptest::prelude::*;

use super::*;
use crate::SystemRandomness;

const PURPOSES: [Purpose; 6] =
    [Purpose::Session, Purpose::Csrf, Purpose::UnknownLogin, Purpose::OneTime, Purpose::GuestInvitation, Purpose::Check];

/// The bytes 0 to 31.
const COUNTING: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

fn root(fill: u8) -> RootKey {
    RootKey::parse(&base64::engine::general_purpose::STANDARD.encode([fill; 32])).unwrap()
}

fn keys(current: u8, previous: &[u8]) -> Keys {
    Keys::new(root(current), previous.iter().map(|fill| root(*fill)).collect()).unwrap()
}

#[test]
fn hashes_are_what_another_implementation_makes() {
    let keys = Keys::new(RootKey::parse(COUNTING).unwrap(), Vec::new()).unwrap();

    let values = PURPOSES.map(|purpose| keys.digest(purpose, "tökén").value().to_owned());

    // Made with Python's hmac and hashlib, HKDF written out after RFC 5869.
    assert_eq!(
        values,
        [
            "YmB3zYXuGy9EB1uXjoUs8aKL_vz6jSKlZiUaFf8TxvY",
            "ATH6d5-kma8oxpCafLbFvS9HkSNnNAimwA3PmvMkWBU",
            "KLEpUN3D9M6uGQ9yBzC7sEnyHJwY5EMPkGP5COXe5xE",
            "pwUHPxJ9sdeg86oE_cWFEmugyMGKxNZh-exWmX-y2ug",
            "bX2Ps_GeV1G_VsDwNremYlgeAN5aLcG_302ZSfohfGQ",
            "R9ntcxiUhkTGyRgbC836Z5Q3RZ922ZBQ2FzfxngsYvk",
        ]
    );
    assert_eq!(keys.current().as_str(), "607d45abda15");
}

#[test]
fn candidates_begin_with_the_current_key_and_keep_the_order() {
    let keys = keys(1, &[2, 3]);

    let candidates = keys.candidates(Purpose::Session, "token");

    assert_eq!(candidates[0], keys.digest(Purpose::Session, "token"));
    assert_eq!(candidates[1], self::keys(2, &[]).digest(Purpose::Session, "token"));
    assert_eq!(candidates[2], self::keys(3, &[]).digest(Purpose::Session, "token"));
    assert_eq!(candidates.len(), 3);
}

#[test]
fn a_key_that_is_given_twice_counts_once() {
    let keys = keys(1, &[2, 1, 2, 3, 1]);

    let ids: Vec<_> = keys.candidates(Purpose::Check, "").iter().map(|digest| digest.key().clone()).collect();

    assert_eq!(ids, [1, 2, 3].map(|fill| self::keys(fill, &[]).current()));
}

#[test]
fn former_keys_match_and_strange_ones_do_not() {
    let keys = keys(1, &[2]);
    let made_under = |fill: u8| self::keys(fill, &[]).digest(Purpose::Csrf, "session").value().to_owned();

    assert!(keys.matches(Purpose::Csrf, "session", &made_under(1)));
    assert!(keys.matches(Purpose::Csrf, "session", &made_under(2)));
    assert!(!keys.matches(Purpose::Csrf, "session", &made_under(3)));
    assert!(!keys.matches(Purpose::Csrf, "another", &made_under(1)));
    assert!(!keys.matches(Purpose::Session, "session", &made_under(1)));
}

#[test]
fn what_is_presented_must_be_the_whole_hash() {
    let keys = keys(1, &[]);
    let whole = keys.digest(Purpose::Csrf, "session").value().to_owned();

    for presented in ["", "=", &whole[..42], &format!("{whole}="), &format!("{whole}A"), &"A".repeat(100_000)] {
        assert!(!keys.matches(Purpose::Csrf, "session", presented), "{} bytes", presented.len());
    }
}

#[test]
fn keys_show_their_names_alone_when_debugged() {
    assert_eq!(format!("{:?}", Keys::new(RootKey::parse(COUNTING).unwrap(), Vec::new()).unwrap()), r#"Keys["607d45abda15"]"#);
}

#[test]
fn generated_roots_make_keyrings_of_their_own() {
    let randomness = SystemRandomness::new().unwrap();

    let one = Keys::new(RootKey::generate(&randomness), Vec::new()).unwrap();
    let other = Keys::new(RootKey::generate(&randomness), Vec::new()).unwrap();

    assert_ne!(one.current(), other.current());
}

proptest! {
    #[test]
    fn every_text_matches_its_own_hash_for_its_purpose_alone(text: String, presented: String) {
        let keys = keys(1, &[2]);
        for purpose in PURPOSES {
            let digest = keys.digest(purpose, &text);
            prop_assert_eq!(digest.key(), &keys.current());
            for other in PURPOSES {
                prop_assert_eq!(keys.matches(other, &text, digest.value()), other == purpose);
            }
            prop_assert!(!keys.matches(purpose, &text, &presented));
        }
    }
}
