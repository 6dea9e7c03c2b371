//! Every change is written down once, with who did it to whom, together with what it changes; and fails whole when the store fails.

use std::sync::atomic::Ordering::SeqCst;

use futures_util::future::{BoxFuture, FutureExt};

use super::*;
use crate::audit::Origin;
use crate::channel::NewChannel;
use crate::directory::Directory;
use crate::group::{NewGroup, Place};
use crate::id::{ChannelId, GroupId, TeamId};
use crate::invitation::Invitee;
use crate::permission::{Recorded, TABLE};
use crate::preference::Preference;
use crate::status::Presence;
use crate::team::NewTeam;
use crate::testkit::service::acting;
use crate::user::patch::Replacement;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// What an operation does to a world of its own.
type Act = for<'a> fn(&'a World) -> BoxFuture<'a, Outcome>;

/// Who is told of in an entry.
#[derive(Debug, Clone, Copy)]
enum Target {
    /// Somebody, by his short id.
    Known(&'static str),
    /// An account that is made.
    New,
    /// No account.
    None,
}

struct Case {
    operation: Operation,
    target: Target,
    /// What the actor's holder is told of it.
    shown: Option<&'static str>,
    act: Act,
}

/// An admin with everything that there is to act on.
struct World {
    bench: Bench,
    accounts: Arc<Accounts>,
    directory: Arc<Directory>,
    root: Actor,
    origin: Origin,
}

impl World {
    async fn new() -> Self {
        let bench = Bench::default();
        let root = bench.person("root", "system_admin system_user").await;
        bench.person("ada", "system_user").await;
        bench.person("bob", "system_user").await;
        bench.person("gus", "system_guest").await;
        bench.put(fixture::bot("bot", "bot", "root")).await;
        bench
            .write(async |work| {
                work.teams().insert(&fixture::team("t")).await.unwrap();
                for channel in ["c", "d"] {
                    work.channels().insert(&fixture::channel(channel, Some("t"))).await.unwrap();
                }
                work.groups().insert(&fixture::group("g")).await.unwrap();
                work.groups().add(&fixture::id("g"), &[fixture::id("bob")], fixture::BORN).await.unwrap();
                for place in [Place::Team(fixture::id("t")), Place::Channel(fixture::id("d"))] {
                    work.groups().link(&fixture::id("g"), &place, fixture::BORN).await.unwrap();
                }
                work.terms().insert(&fixture::terms("terms", "Be good.")).await.unwrap();
                work.preferences().put(&[fixture::preference("ada", "c", "n", "v")]).await.unwrap();
                for guarded in ["root", "ada"] {
                    let held = work.users().locked(&fixture::id(guarded)).await.unwrap().unwrap();
                    work.users().update(&User { has_second_factor: true, ..held }).await.unwrap();
                }
                access::prepare(work).await;
            })
            .await;
        bench.enrol("t", &["ada", "bob"]).await;
        bench.seat("c", &["bob"]).await;
        let root = acting(&bench.held(root.user_id().unwrap()).await);
        let origin = Origin { path: Some("/path".into()), ..origin() };
        Self { accounts: bench.accounts.clone(), directory: bench.directory.clone(), bench, root, origin }
    }

