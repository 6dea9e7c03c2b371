//! Rules of lists and counts.

use super::*;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, granted};
use crate::user::shown::Privacy;

fn id(short: &str) -> String {
    fixture::id::<ChannelId>(short).to_string()
}

fn wanted(change: impl FnOnce(&mut ListWanted)) -> ListWanted {
    let mut wanted = ListWanted::default();
    change(&mut wanted);
    wanted
}

async fn list(bench: &Bench, actor: &Actor, wanted: ListWanted) -> Vec<ListedUser> {
    bench.accounts.list(granted(actor), actor, wanted).await.unwrap()
}

async fn names(bench: &Bench, actor: &Actor, change: impl FnOnce(&mut ListWanted)) -> Vec<String> {
    let listed = list(bench, actor, wanted(change)).await;
    listed.into_iter().map(|listed| listed.shown.user.username.as_str().to_owned()).collect()
}

/// An admin, two members, one of whom is off, a bot and somebody from elsewhere; a team, a channel and a group with the members.
async fn bench(privacy: Privacy) -> (Bench, Actor, Actor) {
    let bench = Bench::under(|rules| (rules.privacy, rules.name_format) = (privacy, NameFormat::FullName));
    let root = bench.person("root", "system_admin system_user").await;
    let mut ada = fixture::user("ada", "ada");
    ada.profile.last_name = "Zuse".into();
    let ada = bench.put(ada).await;
    bench.put(User { deleted_at: fixture::BORN, ..fixture::user("bob", "bob") }).await;
    bench.put(fixture::bot("bot", "bot", "root")).await;
    bench.put(User { remote_id: Some("far".into()), ..fixture::user("far", "far") }).await;
    bench
        .write(async |work| {
            work.teams().insert(&fixture::team("t")).await.unwrap();
            work.channels().insert(&fixture::channel("c", Some("t"))).await.unwrap();
            work.groups().insert(&fixture::group("g")).await.unwrap();
            let members = ["ada", "bob", "far"].map(fixture::id);
            work.groups().add(&fixture::id("g"), &members, fixture::BORN).await.unwrap();
            work.groups().link(&fixture::id("g"), &crate::group::Place::Team(fixture::id("t")), fixture::BORN).await.unwrap();
        })
        .await;
    bench.enrol("t", &["ada", "bob"]).await;
    bench.seat("c", &["ada", "bob"]).await;
    (bench, root, ada)
}

const OPEN: Privacy = Privacy { shows_email: true, shows_full_name: true };
const CLOSED: Privacy = Privacy { shows_email: false, shows_full_name: false };

#[tokio::test]
async fn a_list_has_those_that_are_asked_for() {
    let (bench, root, ada) = bench(OPEN).await;
    assert_eq!(names(&bench, &ada, |_| ()).await, ["ada", "bob", "bot", "far", "root"]);
    assert_eq!(names(&bench, &ada, |w| w.is_active = Some(false)).await, ["bob"]);
    assert_eq!(names(&bench, &ada, |w| w.page = Page { number: 1, size: 2 }).await, ["bot", "far"]);
    assert_eq!(names(&bench, &ada, |w| w.roles.role = "system_admin".into()).await, ["root"]);
    assert_eq!(names(&bench, &ada, |w| w.roles.role = "system_user".into()).await, ["ada", "bob", "bot", "far"]);
    assert_eq!(names(&bench, &ada, |w| w.selection.in_team = id("t")).await, ["ada", "bob"]);
    assert_eq!(names(&bench, &ada, |w| w.selection.not_in_team = id("t")).await, ["bot", "far", "root"]);
    assert_eq!(names(&bench, &root, |w| w.selection.without_team = true).await, ["bot", "far", "root"]);
    assert!(names(&bench, &root, |w| w.selection.in_team = "x".into()).await.is_empty());
}

