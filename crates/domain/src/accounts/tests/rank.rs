//! Nobody grants what he lacks, and nobody acts on who holds more than he does: tried with whatever roles, on whomever, by every way.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::*;
use crate::actor::ActorKind;
use crate::permission::{Rule, TABLE, TargetKind, decide};
use crate::preference::Preference;
use crate::role::{CATALOGUE, Permission, known};
use crate::status::Presence;
use crate::store::Store;
use crate::user::query::Listing;

/// A way to change something of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Patch,
    Update,
    CustomStatus,
    Roles,
    Demote,
    Promote,
    On,
    Off,
    Remove,
    RemoveForGood,
    Identity,
    ToBot,
    ToUser,
    ToAdmin,
    Picture,
    NoPicture,
    PatchBot,
    StopBot,
    StartBot,
    AssignBot,
    MakeBot,
    Preference,
    Status,
}

const WAYS: [Way; 23] = [
    Way::Patch,
    Way::Update,
    Way::CustomStatus,
    Way::Roles,
    Way::Demote,
    Way::Promote,
    Way::On,
    Way::Off,
    Way::Remove,
    Way::RemoveForGood,
    Way::Identity,
    Way::ToBot,
    Way::ToUser,
    Way::ToAdmin,
    Way::Picture,
    Way::NoPicture,
    Way::PatchBot,
    Way::StopBot,
    Way::StartBot,
    Way::AssignBot,
    Way::MakeBot,
    Way::Preference,
    Way::Status,
];

/// What an account is besides its roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Person,
    Own,
    OwnBot,
    OthersBot,
    Off,
    Remote,
}

fn actors() -> impl Strategy<Value = (Vec<&'static str>, bool)> {
    (roles(), any::<bool>())
}

fn roles() -> impl Strategy<Value = Vec<&'static str>> {
    let names: Vec<_> = CATALOGUE.iter().map(|role| role.name).chain(["no_such_role"]).collect();
    // Half of them have what people have.
    (subsequence(names, 0..4), select(vec![None, Some("system_user"), Some("system_guest"), Some("system_admin")])).prop_map(
        |(mut roles, usual)| {
            roles.extend(usual);
            roles.sort_unstable();
            roles.dedup();
            roles
        },
    )
}

fn kinds() -> impl Strategy<Value = Kind> {
    select(vec![Kind::Person, Kind::Own, Kind::OwnBot, Kind::OthersBot, Kind::Off, Kind::Remote])
}

fn account(short_id: &str, roles: &[&str]) -> User {
    User { roles: Roles::parse(&roles.join(" ")).unwrap(), ..fixture::user(short_id, short_id) }
}

fn of_kind(kind: Kind, roles: &[&str]) -> User {
    let user = account("target", roles);
    let bot = |owner: &str| fixture::bot("target", "target", owner).bot;
    match kind {
        Kind::Person | Kind::Own => user,
        Kind::OwnBot => User { bot: bot("actor"), ..user },
        Kind::OthersBot => User { bot: bot("other"), ..user },
        Kind::Off => User { deleted_at: fixture::BORN, ..user },
        Kind::Remote => User { remote_id: Some("far".into()), ..user },
    }
}

/// Everything that the roles of an account let its holder do.
fn permissions(user: &User) -> BTreeSet<&'static str> {
    user.roles.names().filter_map(known).flat_map(|role| role.permissions).copied().collect()
}

/// All that is held of every account, with its status and what is remembered of it.
async fn everything(bench: &Bench) -> BTreeMap<String, (User, String)> {
    let mut reading = bench.store.read().await.unwrap();
    let mut all = BTreeMap::new();
    for listed in reading.users().list(&Listing::default()).await.unwrap() {
        let id = listed.user.id.clone();
        let status = reading.statuses().of_users(std::slice::from_ref(&id)).await.unwrap();
        let preferences = reading.preferences().of_user(&id, None).await.unwrap();
        all.insert(id.to_string(), (listed.user, format!("{status:?} {preferences:?}")));
    }
    all
}

