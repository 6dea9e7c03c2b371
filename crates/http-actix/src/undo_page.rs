//! The page behind the link that takes a change of address back: programs that look links up must not use it by that.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use muster_domain::credential::Token;
use muster_domain::one_time;
use muster_domain::permission::operations;

use crate::call::{Call, query};
use crate::error::ApiError;

/// Nothing is loaded, the form goes to this site, and no other shows the page within its own.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The form has no target: it goes to the page's own address, which has the token.
const FORM: &str = "<p>Your account gets its former address back, and everybody who is signed in to it is signed out.</p>\
    <form method=\"post\"><button>Take the change back</button></form>";

fn page(status: StatusCode, content: &str) -> HttpResponse {
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Change of address</title></head>\
         <body style=\"max-width:36em;margin:3em auto;padding:0 1em;font:16px/1.5 system-ui,sans-serif\"><h1>Change of address</h1>{content}</body></html>\n"
    );
    let mut answer = HttpResponse::build(status);
    answer.insert_header((CONTENT_SECURITY_POLICY, POLICY)).insert_header((CACHE_CONTROL, "no-store"));
    answer.content_type("text/html; charset=utf-8").body(html)
}

/// Marks a request that is answered with a page even where it is refused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page;

/// The page in place of an error's body; its headers stay.
pub(crate) fn refusal(answer: &HttpResponse, message: &str) -> HttpResponse {
    let mut page = page(answer.status(), &format!("<p>{}</p>", message.replace('&', "&amp;").replace('<', "&lt;")));
    for (name, value) in answer.headers().iter().filter(|(name, _)| *name != CONTENT_TYPE) {
        page.headers_mut().append(name.clone(), value.clone());
    }
    page
}

/// `GET /undo_email_change`: asks whether to.
#[tracing::instrument(name = "http.undo_page.show", skip_all)]
pub(crate) async fn show() -> HttpResponse {
    page(StatusCode::OK, FORM)
}

/// `POST /undo_email_change`: does it.
#[tracing::instrument(name = "http.undo_page.undo", skip_all)]
pub(crate) async fn undo(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    request.extensions_mut().insert(Page);
    undone(&request).await?;
    Ok(page(StatusCode::OK, "<p>Your account has its former address again. Please choose a new password now.</p>"))
}

async fn undone(request: &HttpRequest) -> Result<(), ApiError> {
    let call = Call::of_nobody(request)?;
    let shown = query(request, "token").filter(|text| text.len() == one_time::LENGTH).ok_or_else(|| ApiError::body_param("token"))?;
    let permit = call.permit::<operations::UndoEmailChange>()?;
    Ok(call.service.accounts.undo_email(permit, &Token::presented(&shown), &call.client, &call.origin).await?)
}
