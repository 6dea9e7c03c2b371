//! Rules of searching and completing names.

use super::*;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, granted};
use crate::user::User;
use crate::user::shown::Privacy;

const OPEN: Privacy = Privacy { shows_email: true, shows_full_name: true };
const CLOSED: Privacy = Privacy { shows_email: false, shows_full_name: false };

fn id(short: &str) -> String {
    fixture::id::<TeamId>(short).to_string()
}

/// Ada Zuse with an address of her own, an admin, somebody who is off, a team and a channel of it.
async fn bench(privacy: Privacy) -> (Bench, Actor, Actor) {
    let bench = Bench::under(|rules| rules.privacy = privacy);
    let root = bench.person("root", "system_admin system_user").await;
    let mut ada = User { email: crate::email::Email::parse("countess@byron.test").unwrap(), ..fixture::user("ada", "ada") };
    ada.profile.last_name = "Zuse".into();
    ada.profile.nickname = "Enchantress".into();
    bench.put(ada).await;
    let bob = bench.person("bob", "system_user").await;
    bench.put(User { deleted_at: fixture::BORN, ..fixture::user("adam", "adam") }).await;
    bench.person("zada", "system_user").await;
    bench
        .write(async |work| {
            work.teams().insert(&fixture::team("t")).await.unwrap();
            work.channels().insert(&fixture::channel("c", Some("t"))).await.unwrap();
        })
        .await;
    bench.enrol("t", &["ada", "bob", "zada"]).await;
    bench.seat("c", &["ada", "bob"]).await;
    (bench, root, bob)
}

fn names(found: &[ShownUser]) -> Vec<&str> {
    found.iter().map(|shown| shown.user.username.as_str()).collect()
}

async fn search(bench: &Bench, actor: &Actor, term: &str) -> Vec<ShownUser> {
    let wanted = SearchWanted { term: term.to_owned(), most: 100, ..SearchWanted::default() };
    bench.accounts.search(granted(actor), actor, wanted).await.unwrap()
}

async fn complete(bench: &Bench, actor: &Actor, change: impl FnOnce(&mut CompletionWanted)) -> Completion {
    let mut wanted = CompletionWanted { most: 100, ..CompletionWanted::default() };
    change(&mut wanted);
    bench.accounts.complete(granted(actor), actor, wanted).await.unwrap()
}

#[tokio::test]
async fn nobody_is_found_by_what_is_hidden() {
    let (bench, root, bob) = bench(CLOSED).await;
    for hidden in ["zuse", "ZUSE", "countess", "byron.test", "@byron"] {
        assert!(search(&bench, &bob, hidden).await.is_empty(), "{hidden}");
        assert_eq!(names(&search(&bench, &root, hidden).await), ["ada"], "{hidden}");
    }
    assert_eq!(names(&search(&bench, &bob, "enchant").await), ["ada"], "nicknames are no secret");
    assert!(search(&bench, &bob, "ada zuse").await.is_empty(), "not even together with what is seen");
}

#[tokio::test]
async fn what_is_shown_is_searched() {
    let (bench, _, bob) = bench(OPEN).await;
    for shown in ["zuse", "countess@byron", "enchant", "ada zuse byron", &id("ada")] {
        assert_eq!(names(&search(&bench, &bob, shown).await), ["ada"], "{shown}");
    }
    let half = Privacy { shows_email: false, shows_full_name: true };
    let (bench, _, bob) = super::tests::bench(half).await;
    assert_eq!((search(&bench, &bob, "zuse").await.len(), search(&bench, &bob, "countess").await.len()), (1, 0));
}

#[tokio::test]
async fn no_address_completes_a_name() {
    let (bench, root, bob) = bench(OPEN).await;
    for actor in [&root, &bob] {
        assert!(complete(&bench, actor, |w| w.name = "countess".into()).await.users.is_empty());
        assert_eq!(names(&complete(&bench, actor, |w| w.name = "zus".into()).await.users), ["ada"]);
    }
    let (bench, root, bob) = super::tests::bench(CLOSED).await;
    assert!(complete(&bench, &bob, |w| w.name = "zus".into()).await.users.is_empty());
    assert_eq!(names(&complete(&bench, &root, |w| w.name = "zus".into()).await.users), ["ada"]);
}

