//! Profile pictures: real ones, made and kept as the program does.

use std::time::Duration;

use muster_domain::testkit::fixture::BORN;
use muster_domain::user::Bot;
use muster_http_actix::wiring::{self, Ports};
use serde_json::{Value, json};

use crate::app::reply::Reply;
use crate::app::{FORBIDDEN, MISSING, Somebody, TestApp, URL_PARAM};
use crate::scene::{Scene, unknown};

const RED: &[u8] = include_bytes!("samples/red.png");
const GREEN: &[u8] = include_bytes!("samples/green.png");
const JPEG: &[u8] = include_bytes!("samples/red.jpg");
const GIF: &[u8] = include_bytes!("samples/pixel.gif");
const WEBP: &[u8] = include_bytes!("samples/red.webp");
/// 128 x 129 pixels.
const TALL: &[u8] = include_bytes!("samples/tall.png");
/// A head that promises more pixels than there are.
const BOMB: &[u8] = include_bytes!("samples/bomb.png");
/// Ten thousand bytes that hold eighty million pixels.
const FLOOD: &[u8] = include_bytes!("samples/flood.png");

const LIMITS: &str = "api.user.upload_profile_user.check_image_limits.app_error";
const BROKEN: &str = "api.user.upload_profile_user.decode.app_error";
const NOWHERE: &str = "api.user.upload_profile_user.storage.app_error";

/// A form with a file in it.
pub(crate) fn form(bytes: &[u8]) -> Vec<u8> {
    part("name=\"image\"; filename=\"me.png\"", bytes, "--cut--\r\n")
}

/// One part of a form, and what follows.
pub(crate) fn part(told: &str, bytes: &[u8], rest: &str) -> Vec<u8> {
    let head = format!("--cut\r\nContent-Disposition: form-data; {told}\r\nContent-Type: application/octet-stream\r\n\r\n");
    [head.as_bytes(), bytes, b"\r\n", rest.as_bytes()].concat()
}

/// Sends a form.
pub(crate) async fn send(scene: &Scene, by: &Somebody, id: &str, form: Vec<u8>) -> Reply {
    let ask = scene.app.ask("POST", &format!("/api/v4/users/{id}/image")).by(by);
    ask.header("content-type", "multipart/form-data; boundary=cut").body(form).send().await
}

/// Sets somebody's own picture.
pub(crate) async fn sets(scene: &Scene, who: &Somebody, bytes: &[u8]) {
    let reply = send(scene, who, "me", form(bytes)).await;
    assert_eq!((reply.status, reply.json()), (200, json!({ "status": "OK" })));
}

/// With real pictures, kept in a folder.
async fn real(settings: &str) -> Scene {
    let app = TestApp::on(settings, |config, ports| {
        let keys = std::sync::Arc::new(wiring::keys(config, None).unwrap());
        let real = wiring::ports(config, ports.store.clone(), keys, None).unwrap();
        Ports { pictures: real.pictures, files: real.files, ..ports }
    });
    Scene::of(app.await).await
}

async fn image(scene: &Scene, by: &Somebody, id: &str) -> Reply {
    scene.get(by, &format!("/users/{id}/image")).await
}

/// Fails unless this is a square PNG that browsers hold for a day.
#[track_caller]
fn is_square(reply: &Reply) {
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("image/png")));
    assert_eq!(reply.header("cache-control"), Some("max-age=86400, private"));
    assert!(reply.body.starts_with(b"\x89PNG\r\n\x1a\n"));
    assert_eq!(reply.body[16..24], [0, 0, 0, 128, 0, 0, 0, 128]);
}

#[actix_web::test]
async fn a_picture_of_every_format_becomes_a_square_png() {
    let scene = real("").await;
    let mut shown = vec![image(&scene, &scene.bob, &scene.cy.id).await.body];
    for sent in [RED, JPEG, GIF, WEBP] {
        scene.app.clock.advance(Duration::from_secs(1));
        sets(&scene, &scene.cy, sent).await;

        let reply = image(&scene, &scene.bob, &scene.cy.id).await;

        is_square(&reply);
        assert!(!shown.contains(&reply.body));
        let user = scene.seen(&scene.bob, &format!("/users/{}", scene.cy.id)).await;
        assert_eq!(reply.header("etag"), Some(user["last_picture_update"].to_string().as_str()));
        shown.push(reply.body);
    }
}

