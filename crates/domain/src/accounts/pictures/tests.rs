//! Rules of profile pictures.

use super::*;
use crate::testkit::fixture;
use crate::testkit::service::{Bench, account_rules, acting, origin, sign_in_rules};

async fn bench() -> (Bench, Actor) {
    let bench = Bench::default();
    let ada = bench.person("ada", "system_user").await;
    (bench, ada)
}

async fn set(bench: &Bench, actor: &Actor, short_id: &str, sent: &[u8]) -> Result<(), SetPictureError> {
    bench.accounts.set_picture(actor, &fixture::id(short_id), sent.to_vec(), &origin()).await
}

async fn reset(bench: &Bench, actor: &Actor, short_id: &str) -> Result<(), SetPictureError> {
    bench.accounts.reset_picture(actor, &fixture::id(short_id), &origin()).await
}

/// As a viewer of today sees it.
async fn seen(bench: &Bench, actor: &Actor, short_id: &str) -> PictureSeen {
    let actor = acting(&bench.held(actor.user_id().unwrap()).await);
    bench.accounts.picture(&actor, &fixture::id(short_id), None).await.unwrap()
}

#[tokio::test]
async fn the_same_picture_again_changes_nothing() {
    let (bench, ada) = bench().await;
    set(&bench, &ada, "ada", b"PNG one").await.unwrap();
    let (before, names) = (bench.held(&fixture::id("ada")).await, bench.files.names());
    bench.clock.advance(std::time::Duration::from_secs(1));
    set(&bench, &ada, "ada", b"PNG one").await.unwrap();
    assert_eq!((bench.held(&fixture::id("ada")).await, bench.files.names()), (before, names));
    assert_eq!(bench.audit().await.len(), 1);
}

#[tokio::test]
async fn each_picture_has_another_name_and_the_former_goes() {
    let (bench, ada) = bench().await;
    let mut names = Vec::new();
    // In one millisecond: the clock stands.
    for sent in [b"PNG one", b"PNG two", b"PNG one"] {
        set(&bench, &ada, "ada", sent).await.unwrap();
        assert_eq!(seen(&bench, &ada, "ada").await.png.unwrap(), [b"square of ".as_slice(), sent].concat());
        names.extend(bench.files.names());
    }
    names.dedup();
    assert_eq!(names.len(), 3);
}

#[tokio::test]
async fn who_holds_a_picture_is_not_sent_it_again() {
    let (bench, ada) = bench().await;
    set(&bench, &ada, "ada", b"PNG").await.unwrap();
    let at = seen(&bench, &ada, "ada").await.at;
    let ada = acting(&bench.held(ada.user_id().unwrap()).await);
    assert_eq!(bench.accounts.picture(&ada, &fixture::id("ada"), Some(at)).await.unwrap(), PictureSeen { png: None, at });
    let other = Timestamp::from_millis(at.as_millis() - 1);
    assert!(bench.accounts.picture(&ada, &fixture::id("ada"), Some(other)).await.unwrap().png.is_some());
}

#[tokio::test]
async fn a_picture_that_is_taken_back_is_generated_again() {
    let (bench, ada) = bench().await;
    set(&bench, &ada, "ada", b"PNG").await.unwrap();
    let before = seen(&bench, &ada, "ada").await.at;
    reset(&bench, &ada, "ada").await.unwrap();
    let after = seen(&bench, &ada, "ada").await;
    assert!(after.at < Timestamp::NEVER && after.at.negated() > before);
    assert!(after.png.unwrap().starts_with(b"initial of ada"));
    assert!(bench.files.names().is_empty());
    reset(&bench, &ada, "ada").await.unwrap();
    assert!(seen(&bench, &ada, "ada").await.at < after.at, "each time is another");
}

