//! What letters say in English.

use super::{AccountNews, FactorNews, Frame, Letters, TokenNews, WaysIn, says};

pub(super) const LETTERS: Letters = Letters {
    frame: Frame {
        greeting: "Hello {user},",
        closing: "This mail was sent by {site} because it concerns your account {user}. Nobody reads answers to it.",
    },
    ways_in: WAYS_IN,
    account: ACCOUNT,
    factors: FACTORS,
    tokens: TOKENS,
};

const WAYS_IN: WaysIn = WaysIn {
    reset: says(
        "A new password for {site}",
        &[
            "Somebody asked for a new password for your account. If that was you, choose one by the link below. It works once, for 24 hours.",
            "If it was not you, leave this mail alone: your password stays as it is.",
        ],
        Some("Choose a new password"),
    ),
    signs_in_elsewhere: says(
        "Signing in to {site}",
        &[
            "Somebody asked for a new password for your account. Your account has no password here: you sign in another way ({detail}).",
            "If you can't sign in, ask the administrator of {site}.",
        ],
        None,
    ),
    verification: says(
        "Confirm your address for {site}",
        &[
            "Please confirm that you read mail at this address. The link below works once, for 24 hours.",
            "If you know nothing of an account at {site}, leave this mail alone.",
        ],
        Some("Confirm the address"),
    ),
    magic_link: says(
        "Your link to sign in to {site}",
        &[
            "By the link below you sign in. It works once, for 5 minutes. Don't pass it on.",
            "If you did not ask for it, leave this mail alone.",
        ],
        Some("Sign in"),
    ),
    new_device: says(
        "A new sign-in to {site}",
        &[
            "On {time} somebody signed in to your account with a device that was not used before: {detail}.",
            "If that was not you, change your password now: that ends all other sessions.",
        ],
        None,
    ),
    sign_in_method_changed: says(
        "You sign in to {site} in another way",
        &["Since {time} your account signs in another way ({detail}).", "If you did not expect that, ask the administrator."],
        None,
    ),
};

const ACCOUNT: AccountNews = AccountNews {
    password_changed: says(
        "Your password for {site} has changed",
        &[
            "The password of your account was changed on {time}. Sessions on other devices have ended.",
            "If that was not you, ask for a new password on the sign-in page now, and tell the administrator.",
        ],
        None,
    ),
    email_arrived: says(
        "This is now your address at {site}",
        &["Since {time} this is the address of your account. Links that were sent to the former address no longer work."],
        None,
    ),
    email_left: says(
        "Your address at {site} has changed",
        &[
            "On {time} your account got another address. Nothing more will be sent to this one.",
            "If that was not you, take the change back by the link below, where there is one: it works once, for seven days, and signs everybody out. Then choose a new password.",
        ],
        Some("Take the change back"),
    ),
    roles_raised: says(
        "Your account at {site} may do more",
        &["On {time} your account got further rights.", "If you did not expect that, ask the administrator."],
        None,
    ),
    account_ended: says(
        "Your account at {site} has ended",
        &[
            "On {time} your account was deactivated or removed. All sessions have ended.",
            "If you did not expect that, ask the administrator.",
        ],
        None,
    ),
    username_changed: says(
        "Your username at {site} has changed",
        &[
            "Since {time} the username of your account is {user}; before, it was {detail}.",
            "If you did not expect that, ask the administrator.",
        ],
        None,
    ),
};

const FACTORS: FactorNews = FactorNews {
    factor_on: says(
        "A second factor is on at {site}",
        &["Since {time} your account asks for a code besides the password.", "If you did not switch that on, tell the administrator."],
        None,
    ),
    factor_off: says(
        "The second factor is off at {site}",
        &[
            "Since {time} your account asks for no code besides the password any more.",
            "If you did not switch that off, change your password and tell the administrator.",
        ],
        None,
    ),
    recovery_code_used: says(
        "A recovery code was used at {site}",
        &[
            "On {time} one of your recovery codes was used to sign in. It can't be used again.",
            "If that was not you, change your password and make new codes.",
        ],
        None,
    ),
    recovery_codes_made: says(
        "New recovery codes at {site}",
        &[
            "On {time} new recovery codes were made for your account. The former ones no longer work.",
            "If that was not you, change your password and make new codes.",
        ],
        None,
    ),
};

const TOKENS: TokenNews = TokenNews {
    token_made: says(
        "A new access token at {site}",
        &[
            "On {time} an access token was made for your account: {detail}. Whoever has it acts as you.",
            "If you know nothing of it, revoke it and change your password.",
        ],
        None,
    ),
    token_enabled: says(
        "An access token works again at {site}",
        &[
            "On {time} an access token of your account was switched on again: {detail}. Whoever has it acts as you.",
            "If you know nothing of it, revoke it and change your password.",
        ],
        None,
    ),
};
