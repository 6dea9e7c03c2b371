//! What is left in the file of an account that was removed.
#![expect(clippy::unwrap_used, reason = "a broken fixture should fail the test")]

#[path = "support/fresh.rs"]
mod fresh;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use fresh::{Fresh, fresh_store};
use muster_domain::credential::Sealed;
use muster_domain::mail::NewMail;
use muster_domain::one_time::{NewOneTimeToken, OneTimeToken};
use muster_domain::store::Store as _;
use muster_domain::testkit::fixture::{
    channel, channel_member, email, group, id, invitation, mail, new_access_token, new_session, one_time_token, password, preference,
    status, team, team_member, user,
};
use muster_domain::user::User;

/// Texts that nobody else has, not even in part.
const TRACES: [&str; 4] = ["qzxwvqj", "vwxzzkq", "jqkxzvw", "xqjzkwv"];

fn removed() -> User {
    let mut user = User { email: email(TRACES[1]), ..user("gone", TRACES[0]) };
    user.profile.first_name = TRACES[2].into();
    user.profile.nickname = TRACES[3].into();
    user
}

/// Ordinary accounts in the neighbourhood of the one that goes, so that what it leaves could lie among theirs.
fn others() -> Vec<User> {
    (0..3_000).map(|number| user(&format!("{number}o"), &format!("{}{number}", if number % 2 == 0 { "paul" } else { "rosa" }))).collect()
}

async fn peopled() -> Fresh {
    let store = fresh_store().await;
    let mut work = store.begin().await.unwrap();
    work.users().insert(&others()).await.unwrap();
    work.commit().await.unwrap();
    let mut work = store.begin().await.unwrap();
    work.users().insert(&[removed()]).await.unwrap();
    work.credentials().insert(&[password("gone", TRACES[0])]).await.unwrap();
    work.teams().insert(&muster_domain::team::Team { email: removed().email.as_str().to_owned(), ..team("t") }).await.unwrap();
    work.teams().join(&team_member("t", "gone")).await.unwrap();
    work.channels().insert(&channel("c", Some("t"))).await.unwrap();
    work.channels().join(&[channel_member("c", "gone")]).await.unwrap();
    work.groups().insert(&group("g")).await.unwrap();
    work.groups().add(&id("g"), &[id("gone")], removed().created_at).await.unwrap();
    work.invitations().insert(&invitation("i", "t", TRACES[1])).await.unwrap();
    work.preferences().put(&[preference("gone", "c", "n", TRACES[2])]).await.unwrap();
    work.statuses().put(&status("gone", muster_domain::status::Presence::Online)).await.unwrap();
    let guard = muster_domain::session::Guard { credential_epoch: 0, global_epoch: 0 };
    assert!(work.sessions().open(&new_session("s", "gone"), guard).await.unwrap());
    let mut token = new_access_token("t", "gone");
    TRACES[2].clone_into(&mut token.token.description);
    assert!(work.access_tokens().insert(&token, 9).await.unwrap());
    work.commit().await.unwrap();
    // Later sign-ups carry what the search indexes hold into larger parts of them.
    for number in 0..40 {
        let mut work = store.begin().await.unwrap();
        work.users().insert(&[user(&format!("{number}p"), &format!("later{number}"))]).await.unwrap();
        work.commit().await.unwrap();
    }
    store
}

fn empty_log(store: &Fresh) {
    let checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)";
    SqliteConnection::establish(store.path().to_str().unwrap()).unwrap().batch_execute(checkpoint).unwrap();
}

/// The texts, and the parts of them that the search indexes hold, which lie in the file and its log.
fn traces(store: &Fresh) -> Vec<String> {
    let mut bytes = std::fs::read(store.path()).unwrap();
    let mut log = store.path().into_os_string();
    log.push("-wal");
    bytes.extend(std::fs::read(log).unwrap_or_default());
    let parts = TRACES.iter().flat_map(|trace| (0..trace.len() - 2).map(move |at| &trace[at..at + 3]));
    let is_there = |text: &&str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    TRACES.iter().copied().chain(parts).filter(is_there).map(str::to_owned).collect()
}

/// Puts mail and a link's token of the account that goes; the letter is open, to be seen in the file.
async fn send_mail(store: &Fresh) {
    let mut work = store.begin().await.unwrap();
    let token = one_time_token("o", "gone");
    let sent_to = OneTimeToken { email: email(TRACES[1]), ..token.token };
    work.one_time_tokens().put(&NewOneTimeToken { token: sent_to, ..token }).await.unwrap();
    let sealed = Sealed { bytes: TRACES[0].as_bytes().to_vec(), ..mail("m").sealed };
    work.outbox().put(&[NewMail { user_id: Some(id("gone")), sealed, ..mail("m") }]).await.unwrap();
    work.commit().await.unwrap();
}

#[tokio::test]
async fn nothing_of_a_removed_account_is_left_in_the_file_or_its_log() {
    let store = peopled().await;
    send_mail(&store).await;
    assert!(TRACES.iter().all(|trace| traces(&store).contains(&(*trace).to_owned())));

    let mut work = store.begin().await.unwrap();
    assert!(work.users().remove(&id("gone")).await.unwrap());
    work.commit().await.unwrap();

    assert_eq!(traces(&store), [""; 0]);
}

#[tokio::test]
async fn nothing_of_a_former_name_is_left_in_the_file() {
    let store = peopled().await;
    let renamed = User { password_updated_at: removed().password_updated_at, ..user("gone", "nobody") };

    let mut work = store.begin().await.unwrap();
    work.users().update(&renamed).await.unwrap();
    work.preferences().remove(&[preference("gone", "c", "n", "")]).await.unwrap();
    work.credentials().remove_password(&id("gone")).await.unwrap();
    work.invitations().redeem(&id("i")).await.unwrap();
    assert!(work.access_tokens().remove(&id("t")).await.unwrap());
    work.commit().await.unwrap();

    empty_log(&store);
    let left = traces(&store);
    // The team's address is its maker's until he goes.
    let address: Vec<_> = (0..5).map(|at| &TRACES[1][at..at + 3]).chain([TRACES[1]]).collect();
    assert!(left.iter().all(|trace| address.contains(&trace.as_str())), "{left:?}");
}
