//! Locks, known devices, and accounts of unusual kinds.

use super::*;
use crate::mail::MailKind;

/// Signs in from a browser that shows a device's token, or can keep one.
async fn from_browser(bench: &Bench, password: &str, device: Option<&Token>) -> Result<Opened, SignInError> {
    let claim = Claim {
        device: device.cloned(),
        keeps_device: true,
        ..Claim::new(text_login("ada"), "ada".into(), Password::from(password.to_owned()))
    };
    bench.sign_ins.sign_in(granted(&Actor::Nobody), claim, &fixture::client(), &origin()).await
}

#[tokio::test]
async fn strangers_do_not_lock_somebody_out_of_a_known_device() {
    let bench = Bench::default();
    bench.register("ada").await;
    let device = from_browser(&bench, RIGHT, None).await.unwrap().device.unwrap();
    for _ in 0..4 {
        let _ = bench.sign_in("ada", "nope").await;
    }
    assert!(matches!(bench.sign_in("ada", RIGHT).await, Err(SignInError::Locked(_))));
    assert!(matches!(from_browser(&bench, RIGHT, Some(&Token::from_random([9; 16]))).await, Err(SignInError::Locked(_))));

    let opened = from_browser(&bench, RIGHT, Some(&device)).await.unwrap();

    assert!(opened.device.is_none(), "it is known already");
}

#[tokio::test]
async fn a_known_device_has_no_more_tries_than_anybody() {
    let bench = Bench::default();
    bench.register("ada").await;
    let device = from_browser(&bench, RIGHT, None).await.unwrap().device.unwrap();
    for _ in 0..3 {
        assert!(matches!(from_browser(&bench, "nope", Some(&device)).await, Err(SignInError::InvalidCredentials)), "at the account");
    }
    for _ in 0..3 {
        assert!(matches!(from_browser(&bench, "nope", Some(&device)).await, Err(SignInError::InvalidCredentials)), "at the device");
    }
    assert!(matches!(from_browser(&bench, RIGHT, Some(&device)).await, Err(SignInError::Locked(_))));
}

/// Strangers have used up the tries of every name, once it is switched on.
#[derive(Default)]
struct NamesUsedUp(std::sync::atomic::AtomicBool);

impl crate::limit::RateLimits for NamesUsedUp {
    fn take(&self, counted: Counted, _: Whose<'_>) -> Option<crate::limit::Standing> {
        let second = Duration::from_secs(1);
        let refused = crate::limit::Standing { limit: 1, remaining: 0, reset_after: second, retry_after: Some(second) };
        (counted == Counted::SignInsByAccount && self.0.load(std::sync::atomic::Ordering::SeqCst)).then_some(refused)
    }
}

