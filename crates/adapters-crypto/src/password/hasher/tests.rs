use proptest::prelude::*;

use super::*;
use crate::password::recorder::CountingRecorder;

const SMALL: Cost = Cost { memory_kib: 64, passes: 1, lanes: 1 };
const SALT: [u8; 16] = *b"a salt of a test";
const TEXT: &str = "Passwørd 1";

/// Made with Python's hashlib, for `TEXT`.
const PBKDF2: &str = "$pbkdf2$f=SHA256,w=1000,l=32$AAECAwQFBgcICQoLDA0ODw$E/+p5Dsn8RlX7XLO0QS+7OIDOBCx+c9RKHSTlhT8KAY";
const LONG_PBKDF2: &str = "$pbkdf2$f=SHA256,w=1000,l=64$AAECAwQFBgcICQoLDA0ODw$E/+p5Dsn8RlX7XLO0QS+7OIDOBCx+c9RKHSTlhT8KAaF1Mq23UH5p51q/Z4tn7ArLW1WBbuDK6zpXQMeLEJ2DQ";
/// Made with the C library's crypt, for `TEXT` and for 72 letters p.
const BCRYPT: &str = "$2a$04$abcdefghijklmnopqrstuueR6CE1PHXxTZZsFOkA6BO4F7Ne4H6ny";
const LONGEST_BCRYPT: &str = "$2a$04$abcdefghijklmnopqrstuuNt.0ah97gHY3F7JC1Z6EXmQc0bQBhIO";
/// From the tests of Argon2's reference implementation, for `password`.
const ARGON2ID: &str = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
const TWO_LANES: &str = "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
const FIRST_VERSION: &str = "$argon2i$m=256,t=2,p=1$c29tZXNhbHQ$/U3YPXYsSb3q9XxHvc0MLxur+GP960kN9j7emXX8zwY";

fn hasher() -> Hasher {
    Hasher::new(SMALL).unwrap()
}

fn password(text: &str) -> Password {
    Password::from(text.to_owned())
}

fn verify(hasher: &mut Hasher, text: &str, stored: &str) -> Verdict {
    let stored = PasswordHash::from(stored.to_owned());
    hasher.verify(Some(&password(text)), Some(&stored), SALT).unwrap()
}

/// The fresh hash that a right password gets.
fn renewed(text: &str, stored: &str) -> String {
    match verify(&mut hasher(), text, stored) {
        Verdict::Right { renewed: Some(hash) } => hash.expose().to_owned(),
        other => panic!("{other:?} for {stored}"),
    }
}

fn is_wrong(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Wrong)
}

/// How many hashes of which kinds a check computes.
fn cost(password: Option<&Password>, stored: Option<&str>) -> Vec<(String, u64)> {
    let mut hasher = hasher();
    let stored = stored.map(|text| PasswordHash::from(text.to_owned()));
    let (verdict, counts) = CountingRecorder::during(|| hasher.verify(password, stored.as_ref(), SALT));
    assert!(is_wrong(&verdict.unwrap()));
    counts.into_iter().collect()
}

fn one(kind: &str) -> Vec<(String, u64)> {
    vec![(format!("muster_password_seconds {kind}"), 1)]
}

#[test]
fn a_new_hash_is_a_phc_string_that_its_password_alone_fits() {
    let mut hasher = hasher();

    let hash = hasher.hash(&password(TEXT), SALT).unwrap();

    assert!(hash.expose().starts_with("$argon2id$v=19$m=64,t=1,p=1$YSBzYWx0IG9mIGEgdGVzdA$"), "{}", hash.expose());
    assert!(matches!(verify(&mut hasher, TEXT, hash.expose()), Verdict::Right { renewed: None }));
    assert!(is_wrong(&verify(&mut hasher, "Passwørd 2", hash.expose())));
}

