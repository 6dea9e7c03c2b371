//! Limits on tries, counted in this node's memory.
//!
//! Whose tries are counted is hashed, under a key of this process, into a fixed number of buckets: memory is bounded whoever
//! tries, and nobody can aim at another's bucket.

use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use muster_domain::limit::{Counted, RateLimits, Standing, Whose};

use crate::config::LimitsConfig;

/// Buckets of one limit.
const BUCKETS: u64 = 1 << 16;

type Limiter = RateLimiter<u64, DashMapStateStore<u64>, DefaultClock, StateInformationMiddleware>;

/// Limits in memory.
pub struct MemoryLimits {
    sign_ins_by_address: Limiter,
    sign_ins_by_account: Limiter,
    sign_ups_by_address: Limiter,
    unknown_tokens_by_address: Limiter,
    mails_by_address: Limiter,
    mails_by_recipient: Limiter,
    clock: DefaultClock,
    hasher: RandomState,
}

impl MemoryLimits {
    /// The limits an operator set.
    #[must_use]
    pub fn new(config: &LimitsConfig) -> Self {
        let (minute, hour) = (Duration::from_mins(1), Duration::from_hours(1));
        Self {
            sign_ins_by_address: limiter(config.sign_in_per_address_per_minute, minute),
            sign_ins_by_account: limiter(config.sign_in_per_account_per_minute, minute),
            sign_ups_by_address: limiter(config.sign_up_per_address_per_hour, hour),
            unknown_tokens_by_address: limiter(config.unknown_tokens_per_address_per_minute, minute),
            mails_by_address: limiter(config.mail_per_address_per_hour, hour),
            mails_by_recipient: limiter(config.mail_per_recipient_per_hour, hour),
            clock: DefaultClock::default(),
            hasher: RandomState::new(),
        }
    }

    /// Forgets buckets that are full again.
    pub fn prune(&self) {
        for limiter in self.all() {
            limiter.retain_recent();
        }
    }

    fn all(&self) -> [&Limiter; 6] {
        [
            &self.sign_ins_by_address,
            &self.sign_ins_by_account,
            &self.sign_ups_by_address,
            &self.unknown_tokens_by_address,
            &self.mails_by_address,
            &self.mails_by_recipient,
        ]
    }

    fn limiter(&self, counted: Counted) -> &Limiter {
        match counted {
            Counted::SignInsByAddress => &self.sign_ins_by_address,
            Counted::SignInsByAccount => &self.sign_ins_by_account,
            Counted::SignUpsByAddress => &self.sign_ups_by_address,
            Counted::UnknownTokensByAddress => &self.unknown_tokens_by_address,
            Counted::MailsByAddress => &self.mails_by_address,
            Counted::MailsByRecipient => &self.mails_by_recipient,
        }
    }

    fn bucket(&self, whose: Whose<'_>) -> u64 {
        let hash = match whose {
            Whose::Network(network) => self.hasher.hash_one(network),
            Whose::Account(name) => self.hasher.hash_one(name),
        };
        hash % BUCKETS
    }
}

/// So many tries at once, and as many more spread over a period.
fn limiter(tries: u32, period: Duration) -> Limiter {
    let burst = NonZeroU32::new(tries).unwrap_or(NonZeroU32::MIN);
    let quota = Quota::with_period(period / burst.get()).unwrap_or_else(|| Quota::per_second(burst)).allow_burst(burst);
    RateLimiter::dashmap(quota).with_middleware()
}

impl RateLimits for MemoryLimits {
    fn take(&self, counted: Counted, whose: Whose<'_>) -> Option<Standing> {
        let standing = match self.limiter(counted).check_key(&self.bucket(whose)) {
            Ok(state) => {
                let (limit, remaining) = (state.quota().burst_size().get(), state.remaining_burst_capacity());
                let reset_after = state.quota().replenish_interval() * (limit - remaining);
                Standing { limit, remaining, reset_after, retry_after: None }
            }
            Err(refused) => Standing {
                limit: refused.quota().burst_size().get(),
                remaining: 0,
                reset_after: refused.quota().burst_size_replenished_in(),
                retry_after: Some(refused.wait_time_from(self.clock.now())),
            },
        };
        Some(standing)
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv6Addr};

    use super::*;

    fn limits() -> MemoryLimits {
        MemoryLimits::new(&LimitsConfig {
            enabled: true,
            sign_in_per_address_per_minute: 3,
            sign_in_per_account_per_minute: 2,
            sign_up_per_address_per_hour: 1,
            unknown_tokens_per_address_per_minute: 1,
            mail_per_address_per_hour: 1,
            mail_per_recipient_per_hour: 1,
        })
    }

    fn take(limits: &MemoryLimits, counted: Counted, name: &str) -> Standing {
        limits.take(counted, Whose::Account(name)).unwrap()
    }

    #[test]
    fn tries_beyond_the_limit_are_told_when_to_come_back() {
        let limits = limits();
        assert_eq!(take(&limits, Counted::SignInsByAccount, "ada").remaining, 1);
        assert!(take(&limits, Counted::SignInsByAccount, "ada").is_allowed());
        let refused = take(&limits, Counted::SignInsByAccount, "ada");
        assert!(!refused.is_allowed());
        assert!(refused.retry_after.unwrap() <= Duration::from_secs(30));
        assert_eq!((refused.limit, refused.remaining), (2, 0));
    }

    #[test]
    fn limits_and_people_are_counted_apart() {
        let limits = limits();
        assert!(take(&limits, Counted::UnknownTokensByAddress, "ada").is_allowed());
        assert!(take(&limits, Counted::SignUpsByAddress, "ada").is_allowed());
        assert!(take(&limits, Counted::SignUpsByAddress, "bob").is_allowed());
        assert!(!take(&limits, Counted::SignUpsByAddress, "ada").is_allowed());
    }

    #[test]
    fn memory_is_bounded_whoever_tries() {
        let limits = limits();
        for n in 0..200_000_u128 {
            let _ = limits.take(Counted::SignInsByAddress, Whose::Network(IpAddr::V6(Ipv6Addr::from_bits(n << 64))));
        }
        assert!(limits.sign_ins_by_address.len() <= usize::try_from(BUCKETS).unwrap());
    }
}
