//! What letters say in German.

use super::{AccountNews, FactorNews, Frame, Letters, TokenNews, WaysIn, says};

pub(super) const LETTERS: Letters = Letters {
    frame: Frame {
        greeting: "Hallo {user},",
        closing: "Diese Mail kommt von {site}, weil sie dein Konto {user} betrifft. Antworten darauf liest niemand.",
    },
    ways_in: WAYS_IN,
    account: ACCOUNT,
    factors: FACTORS,
    tokens: TOKENS,
};

const WAYS_IN: WaysIn = WaysIn {
    reset: says(
        "Ein neues Passwort für {site}",
        &[
            "Jemand hat für dein Konto ein neues Passwort verlangt. Warst du es, dann wähle eines über den Link unten. Er gilt einmal und 24 Stunden lang.",
            "Warst du es nicht, dann lass diese Mail liegen: Dein Passwort bleibt, wie es ist.",
        ],
        Some("Neues Passwort wählen"),
    ),
    signs_in_elsewhere: says(
        "Anmelden bei {site}",
        &[
            "Jemand hat für dein Konto ein neues Passwort verlangt. Dein Konto hat hier kein Passwort: Du meldest dich anders an ({detail}).",
            "Wenn du dich nicht anmelden kannst, frag die Verwaltung von {site}.",
        ],
        None,
    ),
    verification: says(
        "Bestätige deine Adresse für {site}",
        &[
            "Bitte bestätige, dass du unter dieser Adresse Mail liest. Der Link unten gilt einmal und 24 Stunden lang.",
            "Weißt du nichts von einem Konto bei {site}, dann lass diese Mail liegen.",
        ],
        Some("Adresse bestätigen"),
    ),
    magic_link: says(
        "Dein Link zum Anmelden bei {site}",
        &[
            "Über den Link unten meldest du dich an. Er gilt einmal und 5 Minuten lang. Gib ihn nicht weiter.",
            "Hast du ihn nicht verlangt, dann lass diese Mail liegen.",
        ],
        Some("Anmelden"),
    ),
    new_device: says(
        "Eine neue Anmeldung bei {site}",
        &[
            "Am {time} hat sich jemand mit einem bisher nicht benutzten Gerät bei deinem Konto angemeldet: {detail}.",
            "Warst du es nicht, dann ändere jetzt dein Passwort: Das beendet alle anderen Sitzungen.",
        ],
        None,
    ),
    sign_in_method_changed: says(
        "Du meldest dich bei {site} anders an",
        &["Seit {time} meldet sich dein Konto auf andere Weise an ({detail}).", "Hast du das nicht erwartet, dann frag die Verwaltung."],
        None,
    ),
};

const ACCOUNT: AccountNews = AccountNews {
    password_changed: says(
        "Dein Passwort für {site} ist geändert",
        &[
            "Das Passwort deines Kontos wurde am {time} geändert. Sitzungen auf anderen Geräten sind beendet.",
            "Warst du es nicht, dann verlange jetzt auf der Anmeldeseite ein neues Passwort und melde es der Verwaltung.",
        ],
        None,
    ),
    email_arrived: says(
        "Dies ist jetzt deine Adresse bei {site}",
        &["Seit {time} ist dies die Adresse deines Kontos. Links, die an die frühere Adresse gingen, gelten nicht mehr."],
        None,
    ),
    email_left: says(
        "Deine Adresse bei {site} ist geändert",
        &[
            "Am {time} hat dein Konto eine andere Adresse bekommen. An diese hier geht nichts mehr.",
            "Warst du es nicht, dann nimm die Änderung über den Link unten zurück, sofern einer dasteht: Er gilt einmal und sieben Tage lang und meldet alle ab. Wähle danach ein neues Passwort.",
        ],
        Some("Änderung zurücknehmen"),
    ),
    roles_raised: says(
        "Dein Konto bei {site} darf mehr",
        &["Am {time} hat dein Konto weitere Rechte bekommen.", "Hast du das nicht erwartet, dann frag die Verwaltung."],
        None,
    ),
    account_ended: says(
        "Dein Konto bei {site} ist beendet",
        &[
            "Am {time} wurde dein Konto deaktiviert oder entfernt. Alle Sitzungen sind beendet.",
            "Hast du das nicht erwartet, dann frag die Verwaltung.",
        ],
        None,
    ),
    username_changed: says(
        "Dein Benutzername bei {site} hat sich geändert",
        &[
            "Seit {time} ist der Benutzername deines Kontos {user}; vorher war er {detail}.",
            "Hast du das nicht erwartet, dann frag die Verwaltung.",
        ],
        None,
    ),
};

const FACTORS: FactorNews = FactorNews {
    factor_on: says(
        "Bei {site} ist ein zweiter Faktor an",
        &[
            "Seit {time} verlangt dein Konto neben dem Passwort einen Code.",
            "Hast du das nicht eingeschaltet, dann melde es der Verwaltung.",
        ],
        None,
    ),
    factor_off: says(
        "Bei {site} ist der zweite Faktor aus",
        &[
            "Seit {time} verlangt dein Konto neben dem Passwort keinen Code mehr.",
            "Hast du das nicht ausgeschaltet, dann ändere dein Passwort und melde es der Verwaltung.",
        ],
        None,
    ),
    recovery_code_used: says(
        "Bei {site} wurde ein Ersatzcode benutzt",
        &[
            "Am {time} wurde einer deiner Ersatzcodes zum Anmelden benutzt. Er gilt nicht noch einmal.",
            "Warst du es nicht, dann ändere dein Passwort und lass dir neue Codes geben.",
        ],
        None,
    ),
    recovery_codes_made: says(
        "Neue Ersatzcodes bei {site}",
        &[
            "Am {time} wurden neue Ersatzcodes für dein Konto erstellt. Die früheren gelten nicht mehr.",
            "Warst du es nicht, dann ändere dein Passwort und lass dir neue Codes geben.",
        ],
        None,
    ),
};

const TOKENS: TokenNews = TokenNews {
    token_made: says(
        "Ein neues Zugriffstoken bei {site}",
        &[
            "Am {time} wurde für dein Konto ein Zugriffstoken erstellt: {detail}. Wer es hat, handelt in deinem Namen.",
            "Weißt du nichts davon, dann widerrufe es und ändere dein Passwort.",
        ],
        None,
    ),
    token_enabled: says(
        "Ein Zugriffstoken bei {site} gilt wieder",
        &[
            "Am {time} wurde ein Zugriffstoken deines Kontos wieder eingeschaltet: {detail}. Wer es hat, handelt in deinem Namen.",
            "Weißt du nichts davon, dann widerrufe es und ändere dein Passwort.",
        ],
        None,
    ),
};
