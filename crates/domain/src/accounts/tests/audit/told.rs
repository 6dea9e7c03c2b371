//! Whoever holds an account hears of every change of what lets somebody into it.

use futures_util::future::LocalBoxFuture;
use secrecy::ExposeSecret as _;

use super::*;
use crate::accounts::{Switch, SwitchWanted};
use crate::credential::Token;
use crate::mail::MailKind;
use crate::sign_in::{Claim, text_login};
use crate::testkit::fake::PlainCodes;
use crate::testkit::fixture::client;

/// What is sent because somebody asked for it: it tells of no change.
const ASKED_FOR: [MailKind; 4] = [MailKind::Reset, MailKind::SignsInElsewhere, MailKind::Verification, MailKind::MagicLink];

/// What the holder hears when an operation is done as the audit's cases do it.
fn told_of(operation: Operation) -> &'static [MailKind] {
    match operation {
        Operation::DeleteUser | Operation::UpdateUserActive | Operation::ConvertUserToBot => &[MailKind::AccountEnded],
        Operation::UpdateUserRoles | Operation::PromoteGuestToUser => &[MailKind::RolesRaised],
        Operation::UpdateUserAuth => &[MailKind::SignInMethodChanged],
        Operation::UpdateUserPassword => &[MailKind::PasswordChanged],
        Operation::UpdateUserMfa => &[MailKind::FactorOff],
        Operation::CreateRecoveryCodes => &[MailKind::RecoveryCodesMade],
        Operation::CreateUserAccessToken => &[MailKind::TokenMade],
        _ => &[],
    }
}

const BOTH_ADDRESSES: &[MailKind] = &[MailKind::EmailArrived, MailKind::EmailLeft];

/// A change that is made otherwise than the audit's cases make it.
struct Change {
    operation: Operation,
    told: &'static [MailKind],
    act: for<'a> fn(&'a World) -> LocalBoxFuture<'a, Outcome>,
}

macro_rules! change {
    ($operation:ident, $told:expr, |$w:ident| $done:expr) => {
        Change {
            operation: Operation::$operation,
            told: $told,
            act: |$w| {
                async move {
                    $done?;
                    Ok(())
                }
                .boxed_local()
            },
        }
    };
}

fn of_others() -> Vec<Change> {
    vec![
        change!(PatchUser, BOTH_ADDRESSES, |w| moved(w).await),
        change!(UpdateUser, BOTH_ADDRESSES, |w| {
            let patch = Patch { email: Some("new@example.test".into()), ..replaced().patch };
            let wanted = Replacement { patch, ..Replacement::default() };
            w.accounts.update(&w.root, &user("ada"), wanted, &no_password(), &w.origin).await
        }),
        change!(PatchUser, &[MailKind::UsernameChanged], |w| {
            let patch = Patch { username: Some("countess".into()), ..Patch::default() };
            w.accounts.patch(&w.root, &user("ada"), patch, &no_password(), &w.origin).await
        }),
        change!(UndoEmailChange, BOTH_ADDRESSES, |w| {
            // Who never showed that he reads mail there can take nothing back.
            w.accounts.verify_member(&w.root, &user("ada"), &w.origin).await?;
            moved(w).await?;
            let undo = link(w).await;
            w.accounts.undo_email(granted(&Actor::Nobody), &undo, &client(), &w.origin).await
        }),
        change!(ResetPassword, &[MailKind::PasswordChanged], |w| {
            w.accounts.send_reset(granted(&Actor::Nobody), "ada@example.test", &client(), &w.origin).await?;
            let (reset, password) = (link(w).await, "An0ther!pass".to_owned().into());
            w.accounts.reset_password(granted(&Actor::Nobody), &reset, &password, &client(), &w.origin).await
        }),
        change!(UpdateUserMfa, &[MailKind::FactorOn], |w| guarded(w).await),
        change!(Login, &[MailKind::RecoveryCodeUsed], |w| {
            let bob = guarded(w).await?;
            let codes = w.bench.second_factors.new_recovery_codes(&bob, &user("bob"), &w.origin).await?;
            w.bench.letters().await;
            let claim = Claim { code: codes[0].shown(), ..claim() };
            w.bench.sign_ins.sign_in(granted(&Actor::Nobody), claim, &client(), &w.origin).await
        }),
        change!(Login, &[MailKind::NewDevice], |w| {
            for _ in 0..2 {
                let claim = Claim { keeps_device: true, ..claim() };
                w.bench.sign_ins.sign_in(granted(&Actor::Nobody), claim, &client(), &w.origin).await?;
            }
            Ok::<_, crate::sign_in::SignInError>(())
        }),
        change!(SwitchAccountType, &[MailKind::SignInMethodChanged], |w| {
            w.accounts.set_identity(&w.root, &user("bob"), "gitlab".into(), "7".into(), &w.origin).await?;
            w.bench.letters().await;
            let bob = acting(&w.bench.held(&user("bob")).await);
            let wanted = SwitchWanted {
                switch: Switch::between("gitlab", "email").unwrap(),
                email: "bob@example.test".into(),
                password: no_password(),
                new_password: "An0ther!pass".to_owned().into(),
                code: String::new(),
                directory_name: String::new(),
            };
            w.accounts.switch(granted(&bob), &bob, wanted, &client(), &w.origin).await
        }),
        change!(EnableUserAccessToken, &[MailKind::TokenEnabled], |w| {
            w.bench.tokens.disable(&w.root, Some(&fixture::id("token")), &w.origin).await?;
            w.bench.tokens.enable(&w.root, Some(&fixture::id("token")), &w.origin).await
        }),
        change!(DeleteUser, &[MailKind::AccountEnded], |w| {
            w.accounts.remove(&w.root, &user("ada"), Removal::Deactivation, &w.origin).await
        }),
    ]
}

