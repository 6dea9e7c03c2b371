//! What letters say in French.

use muster_domain::mail::MailKind;

use super::{Frame, Words};

pub(super) const FRAME: Frame = Frame {
    greeting: "Bonjour {user},",
    closing: "Ce message vient de {site} parce qu’il concerne ton compte {user}. Personne ne lit les réponses.",
};

pub(super) const fn words(kind: MailKind) -> Words {
    let (subject, paragraphs, action) = said(kind);
    Words { subject, paragraphs, action }
}

#[expect(clippy::too_many_lines, reason = "one entry for each kind of letter")]
const fn said(kind: MailKind) -> (&'static str, &'static [&'static str], Option<&'static str>) {
    match kind {
        MailKind::Reset => (
            "Un nouveau mot de passe pour {site}",
            &[
                "Quelqu’un a demandé un nouveau mot de passe pour ton compte. Si c’était toi, choisis-le par le lien ci-dessous. Il sert une fois, pendant 24 heures.",
                "Si ce n’était pas toi, ne fais rien : ton mot de passe reste le même.",
            ],
            Some("Choisir un nouveau mot de passe"),
        ),
        MailKind::SignsInElsewhere => (
            "Se connecter à {site}",
            &[
                "Quelqu’un a demandé un nouveau mot de passe pour ton compte. Ton compte n’a pas de mot de passe ici : tu te connectes autrement ({detail}).",
                "Si tu ne peux pas te connecter, demande à l’administration de {site}.",
            ],
            None,
        ),
        MailKind::Verification => (
            "Confirme ton adresse pour {site}",
            &[
                "Confirme que tu lis le courrier de cette adresse. Le lien ci-dessous sert une fois, pendant 24 heures.",
                "Si tu ne sais rien d’un compte chez {site}, ne fais rien.",
            ],
            Some("Confirmer l’adresse"),
        ),
        MailKind::MagicLink => (
            "Ton lien de connexion à {site}",
            &[
                "Le lien ci-dessous te connecte. Il sert une fois, pendant 5 minutes. Ne le transmets pas.",
                "Si tu ne l’as pas demandé, ne fais rien.",
            ],
            Some("Se connecter"),
        ),
        MailKind::NewDevice => (
            "Une nouvelle connexion à {site}",
            &[
                "Le {time}, quelqu’un s’est connecté à ton compte avec un appareil encore jamais utilisé : {detail}.",
                "Si ce n’était pas toi, change ton mot de passe maintenant : toutes les autres sessions prendront fin.",
            ],
            None,
        ),
        MailKind::PasswordChanged => (
            "Ton mot de passe pour {site} a changé",
            &[
                "Le mot de passe de ton compte a été changé le {time}. Les sessions sur d’autres appareils ont pris fin.",
                "Si ce n’était pas toi, demande maintenant un nouveau mot de passe sur la page de connexion et préviens l’administration.",
            ],
            None,
        ),
        MailKind::EmailArrived => (
            "Voici désormais ton adresse chez {site}",
            &["Depuis le {time}, cette adresse est celle de ton compte. Les liens envoyés à l’ancienne adresse ne servent plus."],
            None,
        ),
        MailKind::EmailLeft => (
            "Ton adresse chez {site} a changé",
            &[
                "Le {time}, ton compte a reçu une autre adresse. Plus rien ne sera envoyé à celle-ci.",
                "Si ce n’était pas toi, annule le changement par le lien ci-dessous, s’il y en a un : il sert une fois, pendant sept jours, et déconnecte tout le monde. Choisis ensuite un nouveau mot de passe.",
            ],
            Some("Annuler le changement"),
        ),
        MailKind::FactorOn => (
            "Un second facteur est activé chez {site}",
            &[
                "Depuis le {time}, ton compte demande un code en plus du mot de passe.",
                "Si tu ne l’as pas activé, préviens l’administration.",
            ],
            None,
        ),
        MailKind::FactorOff => (
            "Le second facteur est désactivé chez {site}",
            &[
                "Depuis le {time}, ton compte ne demande plus de code en plus du mot de passe.",
                "Si tu ne l’as pas désactivé, change ton mot de passe et préviens l’administration.",
            ],
            None,
        ),
        MailKind::RecoveryCodeUsed => (
            "Un code de secours a servi chez {site}",
            &[
                "Le {time}, l’un de tes codes de secours a servi à se connecter. Il ne sert plus.",
                "Si ce n’était pas toi, change ton mot de passe et demande de nouveaux codes.",
            ],
            None,
        ),
        MailKind::RecoveryCodesMade => (
            "De nouveaux codes de secours chez {site}",
            &[
                "Le {time}, de nouveaux codes de secours ont été créés pour ton compte. Les anciens ne servent plus.",
                "Si ce n’était pas toi, change ton mot de passe et demande de nouveaux codes.",
            ],
            None,
        ),
        MailKind::TokenMade => (
            "Un nouveau jeton d’accès chez {site}",
            &[
                "Le {time}, un jeton d’accès a été créé pour ton compte : {detail}. Celui qui l’a agit en ton nom.",
                "Si tu n’en sais rien, révoque-le et change ton mot de passe.",
            ],
            None,
        ),
        MailKind::TokenEnabled => (
            "Un jeton d’accès est de nouveau valable chez {site}",
            &[
                "Le {time}, un jeton d’accès de ton compte a été réactivé : {detail}. Celui qui l’a agit en ton nom.",
                "Si tu n’en sais rien, révoque-le et change ton mot de passe.",
            ],
            None,
        ),
        MailKind::SignInMethodChanged => (
            "Tu te connectes autrement à {site}",
            &[
                "Depuis le {time}, ton compte se connecte d’une autre façon ({detail}).",
                "Si tu ne t’y attendais pas, demande à l’administration.",
            ],
            None,
        ),
        MailKind::RolesRaised => (
            "Ton compte chez {site} peut en faire plus",
            &["Le {time}, ton compte a reçu d’autres droits.", "Si tu ne t’y attendais pas, demande à l’administration."],
            None,
        ),
        MailKind::AccountEnded => (
            "Ton compte chez {site} a pris fin",
            &[
                "Le {time}, ton compte a été désactivé ou supprimé. Toutes les sessions ont pris fin.",
                "Si tu ne t’y attendais pas, demande à l’administration.",
            ],
            None,
        ),
        MailKind::UsernameChanged => (
            "Ton nom d’utilisateur chez {site} a changé",
            &[
                "Depuis le {time}, le nom d’utilisateur de ton compte est {user} ; avant, c’était {detail}.",
                "Si tu ne t’y attendais pas, demande à l’administration.",
            ],
            None,
        ),
    }
}
