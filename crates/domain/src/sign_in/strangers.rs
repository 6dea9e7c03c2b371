//! Wrong passwords of names that nobody has: they end as those of an account do, so that nobody learns by it which accounts there are.

use std::sync::{Mutex, PoisonError};

use crate::credential::Digest;
use crate::store::LockRules;
use crate::time::Timestamp;

/// Names that are remembered at once; of two that fall on one place, the later one counts. Memory is bounded whoever tries.
const PLACES: usize = 1 << 14;

/// Counts tries at names that nobody has, in this node's memory.
pub(super) struct Strangers {
    places: Mutex<Vec<Option<Stranger>>>,
}

struct Stranger {
    /// A keyed hash of the name: nobody can aim at another's place.
    name: String,
    tries: u32,
    locked_until: Timestamp,
}

impl Strangers {
    pub(super) fn new() -> Self {
        Self { places: Mutex::new(Vec::new()) }
    }

    /// Counts a try; tells until when the name is locked if it may not be tried now.
    pub(super) fn attempt(&self, name: &Digest, rules: &LockRules, now: Timestamp) -> Option<Timestamp> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        if places.is_empty() {
            places.resize_with(PLACES, || None);
        }
        let place = places.get_mut(place(name.value()))?;
        let stranger = match place {
            Some(known) if known.name == name.value() => known,
            other => other.insert(Stranger { name: name.value().to_owned(), tries: 0, locked_until: Timestamp::NEVER }),
        };
        if stranger.tries >= rules.limit && stranger.locked_until > now {
            return Some(stranger.locked_until);
        }
        stranger.tries = stranger.tries.saturating_add(1);
        if let Some(lock) = rules.lock_after(stranger.tries) {
            stranger.locked_until = now.after(lock);
        }
        None
    }
}

/// Where a hash falls: its text is as good as random.
fn place(hash: &str) -> usize {
    hash.bytes().take(8).fold(0_usize, |sum, byte| sum.wrapping_mul(131).wrapping_add(usize::from(byte))) % PLACES
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::credential::KeyId;
    use crate::testkit::fixture::BORN;

    fn name(text: &str) -> Digest {
        Digest::new(KeyId::new("k"), text.to_owned())
    }

    #[test]
    fn a_name_is_locked_after_the_limit_for_longer_each_time() {
        let (strangers, rules) = (Strangers::new(), LockRules::after(3));
        for _ in 0..3 {
            assert_eq!(strangers.attempt(&name("a"), &rules, BORN), None);
        }
        let minute = BORN.after(Duration::from_mins(1));
        assert_eq!(strangers.attempt(&name("a"), &rules, BORN), Some(minute));
        assert_eq!(strangers.attempt(&name("b"), &rules, BORN), None);
        assert_eq!(strangers.attempt(&name("a"), &rules, minute), None);
        assert_eq!(strangers.attempt(&name("a"), &rules, minute), Some(minute.after(Duration::from_mins(2))));
    }

    #[test]
    fn memory_is_bounded_whoever_tries() {
        let (strangers, rules) = (Strangers::new(), LockRules::after(3));
        for n in 0..100_000 {
            strangers.attempt(&name(&format!("{n:08}")), &rules, BORN);
        }
        assert_eq!(strangers.places.lock().unwrap().len(), PLACES);
    }
}
