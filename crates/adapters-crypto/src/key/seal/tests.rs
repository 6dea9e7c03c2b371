use muster_domain::port::Keyring;
use secrecy::ExposeSecret;

use super::*;
use crate::RootKey;

const PLACE: SealContext<'static> = SealContext { table: "factors", row: "r1", column: "secret" };

fn keys(current: u8, previous: &[u8]) -> Keys {
    use base64::Engine as _;
    let root = |fill: u8| RootKey::parse(&base64::engine::general_purpose::STANDARD.encode([fill; 32])).unwrap();
    Keys::new(root(current), previous.iter().map(|fill| root(*fill)).collect()).unwrap()
}

fn sealed(keys: &Keys) -> Sealed {
    keys.seal(SealPurpose::Factor, PLACE, b"a secret of somebody").unwrap()
}

#[test]
fn what_is_sealed_opens_in_its_place_under_former_keys_too() {
    let sealed = sealed(&keys(1, &[]));

    for keys in [keys(1, &[]), keys(2, &[1])] {
        let opened = keys.open(SealPurpose::Factor, PLACE, &sealed).unwrap();
        assert_eq!(opened.expose_secret(), b"a secret of somebody");
    }
}

#[test]
fn it_opens_nowhere_else() {
    let keys = keys(1, &[]);
    let sealed = sealed(&keys);

    let elsewhere = [
        (SealPurpose::Outbox, PLACE),
        (SealPurpose::Factor, SealContext { table: "outbox", ..PLACE }),
        (SealPurpose::Factor, SealContext { row: "r2", ..PLACE }),
        (SealPurpose::Factor, SealContext { column: "pending", ..PLACE }),
        (SealPurpose::Factor, SealContext { table: "factorsr", row: "1", ..PLACE }),
    ];
    for (purpose, place) in elsewhere {
        assert!(matches!(keys.open(purpose, place, &sealed), Err(SealError::Forged)), "{purpose:?} {place:?}");
    }
}

#[test]
fn a_changed_or_cut_value_does_not_open() {
    let keys = keys(1, &[]);
    let sealed = sealed(&keys);

    for at in 0..sealed.bytes.len() {
        let mut changed = sealed.clone();
        changed.bytes[at] ^= 1;
        assert!(matches!(keys.open(SealPurpose::Factor, PLACE, &changed), Err(SealError::Forged)));
        let cut = Sealed { bytes: sealed.bytes[..at].to_vec(), ..sealed.clone() };
        assert!(matches!(keys.open(SealPurpose::Factor, PLACE, &cut), Err(SealError::Forged)));
    }
}

#[test]
fn a_missing_key_is_named() {
    let sealed = sealed(&keys(1, &[]));

    let refused = keys(2, &[3]).open(SealPurpose::Factor, PLACE, &sealed).unwrap_err();

    let wanted = keys(1, &[]).current();
    assert!(matches!(refused, SealError::KeyMissing(key) if key == wanted));
}

#[test]
fn equal_values_are_sealed_unlike_and_show_nothing() {
    let keys = keys(1, &[]);
    let (one, other) = (sealed(&keys), sealed(&keys));

    assert_ne!(one.bytes, other.bytes);
    assert_ne!(one.bytes[..NONCE], other.bytes[..NONCE]);
    assert!(!one.bytes.windows(6).any(|window| window == b"secret"));
    assert_eq!(format!("{one:?}"), format!("Sealed({}, …)", keys.current().as_str()));
}
