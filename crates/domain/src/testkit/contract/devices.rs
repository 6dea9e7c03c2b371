//! What holds of the lists of sessions, of their ends all at once, and of the devices that hold them.

use super::directory::{ALL, done};
use super::sessions::{expiring, of_ada, sign_in, token};
use super::{UNCHANGED, by_token, is_signed_in, minutes, open};
use crate::page::Page;
use crate::session::{DeviceChange, DeviceProps, EndReason, Ending, NewSession, Session, Touch};
use crate::store::Store;
use crate::testkit::fixture::{BORN, address, ending, id, new_session};
use crate::time::Timestamp;

fn changed(short_id: &str, short_user_id: &str, change: impl FnOnce(&mut Session)) -> NewSession {
    let mut new = new_session(short_id, short_user_id);
    change(&mut new.session);
    new
}

fn short(session: &Session) -> String {
    session.id.as_str().chars().take(1).collect()
}

async fn live(store: &dyn Store, short_user_id: &str, page: Page) -> Vec<String> {
    let found = store.read().await.unwrap().sessions().of_user(&id(short_user_id), page).await.unwrap();
    found.iter().map(short).collect()
}

async fn ended(store: &dyn Store, page: Page) -> Vec<Session> {
    store.read().await.unwrap().sessions().ended_of_user(&id("a"), page).await.unwrap()
}

async fn by_id(store: &dyn Store, short_id: &str) -> Option<Session> {
    store.read().await.unwrap().sessions().by_id(&id(short_id)).await.unwrap()
}

async fn end_at(store: &dyn Store, short_id: &str, at: Timestamp) {
    assert!(done(store, async |work| work.sessions().end(&id(short_id), &Ending { at, ..ending() }).await).await.unwrap());
}

/// An account's sessions that have not ended are listed, the one last active first and of one time by id, part by part.
pub async fn an_accounts_sessions_are_listed(store: &dyn Store) {
    let at = |short, minute| changed(short, "a", |session| session.last_active_at = minutes(minute));
    sign_in(store, &[at("s", 1), at("u", 3), at("t", 3), at("v", 4)]).await;
    assert!(open(store, &new_session("o", "b"), UNCHANGED).await);
    end_at(store, "v", minutes(5)).await;

    assert_eq!(live(store, "a", ALL).await, ["t", "u", "s"]);
    assert_eq!(live(store, "a", Page { number: 1, size: 2 }).await, ["s"]);
    assert_eq!(live(store, "b", ALL).await, ["o"]);
    assert_eq!(live(store, "c", ALL).await, [""; 0]);
    assert_eq!(by_id(store, "s").await.unwrap().id, id("s"));
    assert_eq!((by_id(store, "v").await, by_id(store, "x").await), (None, None));
}

/// Sessions that ended are listed with when, why and through whom, the last one first and of one time by id, part by part.
pub async fn ended_sessions_are_listed_with_why(store: &dyn Store) {
    sign_in(store, &of_ada(["s", "t", "u", "v"])).await;
    assert!(open(store, &new_session("o", "b"), UNCHANGED).await);
    for (short, minute) in [("s", 1), ("u", 2), ("t", 2), ("o", 3)] {
        end_at(store, short, minutes(minute)).await;
    }

    let found = ended(store, ALL).await;

    assert_eq!(found.iter().map(short).collect::<Vec<_>>(), ["t", "u", "s"]);
    assert_eq!(found[2].ended, Some(Ending { at: minutes(1), ..ending() }));
    assert_eq!(ended(store, Page { number: 1, size: 2 }).await.iter().map(short).collect::<Vec<_>>(), ["s"]);
}

/// A session ends by the name of its own account alone, and once.
pub async fn a_session_ends_for_its_own_account_alone(store: &dyn Store) {
    sign_in(store, &of_ada(["s", "t"])).await;
    let end = async |user: &str, session: &str| {
        done(store, async |work| work.sessions().end_own(&id(user), &id(session), &ending()).await).await.unwrap()
    };

    assert!(!end("b", "s").await && is_signed_in(store, "s").await);
    assert!(end("a", "s").await && !is_signed_in(store, "s").await);
    assert!(!end("a", "s").await && !end("a", "x").await);
    assert!(is_signed_in(store, "t").await);
}

/// Of an account's sessions on a device all end but one.
pub async fn of_sessions_on_a_device_one_may_stay(store: &dyn Store) {
    let on_device = |short| changed(short, "a", |session| "d".clone_into(&mut session.device_id));
    sign_in(store, &["s", "t", "u"].map(on_device)).await;

    let ended = done(store, async |work| work.sessions().end_device(&id("a"), "d", Some(&id("t")), &ending()).await).await.unwrap();

    assert_eq!((ended, live(store, "a", ALL).await), (2, vec!["t".to_owned()]));
}

/// Everybody's sessions end, some at a time, but for those that began after that.
pub async fn everybodys_sessions_end_some_at_a_time(store: &dyn Store) {
    sign_in(store, &of_ada(["s", "t"])).await;
    let later = changed("l", "b", |session| session.created_at = minutes(2));
    assert!(open(store, &new_session("o", "b"), UNCHANGED).await && open(store, &later, UNCHANGED).await);
    let end = async || done(store, async |work| work.sessions().end_everybodys(&ending(), 2).await).await.unwrap();

    let counts = [end().await, end().await, end().await];

    assert_eq!(counts, [2, 1, 0]);
    assert_eq!((live(store, "a", ALL).await, live(store, "b", ALL).await), (Vec::new(), vec!["l".to_owned()]));
    assert!(by_token(store, &[token("s")]).await.is_none());
    assert_eq!(ended(store, ALL).await[0].ended, Some(ending()));
}

