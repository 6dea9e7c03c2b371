//! A store in which something happens right before somebody looks or begins for the nth time, or before he begins.

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
    /// What happens before the next unit of work.
    before_work: Mutex<Option<Happening>>,
}

impl Racing {
    pub(crate) fn new(real: Arc<dyn Store>) -> Self {
        Self { real, due: Mutex::default(), before_work: Mutex::default() }
    }

    /// Lets something happen, and be kept, right before the nth look at the store from now on.
    pub(crate) fn before_look(
        &self,
        nth: u32,
        happening: impl for<'a> FnOnce(&'a mut dyn UnitOfWork) -> BoxFuture<'a, ()> + Send + 'static,
    ) {
        *self.due.lock().unwrap() = Some((nth, Box::new(happening)));
    }

    /// Lets something happen, and be kept, right before the next unit of work begins.
    pub(crate) fn before_work(&self, happening: impl for<'a> FnOnce(&'a mut dyn UnitOfWork) -> BoxFuture<'a, ()> + Send + 'static) {
        *self.before_work.lock().unwrap() = Some(Box::new(happening));
    }

    pub(crate) fn has_happened(&self) -> bool {
        self.due.lock().unwrap().is_none() && self.before_work.lock().unwrap().is_none()
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

    async fn step(&self, happening: Option<Happening>) -> Result<(), StoreError> {
        let Some(happening) = happening else { return Ok(()) };
        let mut work = self.real.begin().await?;
        happening(&mut *work).await;
        work.commit().await
    }
}

#[async_trait]
impl Store for Racing {
    async fn read(&self) -> Result<Box<dyn Reading>, StoreError> {
        self.step(self.due()).await?;
        self.real.read().await
    }

    async fn begin(&self) -> Result<Box<dyn UnitOfWork>, StoreError> {
        self.step(self.due()).await?;
        let happening = self.before_work.lock().unwrap().take();
        self.step(happening).await?;
        self.real.begin().await
    }

    async fn tend(&self) -> Result<bool, StoreError> {
        self.real.tend().await
    }
}
