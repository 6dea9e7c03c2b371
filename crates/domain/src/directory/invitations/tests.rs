//! Rules of invitations that the operator hands on.

use super::*;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, granted};

async fn bench() -> Bench {
    let bench = Bench::default();
    bench
        .write(async |work| {
            work.teams().insert(&fixture::team("t")).await.unwrap();
            work.channels().insert(&fixture::channel("c", Some("t"))).await.unwrap();
        })
        .await;
    bench
}

async fn invite(bench: &Bench, team: &str, channel: Option<&str>, email: &str, invitee: Invitee) -> Result<Invited, InviteError> {
    let channels: Vec<_> = channel.map(str::to_owned).into_iter().collect();
    bench.directory.invite(granted(&Actor::Operator), team, &channels, email, invitee).await
}

#[tokio::test]
async fn an_invitation_names_what_there_is() {
    let bench = bench().await;
    let made = invite(&bench, "team-t", Some("channel-c"), "New@Example.test", Invitee::Guest).await.unwrap().invitation;
    assert_eq!((made.email.as_str(), made.channels), ("new@example.test", vec![fixture::id("c")]));
    assert!(matches!(invite(&bench, "none", None, "a@example.test", Invitee::Member).await, Err(InviteError::MissingTeam)));
    assert!(matches!(invite(&bench, "team-t", Some("none"), "a@example.test", Invitee::Member).await, Err(InviteError::MissingChannel)));
    assert!(matches!(invite(&bench, "team-t", None, "nonsense", Invitee::Member).await, Err(InviteError::Email)));
    assert!(matches!(invite(&bench, "team-t", None, "a@example.test", Invitee::Guest).await, Err(InviteError::GuestWithoutChannel)));
    bench.faults.begins.store(1, std::sync::atomic::Ordering::SeqCst);
    assert!(matches!(invite(&bench, "team-t", None, "a@example.test", Invitee::Member).await, Err(InviteError::Store(_))));
}

#[tokio::test]
async fn only_the_operator_invites_by_link() {
    let root = bench().await.person("root", "system_admin system_user").await;
    assert!(crate::permission::permit::<operations::InviteByLink>(&root, None).is_err());
}
