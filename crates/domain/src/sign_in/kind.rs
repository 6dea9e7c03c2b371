//! Telling how an account signs in.

use super::{SignInError, SignIns};
use crate::client::Client;
use crate::limit::{Counted, Whose};
use crate::permission::{Permit, operations};

impl SignIns {
    /// Lets somebody ask how an account signs in. It is the same of all accounts, and of nobody's: a password is asked for.
    ///
    /// # Errors
    ///
    /// [`SignInError::TooMany`] when this network asks too often.
    #[tracing::instrument(skip_all)]
    pub fn count_kind_asked(&self, _: &Permit<operations::GetLoginType>, client: &Client) -> Result<(), SignInError> {
        self.count(Counted::SignInsByAddress, Whose::Network(client.address.network()))
    }
}