#[tokio::test]
async fn where_no_picture_was_set_one_is_drawn() {
    let (bench, ada) = bench().await;
    bench.put(fixture::bot("bot", "bot", "ada")).await;
    let drawn = seen(&bench, &ada, "ada").await;
    assert_eq!((drawn.at, drawn.png.unwrap().starts_with(b"initial of ada")), (Timestamp::NEVER, true));
    assert_eq!(seen(&bench, &ada, "bot").await.png.unwrap(), b"picture of bots");
    set(&bench, &ada, "ada", b"PNG").await.unwrap();
    let default = bench.accounts.default_picture(&ada, &fixture::id("ada")).await.unwrap();
    assert!(default.png.unwrap().starts_with(b"initial of ada"));
}

#[tokio::test]
async fn a_picture_that_is_lost_is_drawn_instead() {
    let (bench, ada) = bench().await;
    set(&bench, &ada, "ada", b"PNG").await.unwrap();
    crate::port::Files::clear(&*bench.files, &folder(ada.user_id().unwrap())).await.unwrap();
    let drawn = seen(&bench, &ada, "ada").await;
    assert!(drawn.png.unwrap().starts_with(b"initial"));
    assert_eq!(drawn.at, Timestamp::NEVER, "nobody holds on to it");
}

#[tokio::test]
async fn of_two_pictures_at_once_the_later_is_shown_and_the_other_goes() {
    for moments in [0, 1] {
        let (bench, ada) = bench().await;
        let turn = crate::store::Store::begin(&*bench.store).await.unwrap();
        let time_goes_on = async { bench.clock.advance(std::time::Duration::from_millis(moments)) };
        let (first, (), second, ()) =
            tokio::join!(set(&bench, &ada, "ada", b"PNG one"), time_goes_on, set(&bench, &ada, "ada", b"PNG two"), async { drop(turn) });
        first.unwrap();
        second.unwrap();
        assert_eq!(seen(&bench, &ada, "ada").await.png.unwrap(), b"square of PNG two");
        assert_eq!(bench.files.names().len(), 1);
    }
}

#[tokio::test]
async fn who_may_not_set_a_picture_is_told_why() {
    let (bench, ada) = bench().await;
    let root = bench.person("root", "system_admin system_user").await;
    bench.put(fixture::bot("bot", "bot", "ada")).await;
    let check = async |actor: &Actor, short_id: &str| bench.accounts.may_set_picture(actor, &fixture::id(short_id)).await;
    for name in ["root", "bot", "none"] {
        assert!(matches!(set(&bench, &ada, name, b"PNG").await, Err(SetPictureError::Forbidden(_))), "{name}");
        assert!(matches!(reset(&bench, &ada, name).await, Err(SetPictureError::Forbidden(_))), "{name}");
        assert!(matches!(check(&ada, name).await, Err(SetPictureError::Forbidden(_))), "{name}");
    }
    assert!(matches!(set(&bench, &root, "none", b"PNG").await, Err(SetPictureError::Missing)));
    assert!(matches!(reset(&bench, &root, "none").await, Err(SetPictureError::Missing)));
    assert!(matches!(set(&bench, &ada, "ada", b"no picture").await, Err(SetPictureError::Picture(PictureError::Unknown))));
    assert!(check(&ada, "ada").await.is_ok() && check(&root, "ada").await.is_ok());
    *bench.files.is_out_of_reach.lock().unwrap() = true;
    assert!(matches!(set(&bench, &ada, "ada", b"PNG").await, Err(SetPictureError::Files(_))));
    assert!(bench.audit().await.is_empty());
}

#[tokio::test]
async fn who_may_not_see_a_picture_is_told_why() {
    let (bench, ada) = bench().await;
    let gus = bench.person("gus", "system_guest").await;
    let look = async |actor: &Actor, short_id: &str| bench.accounts.picture(actor, &fixture::id(short_id), None).await;
    for name in ["ada", "none"] {
        assert!(matches!(look(&gus, name).await, Err(PictureSeenError::LookUp(LookUpError::Forbidden(_)))), "{name}");
        let default = bench.accounts.default_picture(&gus, &fixture::id(name)).await;
        assert!(matches!(default, Err(PictureSeenError::LookUp(LookUpError::Forbidden(_)))), "{name}");
    }
    assert!(look(&gus, "gus").await.is_ok());
    assert!(matches!(look(&ada, "none").await, Err(PictureSeenError::LookUp(LookUpError::Missing))));
    set(&bench, &ada, "ada", b"PNG").await.unwrap();
    let ada = acting(&bench.held(ada.user_id().unwrap()).await);
    *bench.files.is_out_of_reach.lock().unwrap() = true;
    assert!(matches!(look(&ada, "ada").await, Err(PictureSeenError::Files(_))));
}

