//! Code generators as RFC 6238 has them, and the QR codes that set them up.

use muster_domain::port::{Enrolment, EnrolmentError, FactorCodes};
use muster_domain::time::Timestamp;
use qrcodegen::{QrCode, QrCodeEcc};
use secrecy::SecretString;
use totp_rs::{Builder, Secret, Totp};
use zeroize::{Zeroize, Zeroizing};

/// Pixels of one module of a QR code, which is drawn black and white.
const SCALE: usize = 6;
/// Modules that are left white around it, as the standard has it.
const QUIET: usize = 4;

/// Six digits, SHA-1, steps of 30 seconds, of which the neighbouring ones count too.
#[derive(Debug, Clone, Copy, Default)]
pub struct TotpCodes;

fn totp(secret: &[u8]) -> Option<Totp> {
    Builder::new().with_secret(Secret::from(secret.to_vec())).build().ok()
}

impl FactorCodes for TotpCodes {
    fn enrolment(&self, secret: &[u8], issuer: &str, account: &str) -> Result<Enrolment, EnrolmentError> {
        let text = Secret::from(secret.to_vec()).to_base32();
        let (issuer, account) = (escaped(issuer), escaped(account));
        let address = Zeroizing::new(format!("otpauth://totp/{issuer}:{account}?secret={text}&issuer={issuer}"));
        let picture = drawn(&address)?;
        Ok(Enrolment { secret: SecretString::from(text), picture })
    }

    fn step(&self, secret: &[u8], code: &str, now: Timestamp) -> Option<i64> {
        let seconds = u64::try_from(now.as_millis()).ok()? / 1000;
        let step = totp(secret)?.check(code, seconds)?;
        i64::try_from(step).ok()
    }
}

/// A text as a part of an address. The mark of mail addresses stays: code generators show it as it stands.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// A text as a QR code with the most redundancy that there is: a PNG with one bit a pixel.
fn drawn(text: &str) -> Result<Vec<u8>, EnrolmentError> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| EnrolmentError(error);
    let code = QrCode::encode_text(text, QrCodeEcc::High).map_err(|error| failed(Box::new(error)))?;
    let modules = usize::try_from(code.size()).unwrap_or_default();
    let side = (modules + 2 * QUIET) * SCALE;
    let is_black = |x: usize, y: usize| {
        let module = |at: usize| i32::try_from(at / SCALE).unwrap_or_default() - i32::try_from(QUIET).unwrap_or_default();
        code.get_module(module(x), module(y))
    };
    let row =
        |y: usize| (0..side.div_ceil(8)).map(move |byte| (0..8).fold(0_u8, |bits, bit| bits << 1 | u8::from(!is_black(byte * 8 + bit, y))));
    let mut pixels: Vec<u8> = (0..side).flat_map(row).collect();
    let written = encoded(side, &pixels).map_err(|error| failed(Box::new(error)));
    pixels.zeroize();
    written
}

fn encoded(side: usize, pixels: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let side = u32::try_from(side).unwrap_or_default();
    let mut picture = Vec::new();
    let mut encoder = png::Encoder::new(&mut picture, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.write_header()?.write_image_data(pixels)?;
    Ok(picture)
}

#[cfg(test)]
mod tests;
