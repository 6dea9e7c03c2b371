//! The whole application on a fresh SQLite file: its clock stands, its ids count, and passwords cost nothing.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]
#![expect(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod ask;
pub(crate) mod reply;

use std::path::Path;
use std::sync::Arc;

use actix_web::web::Data;
use figment::Figment;
use figment::providers::{Format, Toml};
use muster_domain::mail::{Claim, Letter, Postbox};
use muster_domain::port::{Clock as _, Keyring, Passwords};
use muster_domain::store::Store;
use muster_domain::testkit::fake::{Counting, FixedClock, MemoryFiles, PlainPasswords, PlainPictures};
use muster_domain::testkit::fixture;
use muster_domain::user::User;
use muster_http_actix::app::Service;
use muster_http_actix::config::{self, Config};
use muster_http_actix::wiring::{self, Backend, Ports};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::OnceCell;

use ask::{Ask, Served};

/// The password of everybody in these tests.
pub(crate) const PASSWORD: &str = "Passw0rd!x";

/// The id of a request without the session it needs.
pub(crate) const EXPIRED: &str = "api.context.session_expired.app_error";
/// The id of an account that is not there.
pub(crate) const MISSING: &str = "app.user.missing_account.const";
/// The id of what the table does not allow.
pub(crate) const FORBIDDEN: &str = "api.context.permissions.app_error";
/// The id of a body without something it needs.
pub(crate) const BODY_PARAM: &str = "api.context.invalid_body_param.app_error";
/// The id of a path with a part of a wrong form.
pub(crate) const URL_PARAM: &str = "api.context.invalid_url_param.app_error";

/// What tests change of the defaults: anybody may sign up, as often as he likes, and hashes are cheap.
const BASE: &str = r#"
accounts.open_sign_up = true
accounts.refused_sign_in_ms = 0
limits.enabled = false
passwords = { memory_kib = 8, passes = 1, threads = 1, refuse_guessable = false }
mail = { verify_addresses = false, answer_floor_ms = 0 }
secrets.key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
"#;

/// An application of its own for one test.
pub(crate) struct TestApp {
    pub(crate) service: Data<Service>,
    pub(crate) config: Config,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) passwords: Arc<PlainPasswords>,
    pub(crate) files: Arc<MemoryFiles>,
    /// The application, set up by the first request.
    served: OnceCell<Served>,
    ports: Ports,
    /// Where everything lies, as settings.
    places: String,
    folder: TempDir,
}

/// Somebody who signed up and in.
pub(crate) struct Somebody {
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) name: String,
}

impl TestApp {
    /// With mail, which waits in the outbox.
    pub(crate) async fn mailing(toml: &str) -> Self {
        Self::on(toml, |_, ports| Ports { sends_mail: true, ..ports }).await
    }

    /// What the mails say that wait now; no later call gives them again.
    pub(crate) async fn letters(&self) -> Vec<Letter> {
        let now = self.clock.now();
        let claim = Claim { by: "letters".to_owned(), now, until: now.after(std::time::Duration::from_hours(1)), most: 1000 };
        let mut work = self.store().begin().await.unwrap();
        let claimed = work.outbox().claim(&claim).await.unwrap();
        work.commit().await.unwrap();
        let postbox = Postbox::new(&self.ports);
        claimed.iter().map(|mail| postbox.open(mail).unwrap()).collect()
    }

    /// Under the settings of [`BASE`].
    pub(crate) async fn new() -> Self {
        Self::with("").await
    }

    /// Under settings of its own, as lines of TOML.
    pub(crate) async fn with(toml: &str) -> Self {
        Self::on(toml, |_, ports| ports).await
    }

    /// With real hashes of passwords.
    pub(crate) async fn hashing() -> Self {
        Self::on("", |config, ports| {
            let keys = Arc::new(wiring::keys(config, None).unwrap());
            let real = wiring::ports(config, ports.store.clone(), keys, None).unwrap();
            Ports { passwords: real.passwords, ..ports }
        })
        .await
    }

