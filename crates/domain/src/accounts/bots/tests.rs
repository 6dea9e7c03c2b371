//! Rules of programs' accounts.

use super::*;
use crate::sign_in::SignInError;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, acting, granted, origin};

fn wanted(username: &str) -> NewBot {
    NewBot { username: username.into(), display_name: "Robot".into(), description: "works".into() }
}

fn patch(change: impl FnOnce(&mut BotPatch)) -> BotPatch {
    let mut wanted = BotPatch::default();
    change(&mut wanted);
    wanted
}

fn converted(password: &str) -> Converted {
    Converted { patch: Patch::default(), password: Password::from(password.to_owned()), is_admin: false }
}

/// An admin, an ordinary member, a bot of each, and a group.
async fn bench() -> (Bench, Actor, Actor) {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    let ada = bench.person("ada", "system_user").await;
    bench.put(fixture::bot("bot", "bot", "root")).await;
    bench.put(fixture::bot("her", "her", "ada")).await;
    let group = crate::group::Group { name: "crew".into(), ..fixture::group("g") };
    bench.write(async |work| work.groups().insert(&group).await.unwrap()).await;
    (bench, root, ada)
}

async fn create(bench: &Bench, actor: &Actor, wanted: NewBot) -> Result<User, BotError> {
    bench.accounts.create_bot(granted(&Actor::Operator), actor, wanted, &origin()).await
}

async fn change(bench: &Bench, actor: &Actor, short_id: &str, wanted: BotPatch) -> Result<User, BotError> {
    bench.accounts.patch_bot(actor, &fixture::id(short_id), wanted, &origin()).await
}

async fn to_user(bench: &Bench, actor: &Actor, short_id: &str, wanted: Converted) -> Result<User, BotError> {
    bench.accounts.convert_to_user(actor, &fixture::id(short_id), wanted, &origin()).await
}

async fn to_bot(bench: &Bench, actor: &Actor, short_id: &str) -> Result<User, BotError> {
    bench.accounts.convert_to_bot(actor, &fixture::id(short_id), &origin()).await
}

#[tokio::test]
async fn who_makes_a_bot_answers_for_it_and_nobody_signs_in_as_it() {
    let (bench, root, ada) = bench().await;
    let made = create(&bench, &root, wanted("Robot")).await.unwrap();
    let bot = made.bot.unwrap();
    assert_eq!((made.username.as_str(), made.profile.first_name.as_str(), made.roles), ("robot", "Robot", Roles::user()));
    assert_eq!((bot.owner_id.as_ref(), bot.description.as_str()), (root.user_id(), "works"));
    assert!(matches!(bench.sign_in("robot", "Passw0rd!x").await, Err(SignInError::Bot)));
    assert_eq!(create(&bench, &Actor::Operator, wanted("ours")).await.unwrap().bot.unwrap().owner_id, None);
    assert!(permit::<operations::CreateBot>(&ada, None).is_err());
}

#[tokio::test]
async fn a_bot_that_can_not_be_is_refused_in_order() {
    let (bench, root, _) = bench().await;
    let machine = User { roles: Roles::admin(), ..fixture::bot("mach", "mach", "root") };
    let machine = bench.put(machine).await;
    bench.put(User { email: crate::email::Email::parse("eve@localhost").unwrap(), ..fixture::user("eve", "evelyn") }).await;
    let refused = async |actor: &Actor, change: fn(&mut NewBot)| {
        let mut wanted = wanted("robot");
        change(&mut wanted);
        create(&bench, actor, wanted).await.unwrap_err()
    };
    assert!(matches!(refused(&machine, |bot| bot.username.clear()).await, BotError::Forbidden(_)));
    assert!(matches!(refused(&root, |bot| bot.username.clear()).await, BotError::Username));
    assert!(matches!(refused(&root, |bot| bot.username = "a b".into()).await, BotError::Username));
    assert!(matches!(refused(&root, |bot| bot.description = "d".repeat(1025)).await, BotError::Description));
    assert!(matches!(refused(&root, |bot| bot.display_name = "d".repeat(65)).await, BotError::Invalid(InvalidUser::FirstName)));
    assert!(matches!(refused(&root, |bot| bot.username = "ADA".into()).await, BotError::Taken(UniqueField::Username)));
    assert!(matches!(refused(&root, |bot| bot.username = "crew".into()).await, BotError::Taken(UniqueField::Username)));
    assert!(matches!(refused(&root, |bot| bot.username = "eve".into()).await, BotError::Taken(UniqueField::Email)));
    assert!(bench.audit().await.is_empty());
}

