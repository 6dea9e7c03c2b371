//! What holds of sessions, from their opening on.

use super::{UNCHANGED, account, add, add_with_password, attempt_of, begin, by_token, commit, is_signed_in, minutes, open, taken};
use crate::client::ClientAddress;
use crate::credential::{Digest, KeyId, Method};
use crate::role::Roles;
use crate::session::{DeviceProps, Guard, NewSession, ProviderSession, Session, SessionKind, SignedIn};
use crate::store::{Held, Shown, Store, UniqueField};
use crate::testkit::fixture::{BORN, detailed_user, digest, id, new_session, session, user};
use crate::time::Timestamp;
use crate::user::User;

pub(super) fn under(key: &str, value: &str) -> Digest {
    Digest::new(KeyId::new(key), value.to_owned())
}

pub(super) fn token(short_id: &str) -> Digest {
    new_session(short_id, "").token
}

/// Two accounts, `a` and `b`, and sessions of `a`.
pub(super) async fn sign_in(store: &dyn Store, sessions: &[NewSession]) {
    add(store, &[user("a", "ada"), user("b", "bob")]).await.unwrap();
    for session in sessions {
        assert!(open(store, session, UNCHANGED).await);
    }
}

pub(super) fn of_ada<const COUNT: usize>(short_ids: [&str; COUNT]) -> [NewSession; COUNT] {
    short_ids.map(|short| new_session(short, "a"))
}

pub(super) fn expiring(short_id: &str, expires_at: Timestamp, absolute_expires_at: Timestamp) -> NewSession {
    let new = new_session(short_id, "a");
    NewSession { session: Session { expires_at, absolute_expires_at, ..new.session }, ..new }
}

/// Every field of a session is kept, and comes with its account and the key of its token.
pub async fn every_field_of_a_session_is_kept(store: &dyn Store) {
    let holder = User {
        deleted_at: Timestamp::NEVER,
        last_login_at: minutes(9),
        updated_at: minutes(9),
        failed_attempts: 0,
        ..detailed_user("a", "ada")
    };
    add(store, std::slice::from_ref(&holder)).await.unwrap();
    let text = |text: &str| Some(text.to_owned());
    let detailed = Session {
        kind: SessionKind::Sso,
        authenticated_at: minutes(8),
        methods: vec![Method::Provider, Method::Totp, Method::Password],
        created_at: minutes(9),
        last_active_at: minutes(10),
        expires_at: minutes(11),
        absolute_expires_at: minutes(12),
        first_address: ClientAddress::new("2001:db8::1".parse().unwrap()),
        last_address: ClientAddress::new("198.51.100.2".parse().unwrap()),
        user_agent: "O'Agent/1.0 \"名\"".to_owned(),
        device_id: "apple:42".to_owned(),
        device: DeviceProps { voip_device_id: "apple_voip:7".to_owned(), is_silent: Some(true), mobile_version: "2.1.0".to_owned() },
        provider: ProviderSession { issuer: text("issuer"), subject: text("Subject"), session_id: text("") },
        ..session("s", "a")
    };
    let new = NewSession { session: detailed.clone(), token: under("k2", "value") };

    assert!(open(store, &new, Guard { credential_epoch: 8, global_epoch: 0 }).await);

    let SignedIn { session, user, key } = by_token(store, &[under("k2", "value")]).await.unwrap();
    assert_eq!((session, user, key), (detailed, holder, KeyId::new("k2")));
}

/// A session may have come to be in any way, by any number of methods.
pub async fn sessions_are_of_any_kind(store: &dyn Store) {
    add(store, &[user("a", "ada")]).await.unwrap();
    let kinds = [("w", SessionKind::Web), ("m", SessionKind::Mobile), ("s", SessionKind::Sso), ("o", SessionKind::OauthApp)];
    for (short, kind) in kinds {
        let new = new_session(short, "a");
        let new = NewSession { session: Session { kind, methods: Vec::new(), ..new.session }, ..new };

        assert!(open(store, &new, UNCHANGED).await);

        let found = by_token(store, &[token(short)]).await.unwrap().session;
        assert_eq!((found.kind, found.methods), (kind, Vec::new()));
    }
}

/// A session is found by any of several hashes, each under its own key; a unit of work finds it too.
pub async fn a_session_is_found_by_any_of_its_hashes(store: &dyn Store) {
    sign_in(store, &of_ada(["s", "t"])).await;

    let among_others = by_token(store, &[under("k2", "new"), token("s"), digest("unknown")]).await;
    let none = by_token(store, &[]).await;
    let unknown = by_token(store, &[digest("unknown"), under("k2", "new")]).await;
    let under_another_key = by_token(store, &[under("k2", token("s").value())]).await;
    let crossed = by_token(store, &[under("k2", token("s").value()), digest("unknown")]).await;

    assert_eq!(among_others.unwrap().session.id, id("s"));
    assert!(none.is_none() && unknown.is_none() && under_another_key.is_none() && crossed.is_none());
    let shown = Shown { sessions: vec![token("t")], access_tokens: Vec::new() };
    let found = begin(store).await.sessions().by_token(&shown).await.unwrap();
    assert!(matches!(found, Some(Held::Session(signed_in)) if signed_in.session.id == id("t")));
}