async fn go(bench: &Bench, way: Way, actor: &Actor, id: &UserId, wanted: &str) {
    let (accounts, directory, origin) = (&bench.accounts, &bench.directory, origin());
    let named = Patch { username: Some("renamed".into()), nickname: Some("x".into()), ..Patch::default() };
    let replaced = crate::user::patch::Replacement { patch: named.clone(), ..Default::default() };
    let to_user = |is_admin| Converted { patch: Patch::default(), password: "An0ther!pass".to_owned().into(), is_admin };
    let described = BotPatch { description: Some("x".into()), ..BotPatch::default() };
    let new_bot = NewBot { username: "newbot".into(), ..NewBot::default() };
    let remembered = [Preference { user_id: id.clone(), category: "c".into(), name: "n".into(), value: "v".into() }];
    match way {
        Way::Patch => drop(accounts.patch(actor, id, named, &no_password(), &origin).await),
        Way::Update => drop(accounts.update(actor, id, replaced, &no_password(), &origin).await),
        Way::CustomStatus => {
            let status = Some(r#"{"text":"x"}"#.to_owned());
            drop(accounts.set_custom_status::<operations::UpdateUserCustomStatus>(actor, id, status, &origin).await);
        }
        Way::Roles => drop(accounts.set_roles(actor, id, wanted, &origin).await),
        Way::Demote => drop(accounts.demote(actor, id, &origin).await),
        Way::Promote => drop(accounts.promote(actor, id, &origin).await),
        Way::On | Way::Off => drop(accounts.set_active(actor, id, way == Way::On, &origin).await),
        Way::Remove => drop(accounts.remove(actor, id, Removal::Deactivation, &origin).await),
        Way::RemoveForGood => drop(accounts.remove(actor, id, Removal::ForGood, &origin).await),
        Way::Identity => drop(accounts.set_identity(actor, id, "gitlab".into(), "7".into(), &origin).await),
        Way::ToBot => drop(accounts.convert_to_bot(actor, id, &origin).await),
        Way::ToUser | Way::ToAdmin => drop(accounts.convert_to_user(actor, id, to_user(way == Way::ToAdmin), &origin).await),
        Way::Picture => drop(accounts.set_picture(actor, id, b"PNG".to_vec(), &origin).await),
        Way::NoPicture => drop(accounts.reset_picture(actor, id, &origin).await),
        Way::PatchBot => drop(accounts.patch_bot(actor, id, described, &origin).await),
        Way::StopBot => drop(accounts.set_bot_active::<operations::DisableBot>(actor, id, false, &origin).await),
        Way::StartBot => drop(accounts.set_bot_active::<operations::EnableBot>(actor, id, true, &origin).await),
        Way::AssignBot => drop(accounts.assign_bot(actor, id, &fixture::id("actor"), &origin).await),
        Way::MakeBot => {
            if let Ok(permit) = crate::permission::permit(actor, None) {
                drop(accounts.create_bot(permit, actor, new_bot, &origin).await);
            }
        }
        Way::Preference => drop(directory.put_preferences(actor, id, &remembered, &origin).await),
        Way::Status => drop(directory.set_status(actor, id, Presence::Away, 0, &origin).await),
    }
}

fn forever<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn nobody_rises_above_or_acts_on_more_than_he_holds(
        (own, is_bot) in actors(),
        held in roles(),
        kind in kinds(),
        wanted in roles(),
        way in select(WAYS.to_vec()),
    ) {
        let bench = Bench::under(|rules| rules.allows_own_deactivation = true);
        let bot = is_bot.then(crate::user::Bot::default);
        let (before, after, actor) = forever(async {
            let actor = bench.put(User { bot, ..account("actor", &own) }).await;
            bench.person("spare", "system_admin").await;
            bench.put(of_kind(kind, &held)).await;
            let before = everything(&bench).await;
            let target = fixture::id(if kind == Kind::Own { "actor" } else { "target" });
            go(&bench, way, &actor, &target, &wanted.join(" ")).await;
            (before, everything(&bench).await, actor)
        });
        let rank = permissions(actor.user().unwrap());
        for id in before.keys().chain(after.keys()) {
            let (was, is) = (before.get(id), after.get(id));
            let had = was.map(|(user, _)| permissions(user)).unwrap_or_default();
            let has = is.map(|(user, _)| permissions(user)).unwrap_or_default();
            prop_assert!(has.iter().all(|one| had.contains(one) || rank.contains(one)), "{own:?} gave {has:?} by {way:?}");
            let is_others = actor.user_id().map(ToString::to_string).as_ref() != Some(id);
            if is_others && was != is {
                prop_assert!(had.is_subset(&rank), "{own:?} acted on {held:?} by {way:?}");
            }
        }
    }

    #[test]
    fn whatever_somebody_holds_a_higher_rank_is_out_of_reach(held in subsequence(Permission::ALL.to_vec(), 0..Permission::ALL.len())) {
        let may = |permission| permission != Permission::ManageSystem && held.contains(&permission);
        let acts = |rule| matches!(rule, Rule::EditsTarget | Rule::ActsFor | Rule::Activates | Rule::HoldsOver(_));
        for entry in TABLE.iter().filter(|entry| acts(entry.rule)) {
            for kind in [ActorKind::Guest, ActorKind::User, ActorKind::Manager, ActorKind::Bot] {
                prop_assert!(decide(entry.rule, kind, TargetKind::Admin, may).is_some(), "{:?} by {kind:?}", entry.operation);
                let bots = decide(entry.rule, kind, TargetKind::Bot, may);
                prop_assert!(bots.is_some() || may(Permission::ManageOthersBots), "{:?} on a bot", entry.operation);
                let own_bots = decide(entry.rule, kind, TargetKind::OwnBot, may);
                prop_assert!(own_bots.is_some() || may(Permission::ManageBots), "{:?} on his own bot", entry.operation);
            }
        }
    }
}

#[test]
fn every_way_is_open_to_an_admin() {
    // Else the property above would hold for want of anything done.
    for way in WAYS {
        let kind = match way {
            Way::ToUser | Way::ToAdmin | Way::PatchBot | Way::StopBot | Way::AssignBot | Way::StartBot => Kind::OthersBot,
            Way::On => Kind::Off,
            _ => Kind::Person,
        };
        let held = if way == Way::Promote { "system_guest" } else { "system_user" };
        forever(async {
            let bench = Bench::default();
            let actor = bench.person("actor", "system_admin system_user").await;
            bench.put(of_kind(kind, &[held])).await;
            let before = everything(&bench).await;
            bench.clock.advance(std::time::Duration::from_secs(1));
            go(&bench, way, &actor, &fixture::id("target"), "system_user system_manager").await;
            assert_ne!(everything(&bench).await, before, "{way:?}");
        });
    }
}