#[actix_web::test]
async fn who_has_none_is_shown_a_generated_one_always_the_same() {
    let scene = real("").await;

    let reply = image(&scene, &scene.bob, &scene.cy.id).await;

    is_square(&reply);
    assert_eq!(reply.header("etag"), Some("0"));
    let default = scene.get(&scene.dan, &format!("/users/{}/image/default", scene.cy.id)).await;
    is_square(&default);
    assert_eq!((default.header("etag"), &default.body), (None, &reply.body));
    assert_eq!(scene.get(&scene.cy, "/users/me/image?_=12345").await.body, reply.body);
    sets(&scene, &scene.cy, RED).await;
    assert_eq!(scene.get(&scene.cy, "/users/me/image/default").await.body, reply.body, "whatever else is set");
}

#[actix_web::test]
async fn a_picture_that_is_held_is_not_sent_again() {
    let scene = real("").await;
    let path = format!("/api/v4/users/{}/image", scene.cy.id);
    let held = async |tag: &str| scene.app.get(&path).by(&scene.bob).header("if-none-match", tag).send().await;
    let first = held("0").await;
    assert_eq!((first.status, first.body.len(), first.header("etag")), (304, 0, Some("0")));

    sets(&scene, &scene.cy, RED).await;

    let tag = (BORN.as_millis()).to_string();
    assert_eq!((held(&tag).await.status, held("0").await.status), (304, 200));
    for other in ["", "*", "\"0\"", "nonsense", "99999999999999999999", &format!("\"{tag}\""), &format!("-{tag}")] {
        is_square(&held(other).await);
    }
}

#[actix_web::test]
async fn the_same_picture_again_changes_nothing() {
    let scene = real("").await;
    sets(&scene, &scene.cy, RED).await;
    let (before, audited) = (scene.seen(&scene.cy, "/users/me").await, scene.app.audit().await.len());
    scene.app.clock.advance(Duration::from_secs(1));

    sets(&scene, &scene.cy, RED).await;

    assert_eq!((scene.seen(&scene.cy, "/users/me").await, scene.app.audit().await.len()), (before.clone(), audited));
    sets(&scene, &scene.cy, GREEN).await;
    assert_ne!(scene.seen(&scene.cy, "/users/me").await["last_picture_update"], before["last_picture_update"]);
}

#[actix_web::test]
async fn the_generated_picture_comes_back() {
    let scene = real("").await;
    let generated = image(&scene, &scene.bob, &scene.cy.id).await.body;
    sets(&scene, &scene.cy, RED).await;
    scene.app.clock.advance(Duration::from_secs(1));

    let reply = scene.delete(&scene.cy, "/users/me/image").await;

    assert_eq!((reply.status, reply.json()), (200, json!({ "status": "OK" })));
    let shown = image(&scene, &scene.bob, &scene.cy.id).await;
    is_square(&shown);
    let then = -(BORN.as_millis() + 1000);
    assert_eq!((&shown.body, shown.header("etag")), (&generated, Some(then.to_string().as_str())));
    assert_eq!(scene.seen(&scene.cy, "/users/me").await["last_picture_update"], then);
}

#[actix_web::test]
async fn of_pictures_set_one_after_another_one_is_kept() {
    let scene = Scene::new().await;
    for sent in [b"PNG one", b"PNG two", b"PNG six"] {
        sets(&scene, &scene.cy, sent).await;
        assert_eq!(scene.app.files.names().len(), 1, "at the same moment too");
    }

    assert_eq!(image(&scene, &scene.bob, &scene.cy.id).await.body, "square of PNG six");
    assert_eq!(scene.delete(&scene.cy, "/users/me/image").await.status, 200);
    assert_eq!(scene.app.files.names(), [""; 0]);
}

