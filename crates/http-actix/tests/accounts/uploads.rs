//! Forms that carry pictures, broken ones above all.

use proptest::prelude::*;

use crate::app::{EXPIRED, FORBIDDEN, TestApp};
use crate::pictures::{form, part, send, sets};
use crate::scene::Scene;
use crate::wire;

const NO_FORM: &str = "api.user.upload_profile_user.parse.app_error";
const NO_FILE: &str = "api.user.upload_profile_user.no_file.app_error";
const TOO_LARGE: &str = "api.user.upload_profile_user.too_large.app_error";

const END: &str = "--cut--\r\n";
const FILE: &str = "name=\"image\"; filename=\"me.png\"";

#[actix_web::test]
async fn what_is_no_form_is_refused() {
    let scene = Scene::new().await;
    for (kind, body) in [
        ("", form(b"PNG")),
        ("application/json", b"{}".to_vec()),
        ("image/png", b"PNG".to_vec()),
        ("application/x-www-form-urlencoded", b"image=PNG".to_vec()),
        ("multipart/form-data", form(b"PNG")),
        ("multipart/form-data; boundary=", form(b"PNG")),
        ("multipart/form-data; boundary=other", form(b"PNG")),
        ("multipart/form-data; boundary=cut", Vec::new()),
        ("multipart/form-data; boundary=cut", b"--cut".to_vec()),
        ("multipart/form-data; boundary=cut", b"nonsense".to_vec()),
        ("multipart/form-data; boundary=cut", vec![0xff; 1000]),
        ("multipart/form-data; boundary=cut", b"--cut\r\nno header\r\n\r\nPNG\r\n--cut--\r\n".to_vec()),
        ("multipart/form-data; boundary=cut", part(FILE, b"PNG", "")),
        ("nonsense", form(b"PNG")),
    ] {
        let ask = scene.app.ask("POST", "/api/v4/users/me/image").by(&scene.cy).header("content-type", kind);

        let reply = ask.body(body.clone()).send().await;

        assert_eq!(reply.status, 400, "{kind} {} {}", String::from_utf8_lossy(&body), reply.text());
        assert!([NO_FORM, NO_FILE].contains(&reply.id().as_str()), "{}", reply.text());
    }
    let bare = scene.app.ask("POST", "/api/v4/users/me/image").by(&scene.cy).body(form(b"PNG")).send().await;
    bare.is_error(400, NO_FORM);
    assert_eq!(scene.app.files.names(), [""; 0]);
}

#[actix_web::test]
async fn a_form_without_a_file_called_image_has_none() {
    let scene = Scene::new().await;
    for told in [
        "name=\"picture\"; filename=\"me.png\"",
        "name=\"Image\"; filename=\"me.png\"",
        "name=\"image\"",
        "name=\"image\"; filename=\"\"",
        "filename=\"me.png\"",
        "name=\"\"; filename=\"image\"",
    ] {
        let reply = send(&scene, &scene.cy, "me", part(told, b"PNG", END)).await;

        assert_eq!(reply.status, 400, "{told}");
        assert!([NO_FORM, NO_FILE].contains(&reply.id().as_str()), "{}", reply.text());
    }
    send(&scene, &scene.cy, "me", END.as_bytes().to_vec()).await.is_error(400, NO_FILE);
}

#[actix_web::test]
async fn of_two_files_the_first_that_is_called_image_counts() {
    let scene = Scene::new().await;
    let text = part("name=\"image\"", b"no file", "");
    let other = part("name=\"other\"; filename=\"a.png\"", b"PNG other", "");

    let reply = send(&scene, &scene.cy, "me", [text, other, part(FILE, b"PNG one", ""), part(FILE, b"PNG two", END)].concat()).await;

    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(scene.get(&scene.bob, &format!("/users/{}/image", scene.cy.id)).await.body, "square of PNG one");
}

#[actix_web::test]
async fn neither_the_name_of_a_file_nor_its_kind_is_believed() {
    let scene = Scene::new().await;
    for name in ["../../../etc/passwd", "/etc/passwd", "users/other/profile.png", "a\\b", "%2e%2e/x", "image.svg"] {
        let reply = send(&scene, &scene.cy, "me", part(&format!("name=\"image\"; filename=\"{name}\""), b"PNG", END)).await;

        assert_eq!(reply.status, 200, "{name} {}", reply.text());
        let names = scene.app.files.names();
        assert!(names.iter().all(|stored| stored.starts_with(&format!("users/{}/profile-", scene.cy.id))), "{names:?}");
    }
}

