//! Muster without a server: somebody signs up and in on adapters of your own. Here they are the testkit's, which keep
//! everything in memory; a product brings its store, its hasher and its clock.

use std::sync::Arc;

use muster_domain::accounts::Link;
use muster_domain::actor::Actor;
use muster_domain::limit::Unlimited;
use muster_domain::permission::permit;
use muster_domain::provider::NoProviders;
use muster_domain::sign_in::{Claim, text_login};
use muster_domain::testkit::fake::{Counting, FixedClock, MemoryFiles, PlainCodes, PlainKeyring, PlainPasswords, PlainPictures};
use muster_domain::testkit::{fixture, memory::MemoryStore, service};
use muster_domain::use_cases::{Ports, UseCases};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ports = Ports {
        store: Arc::new(MemoryStore::default()),
        keys: Arc::new(PlainKeyring::default()),
        sealer: Arc::new(PlainKeyring::default()),
        codes: Arc::new(PlainCodes),
        providers: Arc::new(NoProviders),
        passwords: Arc::new(PlainPasswords::default()),
        guesses: None,
        clock: Arc::new(FixedClock::default()),
        randomness: Arc::new(Counting::default()),
        limits: Arc::new(Unlimited),
        pictures: Arc::new(PlainPictures),
        files: Some(Arc::new(MemoryFiles::default())),
        sends_mail: false,
    };
    let muster = UseCases::new(&ports, service::account_rules(), service::sign_in_rules());
    let (nobody, client, origin) = (Actor::Nobody, fixture::client(), service::origin());

    let wanted = fixture::registration("ada");
    let ada = muster.accounts.register(permit(&nobody, None)?, &nobody, wanted, &Link::default(), &client, &origin).await?;
    let claim = Claim::new(text_login("ada"), "ada".into(), "Passw0rd!x".to_owned().into());
    let opened = muster.sign_ins.sign_in(permit(&nobody, None)?, claim, &client, &origin).await?;

    println!("{} signed in as {}, until {} ms", ada.username.as_str(), ada.roles, opened.session.expires_at.as_millis());
    Ok(())
}
