//! Walks every cell of the table, and holds the printed table to the code.

use std::fmt::Write as _;

use super::*;
use crate::actor::{CredentialKind, Principal, Proof};
use crate::role::Roles;
use crate::testkit::fixture;
use crate::time::Timestamp;
use crate::user::Bot;

fn account(kind: ActorKind) -> Option<User> {
    let mut user = fixture::user("z", "actor");
    let roles = match kind {
        ActorKind::Nobody | ActorKind::Operator => return None,
        ActorKind::Guest => "system_guest",
        ActorKind::User | ActorKind::Bot => "system_user",
        ActorKind::Manager => "system_user system_user_manager",
        ActorKind::Admin => "system_admin system_user",
    };
    user.roles = Roles::parse(roles).unwrap();
    user.bot = (kind == ActorKind::Bot).then(Bot::default);
    Some(user)
}

fn signed_in(user: User, scopes: Option<Vec<String>>) -> Actor {
    let proof = Proof { kind: CredentialKind::Session, id: String::new(), authenticated_at: Timestamp::NEVER, methods: vec![], scopes };
    Actor::Account(Box::new(Principal { user, proof, lacks_factor: false, is_stale: false }))
}

fn actor(kind: ActorKind) -> Actor {
    match (kind, account(kind)) {
        (ActorKind::Operator, _) => Actor::Operator,
        (_, Some(user)) => signed_in(user, None),
        (_, None) => Actor::Nobody,
    }
}

fn target(kind: TargetKind, actor: &Actor) -> Option<User> {
    let mut user = fixture::user("t", "target");
    match kind {
        TargetKind::Missing => return None,
        TargetKind::Own => return actor.user().cloned(),
        TargetKind::User => {}
        TargetKind::Guest => user.roles = Roles::parse("system_guest").unwrap(),
        TargetKind::OwnBot => user.bot = Some(Bot { owner_id: Some(actor.user_id().cloned()?), ..Bot::default() }),
        TargetKind::Bot => user.bot = Some(Bot::default()),
        TargetKind::Admin => user.roles = Roles::admin(),
        TargetKind::Remote => user.remote_id = Some("elsewhere".into()),
        TargetKind::Deactivated => user.deleted_at = Timestamp::from_millis(1),
    }
    Some(user)
}

fn cell(rule: Rule, actor_kind: ActorKind, target_kind: TargetKind) -> Option<Forbidden> {
    let actor = actor(actor_kind);
    assert_eq!(actor.kind(), actor_kind);
    // Nobody and the operator have no account and answer for no bot.
    let target = target(target_kind, &actor);
    assert!(target.is_none() || TargetKind::of(&actor, target.as_ref()) == target_kind, "{actor_kind:?} {target_kind:?}");
    decide(rule, actor_kind, target_kind, |permission| actor.holds(permission))
}

fn printed() -> String {
    let mut text = String::from(
        "# Who may do what\n\nPrinted from `crates/domain/src/permission.rs`; a test holds the two together. \
         A cell is empty where the call goes on, and else names what is missing.\n",
    );
    for entry in TABLE {
        let _ = write!(text, "\n## {}\n\nRule: {:?}. Audit: {:?}.\n\n| |", entry.operation.id(), entry.rule, entry.recorded);
        for kind in TargetKind::ALL {
            let _ = write!(text, " {kind:?} |");
        }
        let _ = write!(text, "\n|{}\n", " --- |".repeat(TargetKind::ALL.len() + 1));
        for actor in ActorKind::ALL {
            let _ = write!(text, "| {actor:?} |");
            for target in TargetKind::ALL {
                let shown = match cell(entry.rule, actor, target) {
                    None => "",
                    Some(Forbidden::Lacks(permission)) => permission.id(),
                    Some(Forbidden::NotAtTheMachine) => "local socket",
                    Some(Forbidden::NotOwn) => "own account",
                    Some(_) => "session",
                };
                let _ = write!(text, " {shown} |");
            }
            text.push('\n');
        }
    }
    text
}

#[test]
fn the_printed_table_is_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/permissions.md");
    if std::env::var_os("MUSTER_PRINT_PERMISSIONS").is_some() {
        std::fs::write(path, printed()).unwrap();
    }
    let held = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(held, printed(), "print it again with MUSTER_PRINT_PERMISSIONS=1 cargo test -p muster-domain the_printed_table");
}

#[test]
fn nobody_passes_only_where_everyone_does() {
    for entry in TABLE {
        for kind in TargetKind::ALL {
            let passes = cell(entry.rule, ActorKind::Nobody, kind).is_none();
            assert_eq!(passes, entry.rule == Rule::Everyone, "{entry:?} {kind:?}");
        }
    }
}

#[test]
fn nobody_acts_on_a_higher_rank() {
    let above = |rule| !matches!(rule, Rule::Everyone | Rule::SignedIn | Rule::SeesTarget | Rule::Holds(_) | Rule::HoldsHere(_));
    for entry in TABLE.iter().filter(|entry| above(entry.rule)) {
        for actor in [ActorKind::Guest, ActorKind::User, ActorKind::Manager, ActorKind::Bot] {
            assert!(cell(entry.rule, actor, TargetKind::Admin).is_some(), "{entry:?} {actor:?}");
        }
    }
}