    /// With ports of its own.
    pub(crate) async fn on(toml: &str, change: impl FnOnce(&Config, Ports) -> Ports) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).display().to_string();
        let places = format!("store.url = \"sqlite://{}\"\nfiles.folder = \"{}\"", at("muster.db"), at("files"));
        let config = read(&places, toml);
        let backend = Backend::open(&config).await.unwrap();
        backend.migrate().await.unwrap();
        let (clock, passwords, files) = (Arc::<FixedClock>::default(), Arc::<PlainPasswords>::default(), Arc::<MemoryFiles>::default());
        let keys = Arc::new(wiring::keys(&config, None).unwrap());
        let ports = Ports {
            store: backend.store(),
            keys: keys.clone(),
            sealer: keys,
            codes: Arc::new(muster_adapters_crypto::TotpCodes),
            providers: Arc::new(muster_domain::provider::NoProviders),
            passwords: passwords.clone() as Arc<dyn Passwords>,
            guesses: None,
            clock: clock.clone(),
            randomness: Arc::new(Counting::default()),
            limits: match wiring::limits(&config) {
                Some(limits) => limits,
                None => Arc::new(muster_domain::limit::Unlimited),
            },
            pictures: Arc::new(PlainPictures),
            files: Some(files.clone()),
            sends_mail: false,
        };
        let ports = change(&config, ports);
        let service = wiring::service(&config, ports.clone());
        Self { service, config, clock, passwords, files, served: OnceCell::new(), ports, places, folder }
    }

    /// The same people under other settings, as after a start of the program anew.
    pub(crate) fn under(self, toml: &str) -> Self {
        let config = read(&self.places, toml);
        let service = wiring::service(&config, self.ports.clone());
        Self { service, config, served: OnceCell::new(), ..self }
    }

    /// What everything is kept in.
    pub(crate) fn store(&self) -> &dyn Store {
        &*self.service.store
    }

    /// What hashes its tokens.
    pub(crate) fn keys(&self) -> &dyn Keyring {
        &*self.ports.keys
    }

    /// Begins a request.
    pub(crate) fn ask(&self, method: &str, path: &str) -> Ask<'_> {
        Ask::new(self, method, path)
    }

    pub(crate) fn get(&self, path: &str) -> Ask<'_> {
        self.ask("GET", path)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Ask<'_> {
        self.ask("POST", path).body(body.to_string())
    }

    pub(crate) fn put(&self, path: &str, body: &Value) -> Ask<'_> {
        self.ask("PUT", path).body(body.to_string())
    }

    /// Asks to be let in.
    pub(crate) fn login(&self, login_id: &str, password: &str) -> Ask<'_> {
        self.post("/api/v4/users/login", &json!({ "login_id": login_id, "password": password }))
    }

    /// Signs somebody up; the first of all is the admin.
    pub(crate) async fn sign_up(&self, name: &str) -> Value {
        let reply = self.post("/api/v4/users", &new_user(name)).send().await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()
    }

    /// Signs somebody in; gives the token.
    pub(crate) async fn sign_in(&self, name: &str) -> String {
        let reply = self.login(name, PASSWORD).send().await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.header("token").unwrap().to_owned()
    }

    /// Signs somebody up and in.
    pub(crate) async fn somebody(&self, name: &str) -> Somebody {
        let id = self.sign_up(name).await["id"].as_str().unwrap().to_owned();
        if self.service.sign_ins.rules().needs_verified_email {
            let mut work = self.store().begin().await.unwrap();
            let user = work.users().by_id(&id.parse().unwrap()).await.unwrap().unwrap();
            work.users().update(&User { is_email_verified: true, ..user }).await.unwrap();
            work.commit().await.unwrap();
        }
        Somebody { id, token: self.sign_in(name).await, name: name.to_owned() }
    }

    /// Puts an account of an unusual kind into the store, with the password of everybody.
    pub(crate) async fn insert(&self, name: &str, change: impl FnOnce(&mut User)) -> User {
        let mut user = fixture::user(name, name);
        user.is_email_verified = self.service.sign_ins.rules().needs_verified_email;
        change(&mut user);
        let mut work = self.store().begin().await.unwrap();
        work.users().insert(std::slice::from_ref(&user)).await.unwrap();
        work.credentials().insert(&[fixture::password(name, &format!("hash of {PASSWORD}"))]).await.unwrap();
        work.commit().await.unwrap();
        user
    }

    /// The audit, oldest first, as operation, outcome and reason.
    pub(crate) async fn audit(&self) -> Vec<String> {
        let mut entries = self.store().read().await.unwrap().audits().latest(1000).await.unwrap();
        entries.reverse();
        let line = |reason: Option<String>| reason.map_or_else(String::new, |reason| format!(" {reason}"));
        entries.into_iter().map(|entry| format!("{} {}{}", entry.operation, entry.outcome, line(entry.reason))).collect()
    }

    /// The files that everything is kept in, one after the other.
    pub(crate) fn dump(&self) -> Vec<u8> {
        let paths = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        paths.filter(|path| path.is_file()).flat_map(|path| std::fs::read(path).unwrap()).collect()
    }

    /// Whether a text is anywhere in the files that everything is kept in.
    pub(crate) fn keeps(&self, text: &str) -> bool {
        any_file_has(self.folder.path(), text.as_bytes())
    }
}

fn read(places: &str, toml: &str) -> Config {
    let sources = [config::DEFAULTS, BASE, places, toml];
    Config::read(&sources.iter().fold(Figment::new(), |sources, toml| sources.merge(Toml::string(toml)))).unwrap()
}

fn any_file_has(folder: &Path, text: &[u8]) -> bool {
    let mut paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.any(|path| {
        let is_in_file = || std::fs::read(&path).unwrap().windows(text.len()).any(|part| part == text);
        if path.is_dir() { any_file_has(&path, text) } else { is_in_file() }
    })
}

/// What somebody says who signs up.
pub(crate) fn new_user(name: &str) -> Value {
    json!({ "username": name, "email": format!("{name}@example.test"), "password": PASSWORD })
}