#[test]
fn foreign_hashes_fit_and_are_renewed() {
    let foreign = [
        (TEXT, PBKDF2),
        (TEXT, LONG_PBKDF2),
        (TEXT, BCRYPT),
        (TEXT, &BCRYPT.replace("$2a$", "$2b$")),
        (TEXT, &BCRYPT.replace("$2a$", "$2y$")),
        (&"p".repeat(72), LONGEST_BCRYPT),
        ("password", ARGON2ID),
        ("password", TWO_LANES),
        ("password", FIRST_VERSION),
    ];

    for (text, stored) in foreign {
        let fresh = renewed(text, stored);

        assert!(fresh.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{fresh}");
        assert!(matches!(verify(&mut hasher(), text, &fresh), Verdict::Right { renewed: None }));
        assert!(is_wrong(&verify(&mut hasher(), "another", stored)), "{stored}");
    }
}

#[test]
fn hashes_of_another_cost_are_renewed_whether_weaker_or_stronger() {
    for cost in [Cost { memory_kib: 32, ..SMALL }, Cost { passes: 2, ..SMALL }, Cost { memory_kib: 128, lanes: 2, ..SMALL }] {
        let stored = Hasher::new(cost).unwrap().hash(&password(TEXT), SALT).unwrap();

        renewed(TEXT, stored.expose());
    }
}

#[test]
fn costs_over_the_bounds_are_not_paid() {
    let too_costly = [
        ARGON2ID.replace("m=256", "m=262145"),
        ARGON2ID.replace("t=2", "t=17"),
        ARGON2ID.replace("p=1", "p=17"),
        ARGON2ID.replace("m=256,t=2", "m=262144,t=5"),
        ARGON2ID.replace("m=256,t=2,p=1", "m=4294967295,t=4294967295,p=4294967295"),
        BCRYPT.replace("$04$", "$15$"),
        BCRYPT.replace("$04$", "$31$"),
        PBKDF2.replace("w=1000", "w=2000001"),
        PBKDF2.replace("l=32", "l=65"),
    ];

    for stored in too_costly {
        assert_eq!(Stored::parse(&stored).unwrap_err(), Unusable::TooCostly, "{stored}");
        assert_eq!(cost(Some(&password("password")), Some(&stored)), one("argon2"));
    }
}

#[test]
fn costs_at_the_bounds_are_accepted() {
    let costly = [
        ARGON2ID.replace("m=256,t=2", "m=262144,t=4"),
        ARGON2ID.replace("t=2,p=1", "t=16,p=16"),
        BCRYPT.replace("$04$", "$14$"),
        PBKDF2.replace("w=1000", "w=2000000"),
    ];

    for stored in costly {
        assert!(Stored::parse(&stored).is_ok(), "{stored}");
    }
}

#[test]
fn texts_that_are_no_hash_fit_nothing() {
    let unusable = [
        String::new(),
        "$".to_owned(),
        TEXT.to_owned(),
        "$scrypt$ln=16,r=8,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4".to_owned(),
        ARGON2ID.replace("m=256,", ""),
        ARGON2ID.replace("p=1", "p=1,data=AAAA"),
        ARGON2ID.replace("t=2", "m=256"),
        ARGON2ID.replace("v=19", "v=18"),
        ARGON2ID.replace("m=256", "m=7"),
        BCRYPT.replace("$2a$", "$2x$"),
        BCRYPT.replace("$04$", "$03$"),
        BCRYPT[..59].to_owned(),
        PBKDF2.replace("SHA256", "SHA1"),
        PBKDF2.replace("w=1000", "w=0"),
        PBKDF2.replace("w=1000", "w=-1"),
        PBKDF2.replace("l=32", "l=31"),
        PBKDF2.replace(",l=32", ""),
        PBKDF2.replace("l=32", "l=32,x=1"),
        PBKDF2.replace("$f=", "$v=1$f="),
    ];

    for stored in unusable {
        assert!(matches!(Stored::parse(&stored), Err(Unusable::Unknown | Unusable::Malformed | Unusable::TooCostly)), "{stored}");
        assert_eq!(cost(Some(&password(TEXT)), Some(&stored)), one("argon2"), "{stored}");
    }
}

#[test]
fn an_unknown_account_costs_what_a_known_one_costs() {
    let known = hasher().hash(&password(TEXT), SALT).unwrap();
    let wrong = password("another");

    assert_eq!(cost(Some(&wrong), None), one("argon2"));
    assert_eq!(cost(Some(&wrong), Some(known.expose())), one("argon2"));
    assert_eq!(cost(None, None), one("argon2"));
    assert_eq!(cost(None, Some(known.expose())), one("argon2"));
}

#[test]
fn an_impossible_password_costs_what_a_wrong_one_costs() {
    for (stored, kind) in [(ARGON2ID, "argon2"), (BCRYPT, "bcrypt"), (PBKDF2, "pbkdf2")] {
        assert_eq!(cost(Some(&password("another")), Some(stored)), one(kind));
        assert_eq!(cost(None, Some(stored)), one(kind));
    }
}

#[test]
fn the_stand_in_for_a_password_opens_nothing() {
    let mut hasher = hasher();
    let taken = hasher.hash(&password(NOBODYS), SALT).unwrap();

    assert!(is_wrong(&hasher.verify(None, Some(&taken), SALT).unwrap()));
    assert!(is_wrong(&hasher.verify(Some(&password(NOBODYS)), None, SALT).unwrap()));
    assert!(is_wrong(&verify(&mut hasher, NOBODYS, "not a hash")));
}

/// Texts that look like hashes, cheap enough to be computed.
fn almost_a_hash() -> impl Strategy<Value = String> {
    let ids = "argon2id|argon2i|argon2d|pbkdf2|2a|2b|2y|[a-z0-9-]{1,8}";
    let parameters = "((v=[0-9]{1,2}\\$)?m=[0-9]{1,3},t=[0-9],p=[0-9]|f=SHA256,w=[0-9]{1,3},l=[0-9]{1,2}|04|[a-z0-9=,]{0,12})";
    let rest = "\\$[A-Za-z0-9+/.]{0,60}(\\$[A-Za-z0-9+/.é]{0,90})?";
    proptest::string::string_regex(&format!("\\$({ids})\\${parameters}{rest}")).unwrap()
}

proptest! {
    #[test]
    fn no_stored_text_makes_a_check_panic_or_fit(stored: String) {
        prop_assert!(is_wrong(&verify(&mut hasher(), TEXT, &stored)));
    }

    #[test]
    fn no_text_that_looks_like_a_hash_makes_a_check_panic_or_fit(stored in almost_a_hash()) {
        prop_assert!(is_wrong(&verify(&mut hasher(), TEXT, &stored)));
    }

    #[test]
    fn a_cut_or_changed_hash_never_panics(at in 0usize..64, with: char) {
        for whole in [ARGON2ID, BCRYPT, PBKDF2] {
            let at = at.min(whole.len() - 1);
            let changed = format!("{}{with}{}", &whole[..at], &whole[at + 1..]);
            for stored in [&whole[..at], &changed] {
                let _ = Stored::parse(stored);
            }
        }
    }

    #[test]
    fn every_password_fits_its_own_hash_alone(text in "\\PC{1,18}", other in "\\PC{1,18}", salt: [u8; 16]) {
        let mut hasher = hasher();
        let hash = hasher.hash(&password(&text), salt).unwrap();
        let is_right = matches!(verify(&mut hasher, &text, hash.expose()), Verdict::Right { renewed: None });
        prop_assert!(is_right);
        prop_assert_eq!(is_wrong(&verify(&mut hasher, &other, hash.expose())), other != text);
    }
}