async fn moved(world: &World) -> Result<(), crate::accounts::ChangeError> {
    let patch = Patch { email: Some("new@example.test".into()), ..Patch::default() };
    world.accounts.patch(&world.root, &user("ada"), patch, &no_password(), &world.origin).await.map(drop)
}

/// What the only link carries that is on its way.
async fn link(world: &World) -> Token {
    world.bench.letters().await.into_iter().find_map(|letter| letter.token).unwrap()
}

fn claim() -> Claim {
    Claim::new(text_login("bob"), "bob".to_owned(), "Passw0rd!x".to_owned().into())
}

/// Activates the second factor of somebody who has none.
async fn guarded(world: &World) -> Result<Actor, crate::second_factor::FactorError> {
    let bob = acting(&world.bench.held(&user("bob")).await);
    let enrolment = world.bench.second_factors.generate(&bob, &user("bob"), &world.origin).await?;
    let digits = enrolment.secret.expose_secret().as_bytes();
    let secret: Vec<_> = digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect();
    let code = PlainCodes::code(&secret, world.bench.clock.now());
    world.bench.second_factors.activate(&bob, &user("bob"), &code, &world.origin).await?;
    Ok(bob)
}

async fn heard(world: &World) -> Vec<MailKind> {
    world.bench.letters().await.into_iter().map(|letter| letter.kind).collect()
}

#[tokio::test]
async fn every_change_of_a_credential_is_told_with_it() {
    let mut seen = std::collections::BTreeSet::new();
    for Case { operation, act, .. } in all() {
        let world = World::new().await;
        act(&world).await.unwrap();
        let heard = heard(&world).await;
        assert_eq!(heard, told_of(operation), "{operation:?}");
        seen.extend(heard);
    }
    for Change { operation, told, act } in of_others() {
        let world = World::new().await;
        act(&world).await.unwrap();
        let heard = heard(&world).await;
        assert_eq!(heard, told, "{operation:?}");
        seen.extend(heard);
    }
    let never: Vec<_> = MailKind::ALL.iter().filter(|(kind, _)| !seen.contains(kind) && !ASKED_FOR.contains(kind)).collect();
    assert!(never.is_empty(), "nothing was done of which these tell: {never:?}");
}
