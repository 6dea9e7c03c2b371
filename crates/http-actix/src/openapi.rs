//! The API's description, written where its routes are.

use actix_web::HttpResponse;
use actix_web::http::header::LOCATION;
use utoipa::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::{access_token, bot, channel, client_config, factor, group, preference, probe, role, session, status, team, terms, user};

/// The description of what is built.
#[derive(OpenApi)]
#[openapi(
    info(title = "Muster", description = "Accounts, sign-in and sessions, as clients of /api/v4/users know them."),
    paths(
        user::create,
        user::get,
        user::by_username,
        user::by_email,
        user::by_ids,
        user::by_usernames,
        user::change::patch,
        user::change::update,
        user::change::active,
        user::change::delete,
        user::change::delete_all,
        user::list::users,
        user::list::known,
        user::list::group_channels,
        user::list::stats,
        user::list::stats_filtered,
        user::list::invalid_emails,
        user::search::search,
        user::search::autocomplete,
        user::rights::roles,
        user::rights::demote,
        user::rights::promote,
        user::rights::convert_to_bot,
        user::rights::auth,
        user::recovery::change,
        user::recovery::send_reset,
        user::recovery::reset,
        user::verification::send,
        user::verification::verify,
        user::verification::verify_member,
        user::verification::undo,
        user::picture::get,
        user::picture::get_default,
        user::picture::set,
        user::picture::reset,
        user::history::audits,
        user::history::accept_terms,
        user::history::accepted_terms,
        status::get,
        status::by_ids,
        status::update,
        status::update_custom,
        status::unset_custom,
        status::forget_custom,
        status::forget_custom_by_post,
        status::limits,
        team::create,
        team::list,
        team::get,
        team::by_name,
        team::of_user,
        team::memberships,
        team::unread,
        team::add_member,
        team::members,
        team::member,
        team::remove_member,
        channel::create,
        channel::direct,
        channel::group,
        channel::get,
        channel::by_name,
        channel::by_names,
        channel::of_user,
        channel::of_user_in_team,
        channel::member::memberships,
        channel::member::add,
        channel::member::list,
        channel::member::get,
        channel::member::remove,
        group::create,
        group::list,
        group::get,
        group::delete,
        group::add_members,
        group::delete_members,
        group::users_of,
        group::link::to_team,
        group::link::from_team,
        group::link::to_channel,
        group::link::from_channel,
        bot::create,
        bot::list,
        bot::get,
        bot::patch,
        bot::disable,
        bot::enable,
        bot::assign,
        bot::convert_to_user,
        role::by_names,
        role::list,
        role::get,
        role::by_name,
        terms::create,
        terms::get,
        preference::list,
        preference::by_category,
        preference::by_name,
        preference::update,
        preference::delete,
        session::login,
        session::logout,
        session::check_mfa,
        session::live::list,
        session::live::ended,
        session::live::revoke,
        session::live::revoke_all,
        session::live::revoke_everybodys,
        session::live::device,
        access_token::create,
        access_token::of_user,
        access_token::list,
        access_token::search,
        access_token::get,
        access_token::revoke,
        access_token::disable,
        access_token::enable,
        session::switch::login_type,
        session::switch::switch,
        session::switch::reset_attempts,
        factor::generate,
        factor::update,
        factor::recovery_codes,
        client_config::config,
        client_config::license,
        client_config::ping,
        probe::live,
        probe::ready
    )
)]
pub struct Description;

/// `GET /api/v4/openapi.json`
pub(crate) async fn json() -> HttpResponse {
    HttpResponse::Ok().json(Description::openapi())
}

/// `GET /docs`: to the page.
pub(crate) async fn to_page() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((LOCATION, "/docs/")).finish()
}

/// The page that shows the description; its files are part of the program.
pub(crate) fn page() -> SwaggerUi {
    SwaggerUi::new("/docs/{_:.*}").config(Config::from("/api/v4/openapi.json"))
}
