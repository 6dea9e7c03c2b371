//! What letters say in French.

use super::{AccountNews, FactorNews, Frame, Letters, TokenNews, WaysIn, says};

pub(super) const LETTERS: Letters = Letters {
    frame: Frame {
        greeting: "Bonjour {user},",
        closing: "Ce message vient de {site} parce qu’il concerne ton compte {user}. Personne ne lit les réponses.",
    },
    ways_in: WAYS_IN,
    account: ACCOUNT,
    factors: FACTORS,
    tokens: TOKENS,
};

const WAYS_IN: WaysIn = WaysIn {
    reset: says(
        "Un nouveau mot de passe pour {site}",
        &[
            "Quelqu’un a demandé un nouveau mot de passe pour ton compte. Si c’était toi, choisis-le par le lien ci-dessous. Il sert une fois, pendant 24 heures.",
            "Si ce n’était pas toi, ne fais rien : ton mot de passe reste le même.",
        ],
        Some("Choisir un nouveau mot de passe"),
    ),
    signs_in_elsewhere: says(
        "Se connecter à {site}",
        &[
            "Quelqu’un a demandé un nouveau mot de passe pour ton compte. Ton compte n’a pas de mot de passe ici : tu te connectes autrement ({detail}).",
            "Si tu ne peux pas te connecter, demande à l’administration de {site}.",
        ],
        None,
    ),
    verification: says(
        "Confirme ton adresse pour {site}",
        &[
            "Confirme que tu lis le courrier de cette adresse. Le lien ci-dessous sert une fois, pendant 24 heures.",
            "Si tu ne sais rien d’un compte chez {site}, ne fais rien.",
        ],
        Some("Confirmer l’adresse"),
    ),
    magic_link: says(
        "Ton lien de connexion à {site}",
        &[
            "Le lien ci-dessous te connecte. Il sert une fois, pendant 5 minutes. Ne le transmets pas.",
            "Si tu ne l’as pas demandé, ne fais rien.",
        ],
        Some("Se connecter"),
    ),
    new_device: says(
        "Une nouvelle connexion à {site}",
        &[
            "Le {time}, quelqu’un s’est connecté à ton compte avec un appareil encore jamais utilisé : {detail}.",
            "Si ce n’était pas toi, change ton mot de passe maintenant : toutes les autres sessions prendront fin.",
        ],
        None,
    ),
    sign_in_method_changed: says(
        "Tu te connectes autrement à {site}",
        &[
            "Depuis le {time}, ton compte se connecte d’une autre façon ({detail}).",
            "Si tu ne t’y attendais pas, demande à l’administration.",
        ],
        None,
    ),
};

const ACCOUNT: AccountNews = AccountNews {
    password_changed: says(
        "Ton mot de passe pour {site} a changé",
        &[
            "Le mot de passe de ton compte a été changé le {time}. Les sessions sur d’autres appareils ont pris fin.",
            "Si ce n’était pas toi, demande maintenant un nouveau mot de passe sur la page de connexion et préviens l’administration.",
        ],
        None,
    ),
    email_arrived: says(
        "Voici désormais ton adresse chez {site}",
        &["Depuis le {time}, cette adresse est celle de ton compte. Les liens envoyés à l’ancienne adresse ne servent plus."],
        None,
    ),
    email_left: says(
        "Ton adresse chez {site} a changé",
        &[
            "Le {time}, ton compte a reçu une autre adresse. Plus rien ne sera envoyé à celle-ci.",
            "Si ce n’était pas toi, annule le changement par le lien ci-dessous, s’il y en a un : il sert une fois, pendant sept jours, et déconnecte tout le monde. Choisis ensuite un nouveau mot de passe.",
        ],
        Some("Annuler le changement"),
    ),
    roles_raised: says(
        "Ton compte chez {site} peut en faire plus",
        &["Le {time}, ton compte a reçu d’autres droits.", "Si tu ne t’y attendais pas, demande à l’administration."],
        None,
    ),
    account_ended: says(
        "Ton compte chez {site} a pris fin",
        &[
            "Le {time}, ton compte a été désactivé ou supprimé. Toutes les sessions ont pris fin.",
            "Si tu ne t’y attendais pas, demande à l’administration.",
        ],
        None,
    ),
    username_changed: says(
        "Ton nom d’utilisateur chez {site} a changé",
        &[
            "Depuis le {time}, le nom d’utilisateur de ton compte est {user} ; avant, c’était {detail}.",
            "Si tu ne t’y attendais pas, demande à l’administration.",
        ],
        None,
    ),
};

const FACTORS: FactorNews = FactorNews {
    factor_on: says(
        "Un second facteur est activé chez {site}",
        &["Depuis le {time}, ton compte demande un code en plus du mot de passe.", "Si tu ne l’as pas activé, préviens l’administration."],
        None,
    ),
    factor_off: says(
        "Le second facteur est désactivé chez {site}",
        &[
            "Depuis le {time}, ton compte ne demande plus de code en plus du mot de passe.",
            "Si tu ne l’as pas désactivé, change ton mot de passe et préviens l’administration.",
        ],
        None,
    ),
    recovery_code_used: says(
        "Un code de secours a servi chez {site}",
        &[
            "Le {time}, l’un de tes codes de secours a servi à se connecter. Il ne sert plus.",
            "Si ce n’était pas toi, change ton mot de passe et demande de nouveaux codes.",
        ],
        None,
    ),
    recovery_codes_made: says(
        "De nouveaux codes de secours chez {site}",
        &[
            "Le {time}, de nouveaux codes de secours ont été créés pour ton compte. Les anciens ne servent plus.",
            "Si ce n’était pas toi, change ton mot de passe et demande de nouveaux codes.",
        ],
        None,
    ),
};

const TOKENS: TokenNews = TokenNews {
    token_made: says(
        "Un nouveau jeton d’accès chez {site}",
        &[
            "Le {time}, un jeton d’accès a été créé pour ton compte : {detail}. Celui qui l’a agit en ton nom.",
            "Si tu n’en sais rien, révoque-le et change ton mot de passe.",
        ],
        None,
    ),
    token_enabled: says(
        "Un jeton d’accès est de nouveau valable chez {site}",
        &[
            "Le {time}, un jeton d’accès de ton compte a été réactivé : {detail}. Celui qui l’a agit en ton nom.",
            "Si tu n’en sais rien, révoque-le et change ton mot de passe.",
        ],
        None,
    ),
};
