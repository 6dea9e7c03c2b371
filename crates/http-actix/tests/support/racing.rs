//! A store in which something happens right before somebody looks or begins for the nth time.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures_util::future::BoxFuture;
use muster_domain::store::{Reading, Store, StoreError, UnitOfWork};

/// What happens.
type Happening = Box<dyn for<'a> FnOnce(&'a mut dyn UnitOfWork) -> BoxFuture<'a, ()> + Send>;

/// A store on a real one.
pub(crate) struct Racing {
    real: Arc<dyn Store>,
    /// After how many more looks it happens, and what.
    due: Mutex<Option<(u32, Happening)>>,
}

impl Racing {
    pub(crate) fn new(real: Arc<dyn Store>) -> Self {
        Self { real, due: Mutex::default() }
    }

    /// Lets something happen, and be kept, right before the nth look at the store from now on.
    pub(crate) fn before_look(
        &self,
        nth: u32,
        happening: impl for<'a> FnOnce(&'a mut dyn UnitOfWork) -> BoxFuture<'a, ()> + Send + 'static,
    ) {
        *self.due.lock().unwrap() = Some((nth, Box::new(happening)));
    }

    pub(crate) fn has_happened(&self) -> bool {
        self.due.lock().unwrap().is_none()
    }

    fn due(&self) -> Option<Happening> {
        let mut due = self.due.lock().unwrap();
        let (left, happening) = due.take()?;
        if left == 1 {
            return Some(happening);
        }
        *due = Some((left - 1, happening));
        None
    }

    async fn step(&self) -> Result<(), StoreError> {
        let Some(happening) = self.due() else { return Ok(()) };
        let mut work = self.real.begin().await?;
        happening(&mut *work).await;
        work.commit().await
    }
}

#[async_trait]
impl Store for Racing {
    async fn read(&self) -> Result<Box<dyn Reading>, StoreError> {
        self.step().await?;
        self.real.read().await
    }

    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        self.step().await?;
        self.real.begin().await
    }

    async fn tend(&self) -> Result<bool, StoreError> {
        self.real.tend().await
    }
}