#[test]
fn what_demotes_people_demotes_no_bot_of_others() {
    let holds = |permission| permission == Permission::DemoteToGuest;
    let asked = |target| decide(Rule::HoldsOver(Permission::DemoteToGuest), ActorKind::Manager, target, holds);
    assert_eq!(asked(TargetKind::User), None);
    assert_eq!(asked(TargetKind::Bot), Some(Forbidden::Lacks(Permission::ManageOthersBots)));
    assert_eq!(asked(TargetKind::OwnBot), Some(Forbidden::Lacks(Permission::ManageBots)));
    assert_eq!(asked(TargetKind::Admin), Some(Forbidden::Lacks(Permission::ManageSystem)));
}

#[test]
fn who_is_known_is_seen() {
    let (guest, other) = (actor(ActorKind::Guest), account(ActorKind::User).map(|user| User { id: fixture::id("o"), ..user }));
    assert!(permit_known::<operations::GetUser>(&guest, other.as_ref(), true).is_ok());
    assert!(permit_known::<operations::GetUser>(&guest, other.as_ref(), false).is_err());
    assert!(permit_known::<operations::GetUser>(&guest, None, true).is_err());
    assert!(permit_known::<operations::PatchUser>(&guest, other.as_ref(), true).is_err());
}

#[test]
fn a_place_grants_what_it_grants_and_no_more() {
    let (user, nobody) = (actor(ActorKind::User), actor(ActorKind::Nobody));
    let here = |permission| permission == Permission::ViewTeam;
    assert!(permit_here::<operations::GetTeam>(&user, here).is_ok());
    assert!(permit_here::<operations::RemoveTeamMember>(&user, here).is_err());
    assert_eq!(permit_here::<operations::GetTeam>(&nobody, here).unwrap_err(), Forbidden::NotSignedIn);
}

#[test]
fn admins_and_operators_pass_every_cell() {
    for entry in TABLE {
        for kind in TargetKind::ALL {
            let admin = match entry.rule {
                Rule::AtTheMachine => Some(Forbidden::NotAtTheMachine),
                Rule::Own if kind != TargetKind::Own => Some(Forbidden::NotOwn),
                _ => None,
            };
            assert_eq!(cell(entry.rule, ActorKind::Admin, kind), admin, "{entry:?} {kind:?}");
            assert_eq!(cell(entry.rule, ActorKind::Operator, kind), None, "{entry:?} {kind:?}");
        }
    }
}

#[test]
fn guests_see_only_themselves() {
    for kind in TargetKind::ALL {
        let expected = (kind != TargetKind::Own).then_some(Forbidden::Lacks(Permission::ViewMembers));
        assert_eq!(cell(Rule::SeesTarget, ActorKind::Guest, kind), expected);
    }
}

#[test]
fn every_operation_has_one_row_and_every_mutation_is_recorded() {
    for entry in TABLE {
        assert_eq!(TABLE.iter().filter(|other| other.operation == entry.operation).count(), 1);
        assert!(!entry.is_mutation || entry.recorded == Recorded::Changes, "{:?} changes something unrecorded", entry.operation);
    }
}

#[test]
fn a_scoped_token_is_good_for_what_it_names_alone() {
    let user = account(ActorKind::User).unwrap();
    let narrow = signed_in(user.clone(), Some(vec!["GetUser".into()]));
    assert!(permit::<operations::GetUser>(&narrow, Some(&user)).is_ok());
    let refused = permit::<operations::PatchUser>(&narrow, Some(&user)).unwrap_err();
    assert_eq!(refused, Forbidden::OutOfScope(Operation::PatchUser));
}

#[test]
fn who_signed_in_long_ago_changes_nothing_by_which_he_signs_in() {
    let user = account(ActorKind::User).unwrap();
    let Actor::Account(principal) = signed_in(user.clone(), None) else { return };
    let (stale, other) = (Actor::Account(Box::new(Principal { is_stale: true, ..*principal })), fixture::user("o", "other"));
    assert_eq!(permit::<operations::GenerateMfaSecret>(&stale, Some(&user)).unwrap_err(), Forbidden::Stale);
    assert_eq!(permit::<operations::SwitchAccountType>(&stale, None).unwrap_err(), Forbidden::Stale);
    assert!(permit::<operations::PatchUser>(&stale, Some(&user)).is_ok());
    assert!(permit::<operations::RevokeAllSessions>(&stale, Some(&user)).is_ok(), "ending what was given does not wait");
    let forbidden = permit::<operations::GenerateMfaSecret>(&stale, Some(&other)).unwrap_err();
    assert_eq!(forbidden, Forbidden::Lacks(Permission::EditOtherUsers), "who may not is told that");
}

#[test]
fn who_lacks_a_factor_activates_one_and_sees_himself_and_no_more() {
    let user = account(ActorKind::Admin).unwrap();
    let Actor::Account(principal) = signed_in(user.clone(), None) else { return };
    let (lacking, other) = (Actor::Account(Box::new(Principal { lacks_factor: true, ..*principal })), fixture::user("o", "other"));
    assert!(permit::<operations::GetUser>(&lacking, Some(&user)).is_ok());
    assert!(permit::<operations::GenerateMfaSecret>(&lacking, Some(&user)).is_ok());
    assert!(permit::<operations::UpdateUserMfa>(&lacking, Some(&user)).is_ok());
    assert_eq!(permit::<operations::UpdateUserMfa>(&lacking, Some(&other)).unwrap_err(), Forbidden::FactorMissing);
    assert_eq!(permit::<operations::GetUser>(&lacking, Some(&other)).unwrap_err(), Forbidden::FactorMissing);
    assert_eq!(permit::<operations::PatchUser>(&lacking, Some(&user)).unwrap_err(), Forbidden::FactorMissing);
    assert_eq!(permit_here::<operations::GetTeam>(&lacking, |_| true).unwrap_err(), Forbidden::FactorMissing);
}
