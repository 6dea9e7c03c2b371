//! What letters say in Spanish.

use super::{AccountNews, FactorNews, Frame, Letters, TokenNews, WaysIn, says};

pub(super) const LETTERS: Letters = Letters {
    frame: Frame {
        greeting: "Hola, {user}:",
        closing: "Este correo lo envía {site} porque concierne a tu cuenta {user}. Nadie lee las respuestas.",
    },
    ways_in: WAYS_IN,
    account: ACCOUNT,
    factors: FACTORS,
    tokens: TOKENS,
};

const WAYS_IN: WaysIn = WaysIn {
    reset: says(
        "Una contraseña nueva para {site}",
        &[
            "Alguien ha pedido una contraseña nueva para tu cuenta. Si has sido tú, elígela con el enlace de abajo. Sirve una sola vez, durante 24 horas.",
            "Si no has sido tú, no hagas nada: tu contraseña sigue igual.",
        ],
        Some("Elegir una contraseña nueva"),
    ),
    signs_in_elsewhere: says(
        "Cómo entrar en {site}",
        &[
            "Alguien ha pedido una contraseña nueva para tu cuenta. Tu cuenta no tiene contraseña aquí: entras de otra manera ({detail}).",
            "Si no puedes entrar, pregunta a la administración de {site}.",
        ],
        None,
    ),
    verification: says(
        "Confirma tu dirección para {site}",
        &[
            "Confirma que lees el correo de esta dirección. El enlace de abajo sirve una sola vez, durante 24 horas.",
            "Si no sabes nada de una cuenta en {site}, no hagas nada.",
        ],
        Some("Confirmar la dirección"),
    ),
    magic_link: says(
        "Tu enlace para entrar en {site}",
        &[
            "Con el enlace de abajo entras. Sirve una sola vez, durante 5 minutos. No se lo pases a nadie.",
            "Si no lo has pedido, no hagas nada.",
        ],
        Some("Entrar"),
    ),
    new_device: says(
        "Una entrada nueva en {site}",
        &[
            "El {time} alguien entró en tu cuenta con un dispositivo que no se había usado antes: {detail}.",
            "Si no has sido tú, cambia ahora tu contraseña: así terminan todas las demás sesiones.",
        ],
        None,
    ),
    sign_in_method_changed: says(
        "Entras en {site} de otra manera",
        &["Desde el {time} tu cuenta entra de otra manera ({detail}).", "Si no lo esperabas, pregunta a la administración."],
        None,
    ),
};

const ACCOUNT: AccountNews = AccountNews {
    password_changed: says(
        "Tu contraseña de {site} ha cambiado",
        &[
            "La contraseña de tu cuenta se cambió el {time}. Las sesiones en otros dispositivos han terminado.",
            "Si no has sido tú, pide ahora una contraseña nueva en la página de entrada y avisa a la administración.",
        ],
        None,
    ),
    email_arrived: says(
        "Esta es ahora tu dirección en {site}",
        &["Desde el {time} esta es la dirección de tu cuenta. Los enlaces enviados a la dirección anterior ya no sirven."],
        None,
    ),
    email_left: says(
        "Tu dirección en {site} ha cambiado",
        &[
            "El {time} tu cuenta recibió otra dirección. A esta no se enviará nada más.",
            "Si no has sido tú, deshaz el cambio con el enlace de abajo, si lo hay: sirve una sola vez, durante siete días, y cierra todas las sesiones. Después elige una contraseña nueva.",
        ],
        Some("Deshacer el cambio"),
    ),
    roles_raised: says(
        "Tu cuenta en {site} puede hacer más",
        &["El {time} tu cuenta recibió más permisos.", "Si no lo esperabas, pregunta a la administración."],
        None,
    ),
    account_ended: says(
        "Tu cuenta en {site} ha terminado",
        &[
            "El {time} tu cuenta se desactivó o se eliminó. Todas las sesiones han terminado.",
            "Si no lo esperabas, pregunta a la administración.",
        ],
        None,
    ),
    username_changed: says(
        "Tu nombre de usuario en {site} ha cambiado",
        &[
            "Desde el {time} el nombre de usuario de tu cuenta es {user}; antes era {detail}.",
            "Si no lo esperabas, pregunta a la administración.",
        ],
        None,
    ),
};

const FACTORS: FactorNews = FactorNews {
    factor_on: says(
        "El segundo factor está activo en {site}",
        &["Desde el {time} tu cuenta pide un código además de la contraseña.", "Si no lo has activado tú, avisa a la administración."],
        None,
    ),
    factor_off: says(
        "El segundo factor está desactivado en {site}",
        &[
            "Desde el {time} tu cuenta ya no pide un código además de la contraseña.",
            "Si no lo has desactivado tú, cambia tu contraseña y avisa a la administración.",
        ],
        None,
    ),
    recovery_code_used: says(
        "Se ha usado un código de recuperación en {site}",
        &[
            "El {time} se usó uno de tus códigos de recuperación para entrar. No sirve otra vez.",
            "Si no has sido tú, cambia tu contraseña y pide códigos nuevos.",
        ],
        None,
    ),
    recovery_codes_made: says(
        "Códigos de recuperación nuevos en {site}",
        &[
            "El {time} se crearon códigos de recuperación nuevos para tu cuenta. Los anteriores ya no sirven.",
            "Si no has sido tú, cambia tu contraseña y pide códigos nuevos.",
        ],
        None,
    ),
};

const TOKENS: TokenNews = TokenNews {
    token_made: says(
        "Un token de acceso nuevo en {site}",
        &[
            "El {time} se creó un token de acceso para tu cuenta: {detail}. Quien lo tenga actúa en tu nombre.",
            "Si no sabes nada de él, revócalo y cambia tu contraseña.",
        ],
        None,
    ),
    token_enabled: says(
        "Un token de acceso vuelve a valer en {site}",
        &[
            "El {time} se volvió a activar un token de acceso de tu cuenta: {detail}. Quien lo tenga actúa en tu nombre.",
            "Si no sabes nada de él, revócalo y cambia tu contraseña.",
        ],
        None,
    ),
};