/// Draws nothing.
struct Broken;

#[async_trait::async_trait]
impl crate::port::Pictures for Broken {
    async fn square(&self, _: Vec<u8>) -> Result<Vec<u8>, PictureError> {
        Err(PictureError::Broken)
    }

    async fn initial(&self, _: &UserId, _: &crate::username::Username) -> Result<Vec<u8>, PictureError> {
        Err(PictureError::Busy { retry_after: std::time::Duration::from_secs(1) })
    }

    fn bot(&self) -> Vec<u8> {
        Vec::new()
    }
}

#[tokio::test]
async fn what_can_not_be_drawn_is_told() {
    let bench = Bench::on(account_rules(), sign_in_rules(), |ports| ports.pictures = Arc::new(Broken));
    let ada = bench.person("ada", "system_user").await;
    let drawn = bench.accounts.picture(&ada, ada.user_id().unwrap(), None).await;
    assert!(matches!(drawn, Err(PictureSeenError::Picture(PictureError::Busy { .. }))));
    assert!(matches!(set(&bench, &ada, "ada", b"PNG").await, Err(SetPictureError::Picture(PictureError::Broken))));
}

#[tokio::test]
async fn where_no_files_are_kept_pictures_are_generated_alone() {
    let bench = Bench::on(account_rules(), sign_in_rules(), |ports| ports.files = None);
    let ada = bench.person("ada", "system_user").await;
    let bob = fixture::id("bob");
    assert!(matches!(bench.accounts.may_set_picture(&ada, ada.user_id().unwrap()).await, Err(SetPictureError::NoFiles)));
    assert!(matches!(set(&bench, &ada, "ada", b"PNG").await, Err(SetPictureError::NoFiles)));
    assert!(matches!(reset(&bench, &ada, "ada").await, Err(SetPictureError::NoFiles)));
    assert!(matches!(bench.accounts.may_set_picture(&ada, &bob).await, Err(SetPictureError::Forbidden(_))), "rights come first");
    let set_before = User { picture_updated_at: fixture::BORN, ..fixture::user("bob", "bob") };
    bench.put(set_before).await;
    assert!(seen(&bench, &ada, "bob").await.png.unwrap().starts_with(b"initial of bob"));
}

#[tokio::test]
async fn a_picture_of_who_is_gone_in_the_meantime_is_not_left() {
    let (bench, ada) = bench().await;
    let root = bench.person("root", "system_admin system_user").await;
    for actor in [root, ada.clone()] {
        let is_own = actor.user_id() == ada.user_id();
        let mut turn = crate::store::Store::begin(&*bench.store).await.unwrap();
        let meanwhile = async {
            turn.users().remove(ada.user_id().unwrap()).await.unwrap();
            turn.commit().await.unwrap();
        };
        let (outcome, ()) = tokio::join!(set(&bench, &actor, "ada", b"PNG"), meanwhile);
        match outcome {
            Err(SetPictureError::Forbidden(Forbidden::NotSignedIn)) => assert!(is_own),
            other => assert!(matches!(other, Err(SetPictureError::Missing)) && !is_own),
        }
        assert!(bench.files.names().is_empty());
        bench.person("ada", "system_user").await;
    }
}

#[tokio::test]
async fn a_bots_picture_has_a_time_of_its_own() {
    let (bench, _) = bench().await;
    let root = bench.person("root", "system_admin system_user").await;
    bench.put(fixture::bot("bot", "bot", "ada")).await;
    set(&bench, &root, "bot", b"PNG").await.unwrap();
    assert_eq!(bench.held(&fixture::id("bot")).await.bot.unwrap().icon_updated_at, fixture::BORN);
}
