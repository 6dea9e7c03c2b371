//! What keeps Muster's secrets: password hashes, keyed hashes of tokens, sealed values, second factors, randomness, and the time.
//!
//! Implements the ports [`Passwords`](muster_domain::port::Passwords), [`Keyring`](muster_domain::port::Keyring),
//! [`Sealer`](muster_domain::port::Sealer), [`FactorCodes`](muster_domain::port::FactorCodes),
//! [`Randomness`](muster_domain::port::Randomness) and [`Clock`](muster_domain::port::Clock). Knows no store, no HTTP and
//! no settings: whoever builds it hands in keys and numbers. Start reading at [`ArgonPasswords`] and [`Keys`].

mod clock;
mod factor;
mod guess;
mod key;
mod password;
mod random;

pub use clock::SystemClock;
pub use factor::TotpCodes;
pub use guess::EstimatedGuesses;
pub use key::{InvalidRootKey, Keys, RootKey};
pub use password::{ArgonOptions, ArgonPasswords, CostError, OptionsError};
pub use random::{NoRandomness, SystemRandomness};