    fn entries(&self) -> Vec<AuditEntry> {
        self.bench.store.audits()
    }
}

fn user(short: &str) -> UserId {
    fixture::id(short)
}

fn replaced() -> Replacement {
    let patch = Patch { username: Some("ada".into()), email: Some("ada@example.test".into()), ..patch("x") };
    Replacement { patch, ..Replacement::default() }
}

fn team() -> TeamId {
    fixture::id("t")
}

fn channel() -> ChannelId {
    fixture::id("c")
}

fn group() -> GroupId {
    fixture::id("g")
}

fn own() -> [Preference; 1] {
    [fixture::preference("ada", "c", "n", "v")]
}

fn new_channel() -> NewChannel {
    let (header, purpose) = (String::new(), String::new());
    NewChannel { team_id: team(), name: "new".into(), display_name: "New".into(), kind: "P".into(), header, purpose }
}

macro_rules! case {
    ($operation:ident, $target:expr, $shown:expr, |$w:ident| $done:expr) => {
        Case {
            operation: Operation::$operation,
            target: $target,
            shown: $shown,
            act: |$w| {
                async move {
                    $done?;
                    Ok(())
                }
                .boxed()
            },
        }
    };
}

mod access;
mod groups;
mod raced;
mod told;

const ADA: Target = Target::Known("ada");
const BOT: Target = Target::Known("bot");
const GUS: Target = Target::Known("gus");
const BARE: Option<&str> = Some("");

fn of_accounts() -> Vec<Case> {
    vec![
        case!(CreateUser, Target::New, None, |w| {
            let (wanted, link) = (fixture::registration("new"), Link::default());
            w.accounts.register(permit(&w.root, None)?, &w.root, wanted, &link, &fixture::client(), &w.origin).await
        }),
        case!(UpdateUser, ADA, BARE, |w| w.accounts.update(&w.root, &user("ada"), replaced(), &no_password(), &w.origin).await),
        case!(PatchUser, ADA, BARE, |w| w.accounts.patch(&w.root, &user("ada"), patch("x"), &no_password(), &w.origin).await),
        case!(UpdateUserCustomStatus, ADA, None, |w| {
            type Status = operations::UpdateUserCustomStatus;
            w.accounts.set_custom_status::<Status>(&w.root, &user("ada"), Some("{}".into()), &w.origin).await
        }),
        case!(UnsetUserCustomStatus, ADA, None, |w| {
            w.accounts.set_custom_status::<operations::UnsetUserCustomStatus>(&w.root, &user("ada"), None, &w.origin).await
        }),
        case!(DeleteUser, ADA, None, |w| w.accounts.remove(&w.root, &user("ada"), Removal::ForGood, &w.origin).await),
        case!(UpdateUserActive, ADA, Some("user_id=ada active=false"), |w| {
            w.accounts.set_active(&w.root, &user("ada"), false, &w.origin).await
        }),
        case!(UpdateUserRoles, ADA, Some("user=ada roles=system_user system_manager"), |w| {
            w.accounts.set_roles(&w.root, &user("ada"), "system_user system_manager", &w.origin).await
        }),
        case!(UpdateUserAuth, ADA, Some("updated user auth to service=gitlab"), |w| {
            w.accounts.set_identity(&w.root, &user("ada"), "gitlab".into(), "7".into(), &w.origin).await
        }),
        case!(UpdateUserPassword, ADA, Some("completed"), |w| {
            let wanted = NewSecret { current: no_password(), new: "An0ther!pass".to_owned().into(), is_hashed: false };
            w.accounts.change_password(&w.root, &user("ada"), &wanted, &w.origin).await
        }),
        case!(VerifyUserEmailWithoutToken, ADA, Some("user verified"), |w| {
            w.accounts.verify_member(&w.root, &user("ada"), &w.origin).await
        }),
        case!(DemoteUserToGuest, ADA, None, |w| w.accounts.demote(&w.root, &user("ada"), &w.origin).await),
        case!(PromoteGuestToUser, GUS, None, |w| w.accounts.promote(&w.root, &user("gus"), &w.origin).await),
        case!(ConvertUserToBot, ADA, None, |w| w.accounts.convert_to_bot(&w.root, &user("ada"), &w.origin).await),
        case!(GenerateMfaSecret, ADA, None, |w| w.bench.second_factors.generate(&w.root, &user("ada"), &w.origin).await),
        case!(UpdateUserMfa, ADA, Some("success - mfa updated"), |w| {
            w.bench.second_factors.deactivate(&w.root, &user("ada"), &w.origin).await
        }),
        case!(CreateRecoveryCodes, Target::Known("root"), None, |w| {
            w.bench.second_factors.new_recovery_codes(&w.root, &user("root"), &w.origin).await
        }),
        case!(ResetPasswordFailedAttempts, ADA, None, |w| w.accounts.reset_attempts(&w.root, &user("ada"), &w.origin).await),
        case!(SetProfileImage, ADA, BARE, |w| w.accounts.set_picture(&w.root, &user("ada"), b"PNG".to_vec(), &w.origin).await),
        case!(SetDefaultProfileImage, ADA, BARE, |w| w.accounts.reset_picture(&w.root, &user("ada"), &w.origin).await),
        case!(RegisterTermsOfServiceAction, Target::Known("root"), Some("TermsOfServiceId=terms, accepted=true"), |w| {
            w.accounts.accept_terms(permit(&w.root, None)?, &w.root, Some(fixture::id("terms")), true, &w.origin).await
        }),
        case!(CreateBot, Target::New, None, |w| {
            let wanted = NewBot { username: "new".into(), ..NewBot::default() };
            w.accounts.create_bot(permit(&w.root, None)?, &w.root, wanted, &w.origin).await
        }),
        case!(PatchBot, BOT, None, |w| w.accounts.patch_bot(&w.root, &user("bot"), BotPatch::default(), &w.origin).await),
        case!(DisableBot, BOT, None, |w| {
            w.accounts.set_bot_active::<operations::DisableBot>(&w.root, &user("bot"), false, &w.origin).await
        }),
        case!(EnableBot, BOT, None, |w| {
            w.accounts.set_bot_active::<operations::EnableBot>(&w.root, &user("bot"), true, &w.origin).await
        }),
        case!(AssignBot, BOT, None, |w| w.accounts.assign_bot(&w.root, &user("bot"), &user("ada"), &w.origin).await),
        case!(ConvertBotToUser, BOT, None, |w| {
            let wanted = Converted { patch: Patch::default(), password: "An0ther!pass".to_owned().into(), is_admin: false };
            w.accounts.convert_to_user(&w.root, &user("bot"), wanted, &w.origin).await
        }),
    ]
}

fn of_teams_and_channels() -> Vec<Case> {
    vec![
        case!(CreateTeam, Target::None, None, |w| {
            let wanted = NewTeam { name: "new".into(), display_name: "New".into(), kind: "O".into(), ..NewTeam::default() };
            w.directory.create_team(permit(&w.root, None)?, &w.root, wanted, &w.origin).await
        }),
        case!(AddTeamMember, GUS, None, |w| w.directory.add_team_member(&w.root, &team(), &user("gus"), &w.origin).await),
        case!(RemoveTeamMember, ADA, None, |w| w.directory.remove_team_member(&w.root, &team(), &user("ada"), &w.origin).await),
        case!(InviteByLink, Target::None, None, |w| {
            w.directory.invite(granted(&Actor::Operator), &fixture::team("t").name, &[], "new@example.test", Invitee::Member).await
        }),
        case!(CreateChannel, Target::None, None, |w| w.directory.create_channel(&w.root, new_channel(), &w.origin).await),
        case!(CreateDirectChannel, Target::None, None, |w| {
            let both = ["ada", "root"].map(fixture::id);
            w.directory.direct_channel(permit(&w.root, None)?, &w.root, &both, &w.origin).await
        }),
        case!(CreateGroupChannel, Target::None, None, |w| {
            let all = ["ada", "bob", "root"].map(fixture::id);
            w.directory.group_channel(permit(&w.root, None)?, &w.root, &all, &w.origin).await
        }),
        case!(AddChannelMember, ADA, None, |w| { w.directory.add_channel_members(&w.root, &channel(), &[user("ada")], &w.origin).await }),
        case!(RemoveUserFromChannel, Target::Known("bob"), None, |w| {
            w.directory.remove_channel_member(&w.root, &channel(), &user("bob"), &w.origin).await
        }),
    ]
}

fn of_the_rest() -> Vec<Case> {
    vec![
        case!(CreateTermsOfService, Target::None, None, |w| {
            w.directory.create_terms(permit(&w.root, None)?, &w.root, "Be kind.".into(), &w.origin).await
        }),
        case!(UpdatePreferences, ADA, None, |w| w.directory.put_preferences(&w.root, &user("ada"), &own(), &w.origin).await),
        case!(DeletePreferences, ADA, None, |w| w.directory.remove_preferences(&w.root, &user("ada"), &own(), &w.origin).await),
        case!(RemoveRecentCustomStatus, ADA, None, |w| {
            type Forgotten = operations::RemoveRecentCustomStatus;
            w.directory.forget_custom_status::<Forgotten>(&w.root, &user("ada"), "{}", &w.origin).await
        }),
        case!(PostUserRecentCustomStatusDelete, ADA, None, |w| {
            type Forgotten = operations::PostUserRecentCustomStatusDelete;
            w.directory.forget_custom_status::<Forgotten>(&w.root, &user("ada"), "{}", &w.origin).await
        }),
        case!(UpdateUserStatus, ADA, None, |w| { w.directory.set_status(&w.root, &user("ada"), Presence::Away, 0, &w.origin).await }),
    ]
}

fn all() -> Vec<Case> {
    [of_accounts(), of_teams_and_channels(), groups::of_groups(), of_the_rest(), access::of_access()].into_iter().flatten().collect()
}

/// A text with short ids in place of whole ones.
fn shortened(text: &str) -> String {
    let text = text.split_inclusive("token_id=").next().unwrap_or_default();
    ["ada", "root", "terms"].into_iter().fold(text.to_owned(), |text, short| text.replace(user(short).as_str(), short))
}

#[test]
fn every_operation_that_changes_something_is_tried() {
    let tried: Vec<_> = all().iter().map(|case| case.operation).collect();
    // Sign-ins and what is done by links in mails have tests of their own, and who removes everybody removes one after another.
    let apart = [
        Operation::Login,
        Operation::Logout,
        // Proven like a sign-in.
        Operation::SwitchAccountType,
        Operation::PermanentDeleteAllUsers,
        Operation::SendPasswordResetEmail,
        Operation::ResetPassword,
        Operation::SendVerificationEmail,
        Operation::VerifyUserEmail,
        Operation::UndoEmailChange,
        Operation::RetryMail,
    ];
    for entry in TABLE.iter().filter(|entry| entry.recorded == Recorded::Changes && !apart.contains(&entry.operation)) {
        assert_eq!(tried.iter().filter(|tried| **tried == entry.operation).count(), 1, "{:?}", entry.operation);
    }
}

#[tokio::test]
async fn every_change_is_written_down_once_and_with_it() {
    for Case { operation, target, shown, act } in all() {
        let world = World::new().await;
        let kept = world.bench.faults.kept();

        act(&world).await.unwrap();

        assert_eq!(world.bench.faults.kept(), kept + 1, "{operation:?}: one unit of work");
        let [entry] = <[AuditEntry; 1]>::try_from(world.entries()).unwrap();
        let is_at_machine = operation == Operation::InviteByLink;
        assert_eq!((entry.operation, entry.outcome), (operation, crate::audit::Outcome::Done));
        assert_eq!(entry.actor.as_ref(), world.root.user_id().filter(|_| !is_at_machine), "{operation:?}");
        assert_eq!((entry.credential_id.is_some(), entry.origin.path.is_some()), (!is_at_machine, !is_at_machine), "{operation:?}");
        match target {
            Target::Known(short) => assert_eq!(entry.target, Some(user(short)), "{operation:?}"),
            Target::New => assert_eq!(bench_name(&world, entry.target.as_ref()).await, "new", "{operation:?}"),
            Target::None => assert_eq!(entry.target, None, "{operation:?}"),
        }
        assert_eq!(entry.shown_as.as_deref().map(shortened).as_deref(), shown, "{operation:?}");
    }
}

async fn bench_name(world: &World, id: Option<&UserId>) -> String {
    world.bench.held(id.unwrap()).await.username.as_str().to_owned()
}

#[tokio::test]
async fn no_token_is_good_for_a_change_that_it_does_not_name() {
    for Case { operation, act, .. } in all().into_iter().filter(|case| case.operation != Operation::InviteByLink) {
        let mut world = World::new().await;
        let Actor::Account(principal) = &mut world.root else { panic!("root is signed in") };
        principal.proof.scopes =
            Some(TABLE.iter().map(|entry| entry.operation.id().to_owned()).filter(|id| id != operation.id()).collect());

        let told = act(&world).await.map_err(|refused| refused.to_string());

        assert_eq!(told, Err(Forbidden::OutOfScope(operation).to_string()), "{operation:?}");
        assert!(world.entries().is_empty(), "{operation:?}");
    }
}

#[tokio::test]
async fn what_the_store_does_not_keep_has_not_happened() {
    for Case { operation, act, .. } in all() {
        for fails in ["begins", "commits"] {
            let world = World::new().await;
            let faults = &world.bench.faults;
            let due = if fails == "begins" { &faults.begins } else { &faults.commits };
            due.store(1, SeqCst);
            let before = format!("{:?}", world.bench.store);

            let error = act(&world).await.unwrap_err();

            assert_eq!(error.to_string(), "the store is unavailable", "{operation:?} {fails}");
            assert_eq!(format!("{:?}", world.bench.store), before, "{operation:?} {fails}");
        }
    }
}

#[tokio::test]
async fn what_can_not_be_looked_up_is_told() {
    let looks_first = |operation| {
        !matches!(
            operation,
            Operation::CreateUser
                | Operation::CreateBot
                | Operation::PatchBot
                | Operation::DisableBot
                | Operation::EnableBot
                | Operation::RegisterTermsOfServiceAction
                | Operation::VerifyUserEmailWithoutToken
        )
    };
    for Case { operation, act, .. } in of_accounts().into_iter().filter(|case| looks_first(case.operation)) {
        let world = World::new().await;
        world.bench.faults.reads.store(1, SeqCst);
        assert_eq!(act(&world).await.unwrap_err().to_string(), "the store is unavailable", "{operation:?}");
    }
}
