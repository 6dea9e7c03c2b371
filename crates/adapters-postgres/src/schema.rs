//! The columns that queries name, as the migrations leave them.

diesel::table! {
    users (id) {
        id -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        deleted_at -> BigInt,
        username -> Text,
        email -> Text,
        is_email_verified -> Bool,
        nickname -> Text,
        first_name -> Text,
        last_name -> Text,
        position -> Text,
        locale -> Text,
        timezone -> Nullable<Jsonb>,
        props -> Jsonb,
        notify_props -> Jsonb,
        roles -> Text,
        allows_marketing -> Bool,
        auth_service -> Text,
        auth_data -> Nullable<Text>,
        password_updated_at -> BigInt,
        picture_updated_at -> BigInt,
        failed_attempts -> BigInt,
        locked_until -> BigInt,
        has_second_factor -> Bool,
        remote_id -> Nullable<Text>,
        last_login_at -> BigInt,
        is_bot -> Bool,
        bot_description -> Text,
        bot_icon_updated_at -> BigInt,
        terms_id -> Nullable<Text>,
        terms_at -> BigInt,
        credential_epoch -> BigInt,
    }
}

diesel::table! {
    credentials (id) {
        id -> Text,
        user_id -> Text,
        kind -> Text,
        secret -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    sessions (id) {
        id -> Text,
        user_id -> Text,
        token_hash -> Nullable<Text>,
        key_id -> Text,
        kind -> Text,
        authenticated_at -> BigInt,
        methods -> Text,
        created_at -> BigInt,
        last_active_at -> BigInt,
        expires_at -> BigInt,
        absolute_expires_at -> BigInt,
        first_address -> Text,
        last_address -> Text,
        user_agent -> Text,
        device_id -> Text,
        issuer -> Nullable<Text>,
        subject -> Nullable<Text>,
        provider_session_id -> Nullable<Text>,
        ended_at -> Nullable<BigInt>,
        end_reason -> Nullable<Text>,
        ended_by -> Nullable<Text>,
    }
}

diesel::table! {
    identities (issuer, subject) {
        user_id -> Text,
        provider -> Text,
        issuer -> Text,
        subject -> Text,
    }
}

diesel::table! {
    audits (seq) {
        seq -> BigInt,
        id -> Text,
        at -> BigInt,
        actor -> Nullable<Text>,
        credential_id -> Nullable<Text>,
        credential_kind -> Nullable<Text>,
        target -> Nullable<Text>,
        operation -> Text,
        outcome -> Text,
        reason -> Nullable<Text>,
        address -> Nullable<Text>,
        request_id -> Nullable<Text>,
        unknown_login_hash -> Nullable<Text>,
        unknown_login_key -> Nullable<Text>,
        before -> Nullable<Jsonb>,
        after -> Nullable<Jsonb>,
        count -> BigInt,
    }
}

diesel::table! {
    service_state (name) {
        name -> Text,
        value -> Text,
    }
}

diesel::joinable!(sessions -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(sessions, users);