#[actix_web::test]
async fn the_operator_bounds_the_bytes() {
    let scene = Scene::of(TestApp::with("files.picture_bytes = 2000").await).await;
    let sized = |length: usize| [b"PNG".as_slice(), &vec![b'x'; length - 3]].concat();

    sets(&scene, &scene.cy, &sized(2000)).await;

    send(&scene, &scene.cy, "me", form(&sized(2001))).await.is_error(413, TOO_LARGE);
    send(&scene, &scene.cy, "me", form(&sized(1_000_000))).await.is_error(413, TOO_LARGE);
    let spread = [part("name=\"other\"", &sized(1200), ""), form(&sized(1200))].concat();
    send(&scene, &scene.cy, "me", spread).await.is_error(413, TOO_LARGE);
}

#[actix_web::test]
async fn what_says_that_it_is_too_large_is_not_read() {
    let scene = Scene::new().await;
    let server = wire::serve(scene.app.service.clone());

    // Whoever waited for the bytes would wait for ever.
    server.answer(head(&scene, "Content-Length: 99999999999")).await.is_error(413, TOO_LARGE);
}

#[actix_web::test]
async fn a_form_that_does_not_come_is_given_up() {
    let scene = Scene::of(TestApp::with("server.body_timeout_secs = 1").await).await;
    let server = wire::serve(scene.app.service.clone());
    let half = part(FILE, b"PNG", "");
    let begun = [head(&scene, "Content-Length: 1000").as_bytes(), &half].concat();

    server.answer(&begun).await.is_error(408, "api.context.request_timeout.app_error");

    let ended = server.answer_to_half(&begun).await;
    assert!(matches!(ended.status(), 0 | 400..=499), "{ended:?}");
    assert_eq!(scene.app.files.names(), [""; 0]);
}

/// What is said before a form.
fn head(scene: &Scene, length: &str) -> String {
    let token = &scene.cy.token;
    let kind = "Content-Type: multipart/form-data; boundary=cut";
    format!("POST /api/v4/users/me/image HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{kind}\r\n{length}\r\n\r\n")
}

#[actix_web::test]
async fn who_may_not_set_a_picture_is_told_before_it_is_read() {
    let scene = Scene::new().await;
    let huge = || form(&vec![b'x'; 11_000_000]);

    send(&scene, &scene.bob, &scene.cy.id, huge()).await.is_error(403, FORBIDDEN);

    let stranger = scene.app.ask("POST", "/api/v4/users/me/image").header("content-type", "multipart/form-data; boundary=cut");
    stranger.body(huge()).send().await.is_error(401, EXPIRED);
    send(&scene, &scene.cy, "me", huge()).await.is_error(413, TOO_LARGE);
}

/// A page elsewhere can send such forms without asking.
#[actix_web::test]
async fn a_form_from_another_site_sets_nothing() {
    let scene = Scene::new().await;
    let ask =
        || scene.app.ask("POST", "/api/v4/users/me/image").header("content-type", "multipart/form-data; boundary=cut").body(form(b"PNG"));

    ask().cookie(&scene.cy.token).send().await.is_error(401, EXPIRED);

    ask().by(&scene.cy).header("sec-fetch-site", "cross-site").send().await.is_error(403, FORBIDDEN);
    assert_eq!(scene.app.files.names(), [""; 0]);
    assert_eq!(ask().cookie(&scene.cy.token).scripted().send().await.status, 200);
}

#[actix_web::test]
async fn no_form_makes_the_service_fail() {
    let scene = Scene::new().await;
    let piece = prop_oneof![
        Just(b"--cut".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"--".to_vec()),
        Just(b"Content-Disposition: form-data; name=\"image\"; filename=\"x\"".to_vec()),
        Just(b"Content-Disposition: form-data; name=\"image\"; filename*=UTF-8''%zz".to_vec()),
        Just(b"Content-Type: \xff".to_vec()),
        Just(b"PNG".to_vec()),
        prop::collection::vec(any::<u8>(), 0..40),
    ];
    let forms = prop::collection::vec(piece, 0..20);
    for body in crate::fuzz::samples(150, &forms) {
        let reply = send(&scene, &scene.cy, "me", body.concat()).await;

        assert!(reply.status < 500, "{body:?} {}", reply.text());
    }
}