/// A session comes with its account as it is now, not as it was when the session was opened.
pub async fn a_session_comes_with_its_account_as_it_is_now(store: &dyn Store) {
    sign_in(store, &of_ada(["s"])).await;
    let mut work = begin(store).await;
    let mut changed = work.users().locked(&id("a")).await.unwrap().unwrap();
    "Countess".clone_into(&mut changed.profile.nickname);
    work.users().update(&changed).await.unwrap();
    work.users().grow_epoch(&id("a")).await.unwrap();
    commit(work).await.unwrap();

    let found = by_token(store, &[token("s")]).await.unwrap();

    assert_eq!(found.user, User { credential_epoch: 1, ..changed });
    assert_eq!(found.user, account(store, "a").await);
}

/// The roles of an account come with each of its sessions.
pub async fn roles_come_with_a_session(store: &dyn Store) {
    add(store, &[User { roles: Roles::admin(), ..user("a", "ada") }]).await.unwrap();
    assert!(open(store, &new_session("s", "a"), UNCHANGED).await);

    let found = by_token(store, &[token("s")]).await.unwrap();

    assert_eq!(found.user.roles, Roles::admin());
}

/// An expired session is found as long as it has not ended: the caller knows the time.
pub async fn an_expired_session_is_still_found(store: &dyn Store) {
    sign_in(store, &[expiring("s", Timestamp::from_millis(1), Timestamp::from_millis(1))]).await;

    assert!(is_signed_in(store, "s").await);
}

/// Opening a session writes down the sign-in, and never an earlier time of change.
pub async fn opening_writes_down_the_sign_in(store: &dyn Store) {
    let changed_later = User { updated_at: minutes(9), failed_attempts: 2, ..user("b", "bob") };
    add(store, &[User { failed_attempts: 2, ..user("a", "ada") }, changed_later]).await.unwrap();
    let at = |short_id, short_user_id| {
        let new = new_session(short_id, short_user_id);
        NewSession { session: Session { created_at: minutes(5), ..new.session }, ..new }
    };

    assert!(open(store, &at("s", "a"), UNCHANGED).await);
    assert!(open(store, &at("t", "b"), UNCHANGED).await);

    assert_eq!(account(store, "a").await, User { last_login_at: minutes(5), updated_at: minutes(5), ..user("a", "ada") });
    assert_eq!(account(store, "b").await, User { last_login_at: minutes(5), updated_at: minutes(9), ..user("b", "bob") });
}

/// No session is opened under another epoch, for a deactivated account or for nobody; nothing is written then.
pub async fn a_session_needs_its_guard_and_an_active_account(store: &dyn Store) {
    let gone = User { deleted_at: BORN, failed_attempts: 2, ..user("b", "bob") };
    add(store, &[User { credential_epoch: 3, failed_attempts: 2, ..user("a", "ada") }, gone.clone()]).await.unwrap();
    let guard = |credential_epoch, global_epoch| Guard { credential_epoch, global_epoch };
    let refused = [("a", guard(2, 0)), ("a", guard(4, 0)), ("a", guard(3, 1)), ("a", guard(3, -1)), ("b", UNCHANGED), ("c", UNCHANGED)];

    for (short_user_id, guard) in refused {
        assert!(!open(store, &new_session("s", short_user_id), guard).await, "{short_user_id} under {guard:?}");
        assert!(!is_signed_in(store, "s").await);
    }

    assert_eq!(account(store, "a").await, User { credential_epoch: 3, failed_attempts: 2, ..user("a", "ada") });
    assert_eq!(account(store, "b").await, gone);
}

/// A token, like the id of a session, belongs to one session.
pub async fn a_token_belongs_to_one_session(store: &dyn Store) {
    sign_in(store, &of_ada(["s"])).await;
    let same_token = NewSession { token: token("s"), ..new_session("t", "b") };
    let same_id = NewSession { token: token("t"), ..new_session("s", "b") };

    for twin in [same_token, same_id] {
        let mut work = begin(store).await;
        let refused = work.sessions().open(&twin, UNCHANGED).await;
        drop(work);

        assert_eq!(taken(&refused), Some(UniqueField::Id));
    }
    assert_eq!(by_token(store, &[token("s")]).await.unwrap().user.id, id("a"));
}

/// A sign-in as it is meant to be: the try is counted, the session opened under its guard, and the account is unlocked.
pub async fn a_sign_in_goes_from_try_to_session(store: &dyn Store) {
    add_with_password(store, &user("a", "ada"), "hash").await;
    let found = attempt_of(store, "a", BORN).await;

    assert!(open(store, &new_session("s", "a"), found.guard).await);

    let expected = User { last_login_at: BORN, ..user("a", "ada") };
    assert_eq!(by_token(store, &[token("s")]).await.unwrap().user, expected);
    assert_eq!(attempt_of(store, "a", BORN).await.user.failed_attempts, 0);
}
