//! Whether a store belongs to a key: a wrong key would end every session and never say why.

use crate::port::{Keyring, Purpose};
use crate::store::{Store, StoreError};

/// The name under which the store keeps the value that tells.
const NAME: &str = "key_check";
/// The text whose keyed hash is kept.
const TEXT: &str = "muster";

/// What the value tells of the keys at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyCheck {
    /// The store is new, and now belongs to the current key.
    New,
    /// The store belongs to the current key.
    Current,
    /// The store belonged to a former key, and now belongs to the current one.
    Rotated,
    /// The store belongs to a key that is not at hand.
    Foreign,
}

/// Compares a store's value with the keys, and moves it to the current one.
///
/// # Errors
///
/// [`StoreError`] when the value can't be read or moved.
pub async fn verify(store: &dyn Store, keys: &dyn Keyring) -> Result<KeyCheck, StoreError> {
    let current = keys.digest(Purpose::Check, TEXT);
    let mut held = store.read().await?.service().get(NAME).await?;
    if held.is_none() {
        let mut work = store.begin().await?;
        if work.service().latch(NAME, current.value()).await? {
            work.commit().await?;
            return Ok(KeyCheck::New);
        }
        // Another node was first, perhaps under another key.
        held = work.service().get(NAME).await?;
    }
    let told = match held.as_deref() {
        Some(value) if value == current.value() => KeyCheck::Current,
        Some(value) if keys.matches(Purpose::Check, TEXT, value) => KeyCheck::Rotated,
        Some(_) | None => KeyCheck::Foreign,
    };
    if told == KeyCheck::Rotated {
        let mut work = store.begin().await?;
        work.service().put(NAME, current.value()).await?;
        work.commit().await?;
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::fake::PlainKeyring;
    use crate::testkit::memory::MemoryStore;

    #[tokio::test]
    async fn of_two_nodes_with_keys_of_their_own_one_starts() {
        let store = MemoryStore::default();
        let (one, other) = (PlainKeyring { keys: vec!["k1"] }, PlainKeyring { keys: vec!["k2"] });
        let (first, second) = tokio::join!(verify(&store, &one), verify(&store, &other));
        let told = [first.unwrap(), second.unwrap()];
        assert!(told.contains(&KeyCheck::New) && told.contains(&KeyCheck::Foreign), "{told:?}");
    }

    #[tokio::test]
    async fn a_store_follows_its_keys_and_refuses_foreign_ones() {
        let store = MemoryStore::default();
        let check = async |keys: &[&'static str]| verify(&store, &PlainKeyring { keys: keys.to_vec() }).await.unwrap();

        assert_eq!(check(&["k1"]).await, KeyCheck::New);
        assert_eq!(check(&["k1"]).await, KeyCheck::Current);
        assert_eq!(check(&["k2"]).await, KeyCheck::Foreign);
        assert_eq!(check(&["k2", "k1"]).await, KeyCheck::Rotated);
        assert_eq!(check(&["k1"]).await, KeyCheck::Foreign);
        assert_eq!(check(&["k2"]).await, KeyCheck::Current);
    }
}