#[tokio::test]
async fn bots_are_shown_to_those_who_may_read_them_alone() {
    let (bench, root, ada) = bench().await;
    bench.put(User { deleted_at: fixture::BORN, ..fixture::bot("off", "off", "root") }).await;
    let names = |bots: Vec<User>| bots.into_iter().map(|bot| bot.username.as_str().to_owned()).collect::<Vec<_>>();
    assert_eq!(names(bench.accounts.bots(&root, BotListing::default()).await.unwrap()), ["bot", "her"]);
    assert!(matches!(bench.accounts.bots(&ada, BotListing::default()).await, Err(BotError::Forbidden(_))));
    assert!(bench.accounts.bot(&root, &fixture::id("bot"), false).await.is_ok());
    assert!(bench.accounts.bot(&root, &fixture::id("off"), true).await.is_ok());
    for (actor, name) in [(&root, "off"), (&root, "ada"), (&root, "none"), (&ada, "bot"), (&ada, "her")] {
        let seen = bench.accounts.bot(actor, &fixture::id(name), false).await;
        assert!(matches!(seen, Err(BotError::Missing)), "{name}");
    }
}

#[tokio::test]
async fn a_bot_is_changed_by_those_who_may_see_it() {
    let (bench, root, ada) = bench().await;
    bench.clock.advance(std::time::Duration::from_secs(1));
    let wanted = patch(|bot| (bot.username, bot.description) = (Some("Rob".into()), Some("rests".into())));
    let changed = change(&bench, &root, "bot", wanted).await.unwrap();
    let bot = changed.bot.unwrap();
    assert_eq!((changed.username.as_str(), bot.description.as_str(), bot.updated_at > bot.created_at), ("rob", "rests", true));

    let named = |name: &str| patch(|bot| bot.username = Some(name.to_owned()));
    assert!(matches!(change(&bench, &ada, "her", named("x")).await, Err(BotError::Missing)));
    assert!(matches!(change(&bench, &root, "ada", named("x")).await, Err(BotError::Missing)));
    assert!(matches!(change(&bench, &root, "bot", named("a b")).await, Err(BotError::Username)));
    assert!(matches!(change(&bench, &root, "bot", named("ada")).await, Err(BotError::Taken(UniqueField::Username))));
    assert!(matches!(change(&bench, &root, "bot", named("crew")).await, Err(BotError::Taken(UniqueField::Username))));
    let long = patch(|bot| bot.description = Some("d".repeat(1025)));
    assert!(matches!(change(&bench, &root, "bot", long).await, Err(BotError::Description)));
    let long = patch(|bot| bot.display_name = Some("d".repeat(65)));
    assert!(matches!(change(&bench, &root, "bot", long).await, Err(BotError::Invalid(InvalidUser::FirstName))));
}

#[tokio::test]
async fn a_bot_is_switched_off_with_its_sessions() {
    let (bench, root, ada) = bench().await;
    let guard = crate::session::Guard { credential_epoch: 0, global_epoch: 0 };
    assert!(bench.write(async |work| work.sessions().open(&fixture::new_session("s", "bot"), guard).await.unwrap()).await);
    let switch = async |actor: &Actor, is_active| {
        bench.accounts.set_bot_active::<operations::DisableBot>(actor, &fixture::id("bot"), is_active, &origin()).await
    };
    assert!(matches!(switch(&ada, false).await, Err(BotError::Missing)));
    assert!(!switch(&root, false).await.unwrap().is_active());
    assert!(bench.store.sessions().iter().all(|session| session.ended.is_some()));
    assert_eq!(bench.held(&fixture::id("bot")).await.credential_epoch, 1);
    assert!(switch(&root, true).await.unwrap().is_active());
}