/// Sessions end when their time is over, at that time and for that reason; those that ended before stay as they are.
pub async fn sessions_end_when_their_time_is_over(store: &dyn Store) {
    sign_in(
        store,
        &[
            expiring("s", minutes(3), minutes(9)),
            expiring("t", minutes(9), minutes(4)),
            expiring("u", minutes(6), minutes(6)),
            expiring("v", minutes(1), minutes(1)),
        ],
    )
    .await;
    end_at(store, "v", minutes(1)).await;
    let end = async |most| done(store, async |work| work.sessions().end_expired(minutes(4), most).await).await.unwrap();

    let counts = [end(1).await, end(9).await, end(9).await];

    assert_eq!((counts, live(store, "a", ALL).await), ([1, 1, 0], vec!["u".to_owned()]));
    let found = ended(store, ALL).await;
    let why: Vec<_> = found.iter().map(|session| (short(session), session.ended.clone().unwrap())).collect();
    let expired = |minute| Ending { at: minutes(minute), reason: EndReason::Expired, by: None };
    let expected = [("t", expired(4)), ("s", expired(3)), ("v", Ending { at: minutes(1), ..ending() })];
    assert_eq!(why, expected.map(|(short, ending)| (short.to_owned(), ending)));
    assert!(!is_signed_in(store, "s").await);
}

/// Sessions end that were not used since a time.
pub async fn sessions_end_that_are_not_used(store: &dyn Store) {
    let at = |short, minute| changed(short, "a", |session| session.last_active_at = minutes(minute));
    sign_in(store, &[at("s", 1), at("t", 2), at("u", 3)]).await;

    let counts = [1, 9].map(|most| done(store, async move |work| work.sessions().end_idle(minutes(2), minutes(5), most).await));
    let [first, second] = counts;
    let counts = [first.await.unwrap(), second.await.unwrap()];

    assert_eq!((counts, live(store, "a", ALL).await), ([1, 1], vec!["u".to_owned()]));
    assert_eq!(ended(store, ALL).await[0].ended, Some(Ending { at: minutes(5), reason: EndReason::Idle, by: None }));
}

async fn attach(store: &dyn Store, short_id: &str, change: &DeviceChange) -> bool {
    done(store, async |work| work.sessions().attach(&id(short_id), change).await).await.unwrap()
}

/// What a device tells of itself is kept; what it does not tell stays.
pub async fn a_device_is_attached_part_by_part(store: &dyn Store) {
    sign_in(store, &of_ada(["s", "t"])).await;
    let before = by_id(store, "s").await.unwrap();
    let text = |text: &str| Some(text.to_owned());

    assert!(attach(store, "s", &DeviceChange { device_id: text("d"), expires_at: Some(minutes(9)), ..DeviceChange::default() }).await);
    assert!(attach(store, "s", &DeviceChange { voip_device_id: text("v"), is_silent: Some(false), ..DeviceChange::default() }).await);
    assert!(attach(store, "s", &DeviceChange { mobile_version: text("2.0.0"), ..DeviceChange::default() }).await);
    assert!(attach(store, "s", &DeviceChange::default()).await);

    let device = DeviceProps { voip_device_id: "v".to_owned(), is_silent: Some(false), mobile_version: "2.0.0".to_owned() };
    let expected = Session { device_id: "d".to_owned(), device, expires_at: minutes(9), ..before };
    assert_eq!(by_id(store, "s").await, Some(expected));
    assert_eq!(by_id(store, "t").await.unwrap().device, DeviceProps::default());
}

/// Nothing is attached to a session that ended, or to none.
pub async fn nothing_is_attached_to_an_ended_session(store: &dyn Store) {
    sign_in(store, &of_ada(["s"])).await;
    end_at(store, "s", BORN).await;
    let change = DeviceChange { device_id: Some("d".to_owned()), ..DeviceChange::default() };

    assert!(!attach(store, "s", &change).await && !attach(store, "x", &change).await);

    assert_eq!(ended(store, ALL).await[0].device_id, "");
}

/// A touch moves the end of a session where it says so, and never back: what another request moved meanwhile counts.
pub async fn a_touch_may_move_the_end(store: &dyn Store) {
    sign_in(store, &[expiring("s", minutes(3), minutes(9))]).await;
    let touch = |expires_at| Touch { at: minutes(1), address: address(), token: None, expires_at };

    done(store, async |work| work.sessions().touch(&id("s"), &touch(Some(minutes(8)))).await).await.unwrap();
    done(store, async |work| work.sessions().touch(&id("s"), &touch(None)).await).await.unwrap();
    done(store, async |work| work.sessions().touch(&id("s"), &touch(Some(minutes(7)))).await).await.unwrap();

    let held = by_id(store, "s").await.unwrap();
    assert_eq!((held.expires_at, held.last_active_at), (minutes(8), minutes(1)));
}