#[tokio::test]
async fn where_a_team_is_constrained_only_linked_groups_may_come() {
    let (bench, _, ada) = bench(OPEN).await;
    let constrained = |w: &mut ListWanted| (w.selection.not_in_team, w.selection.is_group_constrained) = (id("t"), true);
    assert_eq!(names(&bench, &ada, constrained).await, ["far"]);
}

#[tokio::test]
async fn some_lists_look_at_less() {
    let (bench, _, ada) = bench(OPEN).await;
    let off = |w: &mut ListWanted| w.is_active = Some(false);
    assert_eq!(names(&bench, &ada, |w| (off(w), w.selection.not_in_team = id("t")).1).await, ["bot", "far", "root"]);
    let created = |w: &mut ListWanted| (w.selection.in_team, w.order) = (id("t"), Order::Created);
    assert_eq!(names(&bench, &ada, |w| (off(w), created(w)).1).await, ["ada", "bob"]);
    let admins = |w: &mut ListWanted| (w.selection.in_channel, w.order) = (id("c"), Order::AdminsFirst);
    assert_eq!(names(&bench, &ada, |w| (off(w), admins(w)).1).await, ["bob"]);
    assert_eq!(names(&bench, &ada, |w| w.selection.in_group = id("g")).await, ["ada", "far"], "active ones alone");
}

#[tokio::test]
async fn what_is_not_there_is_told() {
    let (bench, root, ada) = bench(OPEN).await;
    let refused =
        async |actor: &Actor, change: fn(&mut ListWanted)| bench.accounts.list(granted(actor), actor, wanted(change)).await.unwrap_err();
    assert!(matches!(refused(&root, |w| w.roles.role = "no_such_role".into()).await, ListError::UnknownRole("role")));
    assert!(matches!(refused(&root, |w| w.selection.in_group = "x".into()).await, ListError::UnknownGroup));
    assert!(matches!(refused(&ada, |w| w.selection.without_team = true).await, ListError::Forbidden(_)));
    bench.faults.reads.store(1, std::sync::atomic::Ordering::SeqCst);
    assert!(matches!(refused(&ada, |_| ()).await, ListError::Store(_)));
}

#[tokio::test]
async fn where_names_are_hidden_no_order_gives_them_away() {
    let by_name = |w: &mut ListWanted| (w.selection.in_group, w.order) = (id("g"), Order::DisplayName(NameFormat::Nickname));
    let (open, _, ada) = bench(OPEN).await;
    assert_eq!(names(&open, &ada, by_name).await, ["far", "ada"], "far comes before Zuse");
    let (closed, root, ada) = bench(CLOSED).await;
    assert_eq!(names(&closed, &ada, by_name).await, ["ada", "far"]);
    assert_eq!(names(&closed, &root, by_name).await, ["far", "ada"]);
}

#[tokio::test]
async fn what_is_hidden_is_in_no_list() {
    let (bench, root, ada) = bench(CLOSED).await;
    let zuse = async |actor: &Actor, change: fn(&mut ListWanted)| {
        let listed = list(&bench, actor, wanted(change)).await;
        let shown = listed.into_iter().map(|listed| listed.shown).find(|shown| shown.user.username.as_str() == "ada").unwrap();
        (shown.user.profile.last_name, shown.hides_email)
    };
    assert_eq!(zuse(&root, |_| ()).await, ("Zuse".into(), false));
    assert_eq!(zuse(&ada, |_| ()).await, (String::new(), true), "in a list nobody is himself");
    assert_eq!(zuse(&root, |w| w.selection.in_group = id("g")).await, (String::new(), true), "the wire has it so");
}

#[tokio::test]
async fn people_know_whom_they_share_a_channel_with() {
    let (bench, root, ada) = bench(OPEN).await;
    let known = async |actor: &Actor| bench.accounts.known(granted(actor), actor).await.unwrap();
    assert_eq!(known(&ada).await, [fixture::id("bob")]);
    assert!(known(&root).await.is_empty() && known(&Actor::Operator).await.is_empty());
}