#[tokio::test]
async fn people_answer_for_bots_and_bots_do_not() {
    let (bench, root, ada) = bench().await;
    let assign = async |actor: &Actor, bot: &str, owner: &str| {
        bench.accounts.assign_bot(actor, &fixture::id(bot), &fixture::id(owner), &origin()).await
    };
    assert_eq!(assign(&root, "bot", "ada").await.unwrap().bot.unwrap().owner_id, Some(fixture::id("ada")));
    assert!(matches!(assign(&root, "bot", "her").await, Err(BotError::OwnerIsBot)));
    assert!(matches!(assign(&root, "bot", "none").await, Err(BotError::Missing)));
    assert!(matches!(assign(&root, "ada", "root").await, Err(BotError::Missing)));
    for owner in ["ada", "her", "none"] {
        let refused = assign(&ada, "bot", owner).await;
        assert!(matches!(refused, Err(BotError::Missing)), "who sees no bot learns nothing of {owner}");
    }
}

#[tokio::test]
async fn what_a_person_had_to_get_in_ends_when_a_bot_is_made_of_the_account() {
    let (bench, root, _) = bench().await;
    let (_, token) = bench.session("ada").await;
    bench.write(async |work| work.users().update(&User { has_second_factor: true, ..fixture::user("ada", "ada") }).await.unwrap()).await;
    let gate = bench.gate.lock_arc().await;
    let meanwhile = async {
        let made = to_bot(&bench, &root, "ada").await;
        drop(gate);
        made
    };

    let (begun, made) = tokio::join!(bench.sign_in("ada", "Passw0rd!x"), meanwhile);

    let made = made.unwrap();
    assert_eq!((made.bot.unwrap().owner_id, made.has_second_factor), (Some(fixture::id("ada")), false));
    assert!(begun.is_err() && bench.actor(&token).await.user().is_none());
    let ended = bench.store.sessions()[0].ended.clone().unwrap();
    assert_eq!((ended.reason, ended.by.as_ref()), (EndReason::Converted, root.user_id()));
    assert!(matches!(bench.sign_in("ada", "Passw0rd!x").await, Err(SignInError::Bot)));
    // Nor does the password wait for the account to be a person's again.
    bench.write(async |work| work.users().update(&fixture::user("ada", "ada")).await.unwrap()).await;
    assert!(matches!(bench.sign_in("ada", "Passw0rd!x").await, Err(SignInError::InvalidCredentials)));
}

#[tokio::test]
async fn a_provider_vouches_for_no_bot() {
    let (bench, root, _) = bench().await;
    bench.put(User { identity: fixture::identity("gitlab", "7"), ..fixture::user("eve", "eve") }).await;
    assert_eq!(to_bot(&bench, &root, "eve").await.unwrap().identity, ExternalIdentity::default());
    assert_eq!(bench.held(&fixture::id("eve")).await.identity, ExternalIdentity::default());
}

#[tokio::test]
async fn who_may_not_make_a_bot_of_an_account_is_told_why() {
    let (bench, root, ada) = bench().await;
    let gus = bench.person("gus", "system_guest").await;
    assert!(matches!(to_bot(&bench, &ada, "ada").await, Err(BotError::Forbidden(_))));
    assert!(matches!(to_bot(&bench, &ada, "none").await, Err(BotError::Missing)));
    assert!(matches!(to_bot(&bench, &gus, "none").await, Err(BotError::Missing)), "as the reference answers");
    assert!(matches!(to_bot(&bench, &root, "bot").await, Err(BotError::AlreadyBot)));
    assert!(matches!(to_bot(&bench, &root, "root").await, Err(BotError::LastAdmin)));
}

