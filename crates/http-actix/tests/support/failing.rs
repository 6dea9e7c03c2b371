//! A store that fails when it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use async_trait::async_trait;
use muster_domain::store::{Reading, Store, StoreError, UnitOfWork};

/// How a store fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Failure {
    /// Not at all.
    None,
    /// It does not answer.
    Away,
    /// It answers nonsense.
    Corrupt,
    /// It can be looked at, but not written to.
    ReadOnly,
}

/// A store on a real one.
pub(crate) struct Failing {
    real: Arc<dyn Store>,
    failure: AtomicU8,
}

impl Failing {
    pub(crate) fn new(real: Arc<dyn Store>) -> Self {
        Self { real, failure: AtomicU8::new(Failure::None as u8) }
    }

    pub(crate) fn fails(&self, failure: Failure) {
        self.failure.store(failure as u8, Ordering::SeqCst);
    }

    fn check(&self, is_write: bool) -> Result<(), StoreError> {
        let is = |failure: Failure| self.failure.load(Ordering::SeqCst) == failure as u8;
        if is(Failure::Corrupt) {
            return Err(StoreError::Corrupt { table: "users", source: "a row of nonsense".into() });
        }
        let is_away = is(Failure::Away) || is_write && is(Failure::ReadOnly);
        if is_away { Err(StoreError::Unavailable("the wire is cut".into())) } else { Ok(()) }
    }
}

#[async_trait]
impl Store for Failing {
    async fn read(&self) -> Result<Box<dyn Reading>, StoreError> {
        self.check(false)?;
        self.real.read().await
    }

    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        self.check(true)?;
        self.real.begin().await
    }

    async fn tend(&self) -> Result<bool, StoreError> {
        self.check(true)?;
        self.real.tend().await
    }
}
