use std::sync::mpsc::channel;

use super::*;

const SMALL: ArgonOptions = ArgonOptions { memory_kib: 64, passes: 1, lanes: 1, threads: 2, queue: 8 };

fn passwords(options: ArgonOptions) -> ArgonPasswords {
    ArgonPasswords::new(options).unwrap()
}

fn password(text: &str) -> Password {
    Password::from(text.to_owned())
}

#[test]
fn options_out_of_range_are_refused() {
    let refused = ArgonPasswords::new(ArgonOptions { threads: 0, ..SMALL });

    assert!(matches!(refused, Err(OptionsError::Threads(0))));
}

#[tokio::test]
async fn a_hash_fits_its_password_and_has_a_salt_of_its_own() {
    let passwords = passwords(SMALL);

    let hash = passwords.hash(&password("right")).await.unwrap();
    let again = passwords.hash(&password("right")).await.unwrap();

    assert_ne!(hash.expose(), again.expose());
    let right = passwords.verify(&password("right"), Some(hash.clone())).await.unwrap();
    assert!(matches!(right, Verdict::Right { renewed: None }));
    assert!(matches!(passwords.verify(&password("wrong"), Some(hash)).await.unwrap(), Verdict::Wrong));
    assert!(matches!(passwords.verify(&password("right"), None).await.unwrap(), Verdict::Wrong));
}

#[tokio::test]
async fn an_outdated_hash_is_renewed_with_the_wanted_cost() {
    let stored = passwords(SMALL).hash(&password("right")).await.unwrap();
    let passwords = passwords(ArgonOptions { passes: 2, ..SMALL });

    let verdict = passwords.verify(&password("right"), Some(stored)).await.unwrap();

    let Verdict::Right { renewed: Some(fresh) } = verdict else { panic!("{verdict:?}") };
    assert!(fresh.expose().starts_with("$argon2id$v=19$m=64,t=2,p=1$"));
}

#[tokio::test]
async fn passwords_that_nobody_can_have_are_wrong_and_are_not_hashed() {
    let passwords = passwords(SMALL);
    let stored = passwords.hash(&password(&"p".repeat(72))).await.unwrap();

    for text in [String::new(), "p".repeat(73), "p".repeat(1_000_000)] {
        let verdict = passwords.verify(&password(&text), Some(stored.clone())).await.unwrap();
        assert!(matches!(verdict, Verdict::Wrong), "{} bytes", text.len());
        assert!(matches!(passwords.hash(&password(&text)).await, Err(PasswordsError::Failed(_))));
    }
}

#[test]
fn a_password_of_a_megabyte_is_not_even_copied() {
    assert!(possible(&password(&"p".repeat(1_000_000))).is_none());
    assert!(possible(&password("")).is_none());
    assert!(possible(&password(&"é".repeat(36))).is_some());
}

#[tokio::test]
async fn when_too_many_wait_more_are_refused() {
    let passwords = passwords(ArgonOptions { threads: 1, queue: 1, ..SMALL });
    let (release, released) = channel::<()>();
    let (begun, begins) = channel();
    let running = passwords.pool.submit(move |_| {
        begun.send(()).unwrap();
        let _ = released.recv();
    });
    begins.recv().unwrap();
    let waiting = passwords.pool.submit(|_| ());

    let hashed = passwords.hash(&password("right")).await;
    let verified = passwords.verify(&password("right"), None).await;

    assert!(matches!(hashed, Err(PasswordsError::Busy { retry_after }) if retry_after.as_secs() >= 1));
    assert!(matches!(verified, Err(PasswordsError::Busy { .. })));
    drop(release);
    running.unwrap().await.unwrap().unwrap();
    waiting.unwrap().await.unwrap().unwrap();
    assert!(passwords.hash(&password("right")).await.is_ok());
}

#[tokio::test]
async fn many_at_once_are_all_served() {
    let passwords = std::sync::Arc::new(passwords(ArgonOptions { queue: 100, ..SMALL }));

    let hashing: Vec<_> = (0..100)
        .map(|number| {
            let passwords = std::sync::Arc::clone(&passwords);
            tokio::spawn(async move { passwords.hash(&password(&format!("number {number}"))).await })
        })
        .collect();

    for hashed in hashing {
        assert!(hashed.await.unwrap().is_ok());
    }
}

#[test]
fn nothing_shows_when_debugged() {
    assert_eq!(format!("{:?}", passwords(SMALL)), "ArgonPasswords");
}