#[tokio::test]
async fn a_person_who_was_a_bot_signs_in_with_a_password() {
    let (bench, root, _) = bench().await;
    let admin = Converted { is_admin: true, ..converted("An0ther!pass") };
    let made = to_user(&bench, &root, "bot", admin).await.unwrap();
    assert_eq!((made.bot, made.roles.to_string()), (None, "system_admin system_user".into()));
    let opened = bench.sign_in("bot", "An0ther!pass").await.unwrap();
    assert!(bench.actor(&opened.token).await.user().unwrap().is_admin());
    assert_eq!(to_user(&bench, &root, "her", converted("An0ther!pass")).await.unwrap().roles, Roles::user());
}

#[tokio::test]
async fn who_may_not_make_a_person_of_a_bot_is_told_why() {
    let (bench, root, ada) = bench().await;
    let named =
        |name: &str| Converted { patch: Patch { username: Some(name.to_owned()), ..Patch::default() }, ..converted("An0ther!pass") };
    assert!(matches!(to_user(&bench, &ada, "her", converted("An0ther!pass")).await, Err(BotError::Forbidden(_))));
    assert!(matches!(to_user(&bench, &root, "ada", converted("An0ther!pass")).await, Err(BotError::Missing)));
    assert!(matches!(to_user(&bench, &root, "none", converted("An0ther!pass")).await, Err(BotError::Missing)));
    assert!(matches!(to_user(&bench, &root, "bot", converted("")).await, Err(BotError::PasswordNeeded)));
    assert!(matches!(to_user(&bench, &root, "bot", converted("short")).await, Err(BotError::Weak(_))));
    assert!(matches!(to_user(&bench, &root, "bot", named("a b")).await, Err(BotError::Username)));
    assert!(matches!(to_user(&bench, &root, "bot", named("ada")).await, Err(BotError::Taken(UniqueField::Username))));
    assert!(matches!(to_user(&bench, &root, "bot", named("crew")).await, Err(BotError::Taken(UniqueField::Username))));
    *bench.passwords.is_busy.lock().unwrap() = true;
    assert!(matches!(to_user(&bench, &root, "bot", converted("An0ther!pass")).await, Err(BotError::Passwords(_))));
    assert!(bench.held(&fixture::id("bot")).await.bot.is_some());
}

#[tokio::test]
async fn who_answers_for_a_bot_of_higher_rank_may_not_change_it() {
    let (bench, _, ada) = bench().await;
    let mighty = User { roles: Roles::admin(), ..fixture::bot("mighty", "mighty", "ada") };
    bench.put(mighty).await;
    let mut work = crate::store::Store::begin(&*bench.store).await.unwrap();
    let held = work.users().locked(&fixture::id("mighty")).await.unwrap();
    for refused in [
        permit::<operations::PatchBot>(&ada, held.as_ref()).err(),
        permit::<operations::AssignBot>(&ada, held.as_ref()).err(),
        permit::<operations::SetProfileImage>(&acting(ada.user().unwrap()), held.as_ref()).err(),
    ] {
        assert!(refused.is_some());
    }
}

#[tokio::test]
async fn a_token_that_is_good_for_looking_changes_no_bot() {
    let (bench, root, _) = bench().await;
    let Actor::Account(mut principal) = root else { panic!("no account acts") };
    principal.proof.scopes = Some(vec!["GetBot".to_owned()]);
    let (looking, bot) = (Actor::Account(principal), fixture::id("bot"));
    assert!(bench.accounts.bot(&looking, &bot, false).await.is_ok());

    let named = change(&bench, &looking, "bot", patch(|bot| bot.username = Some("rob".into()))).await.map(drop);
    let switched = bench.accounts.set_bot_active::<operations::DisableBot>(&looking, &bot, false, &origin()).await.map(drop);
    let mut told = vec![named, switched];
    // Nor does it tell whether there is an account, or what kind of one.
    for owner in ["ada", "her", "none"] {
        told.push(bench.accounts.assign_bot(&looking, &bot, &fixture::id(owner), &origin()).await.map(drop));
    }

    for refused in told {
        assert!(matches!(refused, Err(BotError::Forbidden(Forbidden::OutOfScope(_)))), "{refused:?}");
    }
}
