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
        search_names -> Text,
        search_full_name -> Text,
        search_email -> Text,
        sort_nickname -> Text,
        sort_full_name -> Text,
        bot_owner_id -> Nullable<Text>,
        bot_created_at -> BigInt,
        bot_updated_at -> BigInt,
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
        voip_device_id -> Text,
        is_silent -> Nullable<Bool>,
        mobile_version -> Text,
    }
}

diesel::table! {
    access_tokens (id) {
        id -> Text,
        user_id -> Text,
        token_hash -> Text,
        key_id -> Text,
        description -> Text,
        is_active -> Bool,
        scopes -> Nullable<Jsonb>,
        created_by -> Text,
        created_via -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
        last_address -> Nullable<Text>,
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
        action -> Nullable<Text>,
        extra -> Nullable<Text>,
    }
}

diesel::table! {
    teams (id) {
        id -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        deleted_at -> BigInt,
        name -> Text,
        display_name -> Text,
        description -> Text,
        email -> Text,
        kind -> Text,
        company_name -> Text,
        allowed_domains -> Text,
        invite_id -> Text,
        allows_open_invite -> Bool,
        is_group_constrained -> Nullable<Bool>,
    }
}

diesel::table! {
    team_members (team_id, user_id) {
        team_id -> Text,
        user_id -> Text,
        username -> Text,
        is_guest -> Bool,
        is_user -> Bool,
        is_admin -> Bool,
        created_at -> BigInt,
        deleted_at -> BigInt,
    }
}

diesel::table! {
    channels (id) {
        id -> Text,
        team_id -> Nullable<Text>,
        kind -> Text,
        name -> Text,
        display_name -> Text,
        header -> Text,
        purpose -> Text,
        creator_id -> Nullable<Text>,
        created_at -> BigInt,
        updated_at -> BigInt,
        deleted_at -> BigInt,
        is_group_constrained -> Nullable<Bool>,
    }
}

diesel::table! {
    channel_members (channel_id, user_id) {
        channel_id -> Text,
        user_id -> Text,
        username -> Text,
        is_guest -> Bool,
        is_user -> Bool,
        is_admin -> Bool,
        created_at -> BigInt,
    }
}

diesel::table! {
    user_groups (id) {
        id -> Text,
        name -> Text,
        display_name -> Text,
        description -> Text,
        allows_reference -> Bool,
        created_at -> BigInt,
        updated_at -> BigInt,
        deleted_at -> BigInt,
    }
}

diesel::table! {
    group_members (group_id, user_id) {
        group_id -> Text,
        user_id -> Text,
    }
}

diesel::table! {
    group_places (group_id) {
        group_id -> Text,
        team_id -> Nullable<Text>,
        channel_id -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    factors (id) {
        id -> Text,
        user_id -> Text,
        key_id -> Text,
        secret -> Binary,
        is_active -> Bool,
        last_step -> BigInt,
        created_at -> BigInt,
    }
}

diesel::table! {
    factor_tries (user_id) {
        user_id -> Text,
        failed -> BigInt,
        locked_until -> BigInt,
    }
}

diesel::table! {
    recovery_codes (user_id, code_hash) {
        user_id -> Text,
        code_hash -> Text,
        key_id -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    known_devices (id) {
        id -> Text,
        user_id -> Text,
        token_hash -> Text,
        key_id -> Text,
        created_at -> BigInt,
        last_used_at -> BigInt,
        failed -> BigInt,
        locked_until -> BigInt,
    }
}

diesel::table! {
    outbox (seq) {
        seq -> BigInt,
        id -> Text,
        user_id -> Nullable<Text>,
        kind -> Text,
        state -> Text,
        key_id -> Nullable<Text>,
        payload -> Nullable<Binary>,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        due_at -> BigInt,
        tries -> BigInt,
        claimed_by -> Nullable<Text>,
        ended_at -> Nullable<BigInt>,
        reason -> Nullable<Text>,
    }
}

diesel::table! {
    one_time_tokens (id) {
        id -> Text,
        user_id -> Text,
        kind -> Text,
        email -> Text,
        token_hash -> Text,
        key_id -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    invitations (id) {
        id -> Text,
        token_hash -> Text,
        key_id -> Text,
        team_id -> Text,
        channels -> Text,
        email -> Text,
        is_guest -> Bool,
        invited_by -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    terms_of_service (seq) {
        seq -> BigInt,
        id -> Text,
        created_at -> BigInt,
        author -> Nullable<Text>,
        text -> Text,
    }
}

diesel::table! {
    preferences (user_id, category, name) {
        user_id -> Text,
        category -> Text,
        name -> Text,
        value -> Text,
    }
}

diesel::table! {
    statuses (user_id) {
        user_id -> Text,
        presence -> Text,
        is_manual -> Bool,
        last_activity_at -> BigInt,
        dnd_end_secs -> BigInt,
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
diesel::joinable!(team_members -> teams (team_id));
diesel::allow_tables_to_appear_in_same_query!(team_members, teams);
diesel::joinable!(channel_members -> channels (channel_id));
diesel::allow_tables_to_appear_in_same_query!(channel_members, channels);