#[tokio::test]
async fn strangers_do_not_use_up_the_tries_of_a_known_device() {
    let limits = Arc::<NamesUsedUp>::default();
    let bench = Bench::new(account_rules(), sign_in_rules(), limits.clone());
    bench.register("ada").await;
    let device = from_browser(&bench, RIGHT, None).await.unwrap().device.unwrap();
    limits.0.store(true, std::sync::atomic::Ordering::SeqCst);

    from_browser(&bench, RIGHT, Some(&device)).await.unwrap();

    let unknown = Token::from_random([9; 16]);
    // Whoever makes a device up does not reach the one writer.
    bench.faults.begins.store(u32::MAX, std::sync::atomic::Ordering::SeqCst);
    for _ in 0..5 {
        assert!(matches!(from_browser(&bench, RIGHT, Some(&unknown)).await, Err(SignInError::TooMany(_))));
    }
    bench.faults.begins.store(0, std::sync::atomic::Ordering::SeqCst);
    limits.0.store(false, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(bench.sign_in("ada", RIGHT).await.unwrap().user.failed_attempts, 0, "what was refused did not count");
}

/// Counts the tries of names.
#[derive(Default)]
struct Names(std::sync::atomic::AtomicU32);

impl Names {
    fn tries(&self) -> u32 {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}

impl crate::limit::RateLimits for Names {
    fn take(&self, counted: Counted, _: Whose<'_>) -> Option<crate::limit::Standing> {
        self.0.fetch_add(u32::from(counted == Counted::SignInsByAccount), std::sync::atomic::Ordering::SeqCst);
        None
    }
}

#[tokio::test]
async fn who_gets_no_place_has_used_no_try_of_his_name_and_who_needs_none_has() {
    let names = Arc::<Names>::default();
    let bench = Bench::new(account_rules(), sign_in_rules(), names.clone());
    bench.register("ada").await;
    let device = from_browser(&bench, RIGHT, None).await.unwrap().device.unwrap();
    bench.passwords.is_crowded.store(true, Ordering::SeqCst);
    let before = names.tries();

    for name in ["ada", "nobody"] {
        assert!(matches!(bench.sign_in(name, RIGHT).await, Err(SignInError::Passwords(_))));
    }
    assert_eq!(names.tries(), before);

    from_browser(&bench, RIGHT, Some(&device)).await.unwrap();
    assert_eq!(names.tries(), before + 1, "his password was looked at");
    bench.passwords.is_crowded.store(false, Ordering::SeqCst);
    for name in ["ada", "nobody"] {
        let _ = bench.sign_in(name, "nope").await;
    }
    assert_eq!(names.tries(), before + 3);
}

#[tokio::test]
async fn an_overloaded_hasher_counts_no_try_of_a_device() {
    let bench = Bench::default();
    bench.register("ada").await;
    let device = from_browser(&bench, RIGHT, None).await.unwrap().device.unwrap();
    for _ in 0..3 {
        let _ = bench.sign_in("ada", "nope").await;
    }
    *bench.passwords.is_busy.lock().unwrap() = true;
    for _ in 0..5 {
        assert!(matches!(from_browser(&bench, RIGHT, Some(&device)).await, Err(SignInError::Passwords(_))));
    }
    *bench.passwords.is_busy.lock().unwrap() = false;
    from_browser(&bench, RIGHT, Some(&device)).await.unwrap();
}

#[tokio::test]
async fn who_is_known_on_other_devices_hears_of_a_new_one() {
    let bench = Bench::default();
    bench.register("ada").await;
    let device = from_browser(&bench, RIGHT, None).await.unwrap().device.unwrap();
    from_browser(&bench, RIGHT, Some(&device)).await.unwrap();
    bench.sign_in("ada", RIGHT).await.unwrap();
    assert!(bench.letters().await.iter().all(|letter| letter.kind != MailKind::NewDevice), "the first one, known, or not to be known");

    from_browser(&bench, RIGHT, None).await.unwrap();

    let letter = bench.letters().await.pop().unwrap();
    assert_eq!((letter.kind, letter.detail), (MailKind::NewDevice, Some(fixture::client().user_agent)));
}

#[tokio::test]
async fn a_crowd_of_strangers_is_not_before_somebody_on_a_known_device() {
    let bench = Bench::default();
    bench.register("ada").await;
    let device = from_browser(&bench, RIGHT, None).await.unwrap().device.unwrap();
    bench.passwords.is_crowded.store(true, std::sync::atomic::Ordering::SeqCst);

    from_browser(&bench, RIGHT, Some(&device)).await.unwrap();

    for stranger in [None, Some(&Token::from_random([9; 16]))] {
        assert!(matches!(from_browser(&bench, RIGHT, stranger).await, Err(SignInError::Passwords(_))));
    }
}

#[tokio::test]
async fn no_device_is_known_where_the_operator_wants_none() {
    let bench = Bench::new(account_rules(), SignInRules { knows_devices: false, ..sign_in_rules() }, Arc::new(crate::limit::Unlimited));
    bench.register("ada").await;
    assert!(from_browser(&bench, RIGHT, None).await.unwrap().device.is_none());
}

#[tokio::test]
async fn names_that_nobody_has_are_locked_like_accounts() {
    let bench = Bench::default();
    bench.register("ada").await;
    bench.put(User { identity: sso(), ..fixture::user("s", "sso") }).await;
    let mut told = Vec::new();
    for name in ["ada", "nobody", "sso"] {
        let mut answers = Vec::new();
        for _ in 0..5 {
            answers.push(bench.sign_in(name, "nope").await.unwrap_err().to_string());
        }
        bench.clock.advance(FIRST_LOCK);
        for _ in 0..2 {
            let Err(error) = bench.sign_in(name, "nope").await else { panic!("let in") };
            answers.push(format!("{error:?}"));
        }
        told.push(answers);
    }
    assert_eq!(told[0], told[1], "an account and nobody's");
    assert_eq!(told[0], told[2], "one that signs in elsewhere");
    assert!(told[0][6].contains("Locked(Some(120s))"), "{told:?}");
}

fn sso() -> crate::user::ExternalIdentity {
    crate::user::ExternalIdentity { service: "gitlab".into(), subject: Some("x".into()) }
}

#[tokio::test]
async fn a_lock_for_ever_names_no_time() {
    let lock = LockRules::for_ever(2);
    let bench = Bench::new(account_rules(), SignInRules { lock, ..sign_in_rules() }, Arc::new(crate::limit::Unlimited));
    bench.register("ada").await;
    for _ in 0..2 {
        let _ = bench.sign_in("ada", "nope").await;
    }
    bench.clock.advance(Duration::from_hours(24 * 365));
    assert!(matches!(bench.sign_in("ada", RIGHT).await, Err(SignInError::Locked(None))));
    assert_eq!(LockRules::for_ever(1).lock_after(30), LockRules::for_ever(1).lock_after(1));
}

/// CVE-2026-0999: an account that signs in elsewhere is not let in with a password, whatever names it.
#[tokio::test]
async fn each_name_of_an_account_meets_the_same_rule() {
    let bench = Bench::default();
    bench.put(User { identity: sso(), ..fixture::user("s", "sso") }).await;
    for login in [LoginName::Text("sso".into()), LoginName::Text("sso@example.test".into()), LoginName::Id(fixture::id("s"))] {
        let claim = Claim::new(Some(login.clone()), "x".into(), Password::from(RIGHT.to_owned()));
        let told = bench.sign_ins.sign_in(granted(&Actor::Nobody), claim, &fixture::client(), &origin()).await;
        assert!(matches!(told, Err(SignInError::InvalidCredentials)), "{login:?}");
    }
}

/// CVE-2024-39836: neither accounts of other servers nor bots get a session, even with a right password.
#[tokio::test]
async fn accounts_that_nobody_signs_in_to_get_no_session() {
    let bench = Bench::default();
    bench.put(User { remote_id: Some("far".into()), ..fixture::user("r", "remote") }).await;
    let robot = User { bot: Some(crate::user::Bot::default()), ..fixture::user("b", "robot") };
    put(&bench.store, robot, Some("hash of Passw0rd!x")).await;
    assert!(matches!(bench.sign_in("remote", RIGHT).await, Err(SignInError::Remote)));
    assert!(matches!(bench.sign_in("robot", RIGHT).await, Err(SignInError::Bot)));
    assert!(bench.store.sessions().is_empty());
}

#[tokio::test]
async fn an_address_is_verified_first_where_the_operator_wants_it() {
    let rules = SignInRules { needs_verified_email: true, ..sign_in_rules() };
    let bench = Bench::new(account_rules(), rules, Arc::new(crate::limit::Unlimited));
    bench.put(User { is_email_verified: false, ..fixture::user("a", "ada") }).await;
    bench.put(User { is_email_verified: true, ..fixture::user("b", "bob") }).await;
    for _ in 0..5 {
        assert!(matches!(bench.sign_in("ada", RIGHT).await, Err(SignInError::Unverified)), "right passwords do not lock");
    }
    assert!(matches!(bench.sign_in("ada", "nope").await, Err(SignInError::InvalidCredentials)), "told after the password alone");
    bench.sign_in("bob", RIGHT).await.unwrap();
}

/// A directory that knows one password, and counts how often it is asked.
#[derive(Default)]
struct Directory(std::sync::atomic::AtomicU32);

impl Directory {
    fn binds(&self) -> u32 {
        self.0.load(std::sync::atomic::Ordering::SeqCst)
    }
}

#[async_trait::async_trait]
impl crate::provider::Providers for Directory {
    async fn link_address(&self, _: crate::provider::Provider, _: &User) -> Result<Option<String>, crate::provider::ProviderError> {
        Ok(None)
    }

    fn has_directory(&self) -> bool {
        true
    }

    async fn bind(&self, name: &str, password: &Password) -> Result<crate::provider::Bound, crate::provider::ProviderError> {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let is_right = name == "cn=ada" && password.expose() == "directory";
        Ok(if is_right { crate::provider::Bound::Right { subject: name.into() } } else { crate::provider::Bound::Wrong })
    }
}

/// The directory, and use cases that ask it.
fn with_directory() -> (Arc<Directory>, Bench) {
    let directory = Arc::<Directory>::default();
    let providers = directory.clone();
    (directory, Bench::on(account_rules(), sign_in_rules(), |ports| ports.providers = providers))
}

/// CVE-2025-31947: nobody locks an account in the directory through us.
#[tokio::test]
async fn the_directory_is_not_asked_beyond_our_own_limit() {
    let (directory, bench) = with_directory();
    let identity = crate::user::ExternalIdentity { service: "ldap".into(), subject: Some("cn=ada".into()) };
    put(&bench.store, User { identity, ..fixture::user("a", "ada") }, None).await;
    bench.sign_in("ada", "directory").await.unwrap();

    for _ in 0..10 {
        let _ = bench.sign_in("ada", "nope").await;
    }

    assert_eq!(directory.binds(), 1 + 3);
    assert!(matches!(bench.sign_in("ada", "directory").await, Err(SignInError::Locked(_))));
    bench.clock.advance(FIRST_LOCK);
    bench.sign_in("ada", "directory").await.unwrap();
}

/// CVE-2025-31947: who goes over to the directory guesses there no oftener either, even if several of his tries passed us at once.
#[tokio::test]
async fn the_directory_is_not_asked_for_a_locked_account_that_goes_over_to_it() {
    let (directory, bench) = with_directory();
    let ada = bench.register("ada").await;
    let bind = async |password: &str| bench.sign_ins.bind_for(&ada, "cn=ada", &Password::from(password.to_owned()), &origin()).await;

    for _ in 0..10 {
        assert!(bind("nope").await.is_err());
    }

    assert_eq!(directory.binds(), 3);
    assert!(matches!(bind("directory").await, Err(SignInError::Locked(_))));
}