#[actix_web::test]
async fn what_is_no_picture_is_refused_and_changes_nothing() {
    let scene = real("").await;
    for (what, sent, id) in [
        ("nothing", &b""[..], LIMITS),
        ("text", b"plain text", LIMITS),
        ("SVG", b"<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'/>", LIMITS),
        ("HTML", b"<html><script>alert(1)</script></html>", LIMITS),
        ("PDF", b"%PDF-1.4", LIMITS),
        ("BMP", b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0", LIMITS),
        ("TIFF", b"II*\0\x08\0\0\0", LIMITS),
        ("the head of a GIF", b"GIF89a", LIMITS),
        ("the head of a PNG", &RED[..8], LIMITS),
        ("half a PNG", &RED[..RED.len() / 2 + 10], BROKEN),
        ("half a JPEG", &JPEG[..JPEG.len() / 2], LIMITS),
        ("a JPEG without its end", &JPEG[..JPEG.len() - 4], BROKEN),
        ("a head of 3.6 gigapixels", BOMB, LIMITS),
        ("81 megapixels in few bytes", FLOOD, LIMITS),
    ] {
        let reply = send(&scene, &scene.cy, "me", form(sent)).await;

        assert_eq!(reply.told(), (400, id.to_owned()), "{what} {}", reply.text());
    }
    assert_eq!(image(&scene, &scene.bob, &scene.cy.id).await.header("etag"), Some("0"));
}

#[actix_web::test]
async fn the_operator_bounds_the_pixels() {
    let (strict, exact) = (real("files.picture_pixels = 16511").await, real("files.picture_pixels = 16512").await);

    send(&strict, &strict.cy, "me", form(TALL)).await.is_error(400, LIMITS);

    sets(&exact, &exact.cy, TALL).await;
}

#[actix_web::test]
async fn guests_see_the_pictures_of_those_alone_whom_they_know() {
    let scene = Scene::new().await;
    crate::admit(&scene, &scene.gil.id).await;
    for path in ["image", "image/default"] {
        for id in [&scene.cy.id, &scene.ada.id, &unknown()] {
            scene.get(&scene.gil, &format!("/users/{id}/{path}")).await.is_error(403, FORBIDDEN);
        }
        for id in [&scene.bob.id, &scene.gil.id, "me"] {
            assert_eq!(scene.get(&scene.gil, &format!("/users/{id}/{path}")).await.status, 200);
        }
        scene.get(&scene.bob, &format!("/users/{}/{path}", unknown())).await.is_error(404, MISSING);
        scene.get(&scene.bob, &format!("/users/short/{path}")).await.is_error(400, URL_PARAM);
    }
    let held = format!("/api/v4/users/{}/image", scene.cy.id);
    let reply = scene.app.get(&held).by(&scene.gil).header("if-none-match", "0").send().await;
    reply.is_error(403, FORBIDDEN);
}

#[actix_web::test]
async fn pictures_are_set_by_their_holder_and_those_above_him() {
    let scene = Scene::new().await;
    let bot = scene.app.insert("robo", |user| user.bot = Some(Bot::default())).await;
    for who in [&scene.bob, &scene.gil] {
        for target in [&scene.cy.id, &scene.ada.id, bot.id.as_str(), &unknown()] {
            send(&scene, who, target, form(b"PNG")).await.is_error(403, FORBIDDEN);
            scene.delete(who, &format!("/users/{target}/image")).await.is_error(403, FORBIDDEN);
        }
    }
    assert_eq!(scene.app.files.names(), [""; 0]);
    send(&scene, &scene.ada, &unknown(), form(b"PNG")).await.is_error(400, URL_PARAM);
    scene.delete(&scene.ada, &format!("/users/{}/image", unknown())).await.is_error(404, MISSING);
    for target in [scene.cy.id.as_str(), bot.id.as_str(), "me"] {
        assert_eq!(send(&scene, &scene.ada, target, form(b"PNG")).await.status, 200, "{target}");
    }
    assert!(scene.seen(&scene.bob, &format!("/users/{}", bot.id)).await["bot_last_icon_update"].as_i64().unwrap() > 0);
}

#[actix_web::test]
async fn without_a_place_to_keep_them_everybody_has_a_generated_one() {
    let scene = real("files.driver = \"none\"").await;

    send(&scene, &scene.cy, "me", form(RED)).await.is_error(501, NOWHERE);
    scene.delete(&scene.cy, "/users/me/image").await.is_error(501, NOWHERE);

    is_square(&image(&scene, &scene.bob, &scene.cy.id).await);
    send(&scene, &scene.bob, &scene.cy.id, form(RED)).await.is_error(403, FORBIDDEN);
}

#[actix_web::test]
async fn files_out_of_reach_are_told_without_their_words() {
    let scene = Scene::new().await;
    sets(&scene, &scene.cy, b"PNG").await;
    *scene.app.files.is_out_of_reach.lock().unwrap() = true;

    let set = send(&scene, &scene.bob, "me", form(b"PNG")).await;
    let got = image(&scene, &scene.bob, &scene.cy.id).await;

    set.is_error(500, "api.user.upload_profile_user.upload_profile.app_error");
    got.is_error(500, "api.file.read_file.app_error");
    assert!(!set.text().contains("out of reach") && !got.text().contains("out of reach"));
    assert_eq!(scene.seen(&scene.bob, "/users/me").await.get("last_picture_update"), None);
}

#[actix_web::test]
async fn bots_have_a_picture_of_their_own() {
    let scene = real("").await;
    let bot = scene.app.insert("robo", |user| user.bot = Some(Bot::default())).await;

    let (shown, person) = (image(&scene, &scene.bob, bot.id.as_str()).await, image(&scene, &scene.bob, &scene.cy.id).await);

    is_square(&shown);
    assert_ne!(shown.body, person.body);
    assert_eq!(scene.call(None, "GET", &format!("/users/{}/image", bot.id), &Value::Null).await.status, 401);
}