#[tokio::test]
async fn a_group_channel_shows_its_members_to_each_other() {
    let (bench, root, ada) = bench(CLOSED).await;
    let crowd = (0..CHANNELS).map(|n| fixture::channel(&format!("a{n}x"), None)).collect::<Vec<_>>();
    bench
        .write(async |work| {
            for channel in crowd.iter().chain([&fixture::channel("m", None), &fixture::channel("z", None)]) {
                work.channels().insert(channel).await.unwrap();
            }
        })
        .await;
    bench.seat("m", &["ada", "root", "far"]).await;
    let ask = async |actor: &Actor, ids: Vec<String>| {
        let found = bench.accounts.in_group_channels(granted(actor), actor, ids).await.unwrap();
        found.into_iter().map(|(_, shown)| (shown.user.username.as_str().to_owned(), shown.hides_email)).collect::<Vec<_>>()
    };
    let both = vec![id("m"), id("m"), id("c"), "x".into()];
    assert_eq!(ask(&ada, both.clone()).await, [("far".to_owned(), true), ("root".to_owned(), true)]);
    assert_eq!(ask(&root, both).await, [("ada".to_owned(), false), ("far".to_owned(), false)]);
    let mut many: Vec<String> = crowd.iter().map(|channel| channel.id.to_string()).collect();
    many.push(id("m"));
    assert!(ask(&ada, many).await.is_empty(), "beyond the first fifty none is looked at");
    assert!(ask(&Actor::Operator, vec![id("m")]).await.is_empty());
}

#[tokio::test]
async fn counts_leave_out_what_nobody_asked_for() {
    let (bench, root, ada) = bench(OPEN).await;
    assert_eq!(bench.accounts.total(granted(&ada), &ada).await.unwrap(), 3, "root, ada and the bot");
    let count = async |change: fn(&mut Statistics)| {
        let mut wanted = Statistics::default();
        change(&mut wanted);
        bench.accounts.statistics(&root, wanted).await.unwrap()
    };
    assert_eq!(count(|_| ()).await, 2);
    assert_eq!(count(|w| w.with_bots = true).await, 3);
    assert_eq!(count(|w| (w.with_bots, w.with_remote, w.with_inactive) = (true, true, true)).await, 5);
    assert_eq!(count(|w| w.roles.roles = vec!["system_admin".into()]).await, 1);
    assert_eq!(count(|w| (w.selection.in_team, w.selection.in_channel) = (id("t"), "x".into())).await, 1);
    assert_eq!(count(|w| (w.selection.in_channel, w.with_inactive) = (id("c"), true)).await, 2);
    assert_eq!(count(|w| w.selection.in_team = "x".into()).await, 0);
}

#[tokio::test]
async fn only_who_reads_the_console_is_told_counts() {
    let (bench, _, ada) = bench(OPEN).await;
    assert!(matches!(bench.accounts.statistics(&ada, Statistics::default()).await, Err(ListError::Forbidden(_))));
    let malformed = Statistics { roles: RoleNames { roles: vec!["No role".into()], ..RoleNames::default() }, ..Statistics::default() };
    assert!(matches!(bench.accounts.statistics(&ada, malformed).await, Err(ListError::UnknownRole("roles"))));
    let reader = bench.person("eve", "system_user system_read_only_admin").await;
    assert!(bench.accounts.statistics(&reader, Statistics::default()).await.is_ok());
}

#[tokio::test]
async fn addresses_of_other_domains_are_found() {
    let bench = Bench::under(|rules| rules.domains = crate::email::MailDomains::parse("corp.test"));
    let root = bench.person("root", "system_admin system_user").await;
    bench.put(User { email: crate::email::Email::parse("eve@corp.test").unwrap(), ..fixture::user("eve", "eve") }).await;
    let found = bench.accounts.with_invalid_address(granted(&root), Page::FIRST).await.unwrap();
    assert_eq!(found.iter().map(|user| user.username.as_str()).collect::<Vec<_>>(), ["root"]);
}
