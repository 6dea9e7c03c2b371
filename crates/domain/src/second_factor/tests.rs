//! Rules of second factors, from the secret to the sign-in.

use std::time::Duration;

use super::*;
use crate::credential::{Method, Password, Token};
use crate::permission::Forbidden;
use crate::sign_in::{Claim, Opened, SignInError, SignInRules, text_login};
use crate::testkit::fake::{PlainCodes, PlainKeyring};
use crate::testkit::fixture;
use crate::testkit::service::{Bench, account_rules, granted, origin, sign_in_rules};
use crate::user::{Bot, ExternalIdentity};

const RIGHT: &str = "Passw0rd!x";

/// Other bits than those of the bench whose store it shares.
#[derive(Default)]
struct High(std::sync::atomic::AtomicU64);

impl Randomness for High {
    fn bits(&self) -> [u8; 16] {
        let count = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        (u128::from(count) | 1 << 100).to_be_bytes()
    }
}

/// The same people under other rules or keys.
fn again(bench: &Bench, rules: SignInRules, keys: &[&'static str]) -> Bench {
    let store: Arc<dyn Store> = bench.store.clone();
    let (clock, keys) = (bench.clock.clone(), Arc::new(PlainKeyring { keys: keys.to_vec() }));
    Bench::on(account_rules(), rules, |ports| {
        (ports.store, ports.sealer, ports.keys, ports.clock) = (store, keys.clone(), keys, clock);
        ports.randomness = Arc::<High>::default();
    })
}

fn ada() -> UserId {
    fixture::id("ada")
}

fn bytes(enrolment: &Enrolment) -> Vec<u8> {
    let text = enrolment.secret.expose_secret().as_bytes();
    text.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

async fn bench() -> (Bench, Actor) {
    let bench = Bench::default();
    let ada = bench.person("ada", "system_user").await;
    (bench, ada)
}

async fn generate(bench: &Bench, actor: &Actor) -> Vec<u8> {
    bytes(&bench.second_factors.generate(actor, &ada(), &origin()).await.unwrap())
}

fn code(bench: &Bench, secret: &[u8]) -> String {
    PlainCodes::code(secret, bench.clock.now())
}

/// Generates a secret and activates it, then waits until its next code counts.
async fn activated(bench: &Bench, actor: &Actor) -> Vec<u8> {
    let secret = generate(bench, actor).await;
    bench.second_factors.activate(actor, &ada(), &code(bench, &secret), &origin()).await.unwrap();
    bench.clock.advance(Duration::from_mins(1));
    secret
}

async fn enter_by(bench: &Bench, login: &str, password: &str, code: &str) -> Result<Opened, SignInError> {
    let claim = Claim { code: code.to_owned(), ..Claim::new(text_login(login), login.to_owned(), Password::from(password.to_owned())) };
    bench.sign_ins.sign_in(granted(&Actor::Nobody), claim, &fixture::client(), &origin()).await
}

async fn enter(bench: &Bench, code: &str) -> Result<Opened, SignInError> {
    enter_by(bench, "ada", RIGHT, code).await
}

async fn codes(bench: &Bench, actor: &Actor) -> Vec<RecoveryCode> {
    bench.second_factors.new_recovery_codes(actor, &ada(), &origin()).await.unwrap()
}

#[tokio::test]
async fn a_secret_counts_once_a_code_of_it_was_shown() {
    let (bench, actor) = bench().await;
    let secret = generate(&bench, &actor).await;
    assert_eq!(secret.len(), 20);
    enter(&bench, "").await.unwrap();

    bench.second_factors.activate(&actor, &ada(), &format!(" {} ", code(&bench, &secret)), &origin()).await.unwrap();

    assert!(bench.held(&ada()).await.has_second_factor);
    assert!(matches!(enter(&bench, "").await, Err(SignInError::FactorNeeded)));
    assert!(matches!(enter(&bench, &code(&bench, &secret)).await, Err(SignInError::WrongCode)), "its activation has used it");
    bench.clock.advance(Duration::from_secs(30));
    let opened = enter(&bench, &code(&bench, &secret)).await.unwrap();
    assert_eq!(opened.session.methods, [Method::Password, Method::Totp]);
}

#[tokio::test]
async fn a_code_is_good_for_one_sign_in() {
    let (bench, actor) = bench().await;
    let secret = activated(&bench, &actor).await;
    let shown = code(&bench, &secret);

    enter(&bench, &shown).await.unwrap();

    assert!(matches!(enter(&bench, &shown).await, Err(SignInError::WrongCode)));
    let (one, other) = {
        bench.clock.advance(Duration::from_mins(1));
        let shown = code(&bench, &secret);
        futures_util::future::join(enter(&bench, &shown), enter(&bench, &shown)).await
    };
    assert!(one.is_ok() != other.is_ok(), "of two at once one is let in");
}

#[tokio::test]
async fn what_is_no_code_is_told_as_a_missing_one() {
    let (bench, actor) = bench().await;
    activated(&bench, &actor).await;
    assert!(matches!(enter(&bench, "abcdef").await, Err(SignInError::FactorNeeded)));
    assert!(matches!(enter(&bench, "12345678").await, Err(SignInError::WrongCode)));
    assert!(matches!(enter_by(&bench, "ada", "nope", "").await, Err(SignInError::InvalidCredentials)), "the password comes first");
}

#[tokio::test]
async fn a_new_secret_waits_while_the_old_one_counts() {
    let (bench, actor) = bench().await;
    let old = activated(&bench, &actor).await;

    let new = generate(&bench, &actor).await;

    assert!(matches!(enter(&bench, &code(&bench, &new)).await, Err(SignInError::WrongCode)));
    enter(&bench, &code(&bench, &old)).await.unwrap();
    bench.clock.advance(Duration::from_mins(1));
    bench.second_factors.activate(&actor, &ada(), &code(&bench, &new), &origin()).await.unwrap();
    bench.clock.advance(Duration::from_mins(1));
    assert!(matches!(enter(&bench, &code(&bench, &old)).await, Err(SignInError::WrongCode)));
    enter(&bench, &code(&bench, &new)).await.unwrap();
}

#[tokio::test]
async fn wrong_codes_lock_and_a_right_password_does_not_open() {
    let (bench, actor) = bench().await;
    let secret = activated(&bench, &actor).await;
    for _ in 0..3 {
        assert!(matches!(enter(&bench, "000000").await, Err(SignInError::WrongCode)));
        assert!(
            matches!(enter(&bench, "").await, Err(SignInError::FactorNeeded)),
            "a right password alone costs nothing and forgives nothing"
        );
    }

    assert!(matches!(enter(&bench, &code(&bench, &secret)).await, Err(SignInError::Locked(Some(_)))));

    assert_eq!(bench.held(&ada()).await.failed_attempts, 0, "wrong codes are no wrong passwords");
    bench.clock.advance(Duration::from_mins(1));
    enter(&bench, &code(&bench, &secret)).await.unwrap();
}

#[tokio::test]
async fn a_code_of_the_active_secret_shows_it_is_at_hand_where_none_waits() {
    let (bench, actor) = bench().await;
    let secret = activated(&bench, &actor).await;
    let activate = async |code: String| bench.second_factors.activate(&actor, &ada(), &code, &origin()).await;
    bench.letters().await;
    assert!(matches!(activate("000000".into()).await, Err(FactorError::BadCode)));

    activate(code(&bench, &secret)).await.unwrap();

    assert!(matches!(activate(code(&bench, &secret)).await, Err(FactorError::BadCode)), "each code once");
    assert!(bench.letters().await.is_empty(), "nothing has changed");
}

#[tokio::test]
async fn codes_that_activate_count_as_codes_that_sign_in_do() {
    let (bench, actor) = bench().await;
    let secret = generate(&bench, &actor).await;
    let activate = async |code: String| bench.second_factors.activate(&actor, &ada(), &code, &origin()).await;
    for _ in 0..3 {
        assert!(matches!(activate("000000".into()).await, Err(FactorError::BadCode)));
    }
    assert!(matches!(activate(code(&bench, &secret)).await, Err(FactorError::Locked)));
    bench.clock.advance(Duration::from_mins(1));
    activate(code(&bench, &secret)).await.unwrap();
}

#[tokio::test]
async fn a_recovery_code_stands_in_once() {
    let (bench, actor) = bench().await;
    activated(&bench, &actor).await;
    let codes = codes(&bench, &actor).await;
    assert_eq!(codes.len(), 10);

    let opened = enter(&bench, &codes[3].shown()).await.unwrap();

    assert_eq!(opened.session.methods, [Method::Password, Method::RecoveryCode]);
    assert!(matches!(enter(&bench, &codes[3].shown()).await, Err(SignInError::WrongCode)));
    enter(&bench, codes[4].expose()).await.unwrap();
    assert!(bench.audit().await.iter().any(|entry| entry.reason.as_deref() == Some("recovery code used")));
}

#[tokio::test]
async fn new_recovery_codes_end_the_old_ones_and_need_an_active_factor() {
    let (bench, actor) = bench().await;
    let refused = bench.second_factors.new_recovery_codes(&actor, &ada(), &origin()).await;
    assert!(matches!(refused, Err(FactorError::NotActive)));
    activated(&bench, &actor).await;
    let old = codes(&bench, &actor).await;

    let new = codes(&bench, &actor).await;

    assert!(matches!(enter(&bench, &old[0].shown()).await, Err(SignInError::WrongCode)));
    enter(&bench, &new[0].shown()).await.unwrap();
}

#[tokio::test]
async fn recovery_codes_are_their_holders_alone() {
    let (bench, actor) = bench().await;
    activated(&bench, &actor).await;
    let root = bench.person("root", "system_admin system_user").await;
    let refused = bench.second_factors.new_recovery_codes(&root, &ada(), &origin()).await;
    assert!(matches!(refused, Err(FactorError::Forbidden(Forbidden::NotOwn))));
}

#[tokio::test]
async fn switched_off_nothing_is_asked_for_and_nothing_is_left() {
    let (bench, actor) = bench().await;
    let secret = activated(&bench, &actor).await;
    let codes = codes(&bench, &actor).await;

    bench.second_factors.deactivate(&actor, &ada(), &origin()).await.unwrap();

    enter(&bench, "").await.unwrap();
    assert!(bench.store.read().await.unwrap().factors().of_user(&ada()).await.unwrap().is_empty());
    activated(&bench, &actor).await;
    assert!(matches!(enter(&bench, &codes[0].shown()).await, Err(SignInError::WrongCode)));
    assert!(matches!(enter(&bench, &code(&bench, &secret)).await, Err(SignInError::WrongCode)));
}

#[tokio::test]
async fn the_owners_change_of_an_active_factor_ends_his_other_sessions() {
    let (bench, _) = bench().await;
    let (this, _) = bench.session("ada").await;
    let other = bench.session("ada").await.1;
    let lives = async |token: &Token| bench.actor(token).await.user().is_some();

    activated(&bench, &this).await;
    assert!(lives(&other).await, "there was no factor to change");

    bench.second_factors.deactivate(&this, &ada(), &origin()).await.unwrap();
    assert!(!lives(&other).await);
    assert!(this.session_id().is_some_and(|id| bench.store.sessions().iter().any(|held| held.id == id && held.ended.is_none())));
}

#[tokio::test]
async fn an_admins_change_ends_no_session() {
    let (bench, actor) = bench().await;
    activated(&bench, &actor).await;
    let root = bench.person("root", "system_admin system_user").await;
    let secret = generate(&bench, &root).await;
    bench.second_factors.deactivate(&root, &ada(), &origin()).await.unwrap();
    let token = bench.session("ada").await.1;
    let refused = bench.second_factors.activate(&root, &ada(), &code(&bench, &secret), &origin()).await;
    assert!(matches!(refused, Err(FactorError::BadCode)), "the secret that waited is gone too");
    assert!(bench.actor(&token).await.user().is_some());
}

#[tokio::test]
async fn a_sign_in_that_was_begun_before_a_factor_was_activated_makes_no_session() {
    let (bench, actor) = bench().await;
    let secret = generate(&bench, &actor).await;
    let shown = code(&bench, &secret);
    let held = bench.gate.lock().await;
    let entering = enter(&bench, "");
    let activating = async {
        bench.second_factors.activate(&actor, &ada(), &shown, &origin()).await.unwrap();
        drop(held);
    };
    let (entered, ()) = futures_util::future::join(entering, activating).await;
    assert!(matches!(entered, Err(SignInError::InvalidCredentials)), "{entered:?}");
}

#[tokio::test]
async fn accounts_that_sign_in_otherwise_have_no_factor_here() {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    let sso = ExternalIdentity { service: "gitlab".into(), subject: Some("x".into()) };
    for user in [
        User { bot: Some(Bot::default()), ..fixture::user("b", "bot") },
        User { remote_id: Some("far".into()), ..fixture::user("r", "remote") },
        User { identity: sso, ..fixture::user("s", "sso") },
    ] {
        let (id, is_remote) = (user.id.clone(), user.is_remote());
        bench.put(user).await;
        let generated = bench.second_factors.generate(&root, &id, &origin()).await;
        assert_eq!(matches!(generated, Err(FactorError::OtherSignIn)), is_remote, "a secret that can't be activated does no harm");
        assert!(matches!(bench.second_factors.activate(&root, &id, "123456", &origin()).await, Err(FactorError::OtherSignIn)));
    }
}

#[tokio::test]
async fn others_and_unknown_accounts_are_left_alone() {
    let (bench, _) = bench().await;
    let bob = bench.person("bob", "system_user").await;
    let root = bench.person("root", "system_admin system_user").await;
    assert!(matches!(bench.second_factors.generate(&bob, &ada(), &origin()).await, Err(FactorError::Forbidden(_))));
    assert!(matches!(bench.second_factors.deactivate(&bob, &ada(), &origin()).await, Err(FactorError::Forbidden(_))));
    assert!(matches!(bench.second_factors.check_change(&bob, &ada()).await, Err(FactorError::Forbidden(_))));
    assert!(matches!(bench.second_factors.generate(&root, &fixture::id("z"), &origin()).await, Err(FactorError::Missing)));
    assert!(matches!(bench.second_factors.deactivate(&root, &fixture::id("z"), &origin()).await, Err(FactorError::Missing)));
}

#[tokio::test]
async fn switched_off_by_the_operator_nothing_is_activated_or_asked_for() {
    let (bench, actor) = bench().await;
    activated(&bench, &actor).await;
    let factor = crate::factor::FactorRules { is_enabled: false, ..sign_in_rules().factor };
    let off = again(&bench, SignInRules { factor, ..sign_in_rules() }, &["k1"]);
    assert!(matches!(off.second_factors.generate(&actor, &ada(), &origin()).await, Err(FactorError::SwitchedOff)));
    assert!(matches!(off.second_factors.activate(&actor, &ada(), "123456", &origin()).await, Err(FactorError::SwitchedOff)));
    assert!(matches!(off.second_factors.new_recovery_codes(&actor, &ada(), &origin()).await, Err(FactorError::SwitchedOff)));
    enter(&off, "").await.unwrap();
}

#[tokio::test]
async fn secrets_are_sealed_and_resealed_under_a_new_key() {
    let (bench, actor) = bench().await;
    let secret = activated(&bench, &actor).await;
    let codes = codes(&bench, &actor).await;
    let rotated = again(&bench, sign_in_rules(), &["k2", "k1"]);

    let resealed = rotated.second_factors.reseal().await.unwrap();

    assert_eq!(resealed, Resealed { secrets: 1, lost: 0, left: 10 });
    assert_eq!(rotated.second_factors.reseal().await.unwrap().secrets, 0);
    let held = bench.store.read().await.unwrap().factors().of_user(&ada()).await.unwrap();
    assert_eq!(held[0].sealed.key_id.as_str(), "k2");
    enter(&rotated, &PlainCodes::code(&secret, bench.clock.now())).await.unwrap();
    enter(&rotated, &codes[0].shown()).await.unwrap();
}

#[tokio::test]
async fn a_secret_that_no_key_opens_lets_nobody_in_and_is_told() {
    let (bench, actor) = bench().await;
    activated(&bench, &actor).await;
    let lost = again(&bench, sign_in_rules(), &["k9"]);
    assert_eq!(lost.second_factors.reseal().await.unwrap(), Resealed { secrets: 0, lost: 1, left: 0 });
    assert!(matches!(enter(&lost, "123456").await, Err(SignInError::Seal(_))));
}

#[tokio::test]
async fn who_must_have_a_factor_is_who_signs_in_here() {
    let factor = crate::factor::FactorRules { is_enforced: true, ..sign_in_rules().factor };
    let bench = Bench::on(account_rules(), SignInRules { factor, ..sign_in_rules() }, |_| ());
    let plain = fixture::user("a", "ada");
    let sso = ExternalIdentity { service: "saml".into(), subject: None };
    let ldap = ExternalIdentity { service: "ldap".into(), subject: None };
    assert!(bench.sign_ins.must_add_factor(&plain));
    assert!(bench.sign_ins.must_add_factor(&User { identity: ldap, ..plain.clone() }));
    assert!(!bench.sign_ins.must_add_factor(&User { has_second_factor: true, ..plain.clone() }));
    assert!(!bench.sign_ins.must_add_factor(&User { bot: Some(Bot::default()), ..plain.clone() }));
    assert!(!bench.sign_ins.must_add_factor(&User { identity: sso, ..plain.clone() }));
    assert!(!bench.sign_ins.must_add_factor(&User { roles: crate::role::Roles::guest(), ..plain.clone() }));
    assert!(!Bench::default().sign_ins.must_add_factor(&plain));
}