#[tokio::test]
async fn a_search_finds_those_that_are_asked_for() {
    let (bench, root, bob) = bench(OPEN).await;
    let found = async |actor: &Actor, change: fn(&mut SearchWanted)| {
        let mut wanted = SearchWanted { term: "ada".into(), most: 100, ..SearchWanted::default() };
        change(&mut wanted);
        bench.accounts.search(granted(actor), actor, wanted).await.map(|found| names(&found).join(" "))
    };
    assert_eq!(found(&bob, |_| ()).await.unwrap(), "ada zada");
    assert_eq!(found(&bob, |w| w.with_inactive = true).await.unwrap(), "ada adam zada");
    assert_eq!(found(&bob, |w| w.most = 1).await.unwrap(), "ada");
    assert_eq!(found(&bob, |w| w.term = "zada".into()).await.unwrap(), "zada");
    assert_eq!(found(&bob, |w| w.selection.in_channel = id("c")).await.unwrap(), "ada");
    assert_eq!(found(&bob, |w| (w.selection.not_in_channel, w.selection.in_team) = (id("c"), id("t"))).await.unwrap(), "zada");
    assert_eq!(found(&bob, |w| (w.term, w.roles.role) = ("o".into(), "admin".into())).await.unwrap(), "root");
    for change in [
        (|w| w.roles.role = "no_such_role".into()) as fn(&mut SearchWanted),
        |w| w.term = "a\0da".into(),
        |w| w.selection.without_team = true,
    ] {
        assert_eq!(found(&bob, change).await.unwrap(), "");
    }
    assert_eq!(found(&root, |w| w.selection.in_team = "x".into()).await.unwrap(), "");
    assert!(matches!(found(&root, |w| w.selection.in_group = "x".into()).await, Err(ListError::UnknownGroup)));
    assert!(matches!(found(&bob, |w| w.selection.in_team = "x".into()).await, Err(ListError::Forbidden(_))));
}

#[tokio::test]
async fn names_are_completed_from_the_channel_and_from_outside() {
    let (bench, root, bob) = bench(OPEN).await;
    let here = complete(&bench, &bob, |w| (w.name, w.in_team, w.in_channel) = ("ada".into(), id("t"), id("c"))).await;
    assert_eq!((names(&here.users), names(&here.out_of_channel)), (vec!["ada"], vec!["zada"]));
    let team = complete(&bench, &bob, |w| (w.name, w.in_team) = ("ada".into(), id("t"))).await;
    assert_eq!((names(&team.users), team.out_of_channel.len()), (vec!["ada", "zada"], 0));
    let channel = complete(&bench, &bob, |w| (w.name, w.in_channel) = ("ada".into(), id("c"))).await;
    assert_eq!(names(&channel.users), ["ada"]);
    assert_eq!(names(&complete(&bench, &bob, |w| w.name = "ada".into()).await.users), ["ada", "zada"]);
    assert!(complete(&bench, &root, |w| w.in_team = "x".into()).await.users.is_empty());
    assert!(complete(&bench, &root, |w| w.name = "a\0".into()).await.users.is_empty());
}

#[tokio::test]
async fn a_team_is_offered_first_to_those_who_see_it() {
    let (bench, _, bob) = bench(OPEN).await;
    bench.person("adalbert", "system_user").await;
    let eve = bench.person("eve", "system_user").await;
    let rather = |w: &mut CompletionWanted| (w.name, w.rather_in_team) = ("ada".into(), id("t"));
    assert_eq!(names(&complete(&bench, &bob, rather).await.users), ["ada", "zada"]);
    assert_eq!(names(&complete(&bench, &eve, rather).await.users), ["ada", "adalbert", "zada"]);
    let nobody = |w: &mut CompletionWanted| (w.name, w.rather_in_team) = ("adalb".into(), id("t"));
    assert_eq!(names(&complete(&bench, &bob, nobody).await.users), ["adalbert"]);
}

#[tokio::test]
async fn names_are_completed_for_those_who_see_the_place() {
    let (bench, _, _) = bench(OPEN).await;
    let eve = bench.person("eve", "system_user").await;
    for (team, channel) in [(id("t"), String::new()), (id("t"), id("c")), (String::new(), id("c"))] {
        let wanted = CompletionWanted { in_team: team, in_channel: channel, most: 100, ..CompletionWanted::default() };
        let refused = bench.accounts.complete(granted(&eve), &eve, wanted).await;
        assert!(matches!(refused, Err(ListError::Forbidden(_))));
    }
    bench.faults.reads.store(1, std::sync::atomic::Ordering::SeqCst);
    let failed = bench.accounts.complete(granted(&eve), &eve, CompletionWanted::default()).await;
    assert!(matches!(failed, Err(ListError::Store(_))));
}
