//! Mail addresses.

/// A mail address, held in lower case, without display name or comment.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Email(String);

/// A text that is no plain mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an e-mail address has at most 128 bytes and the form name@domain")]
pub struct InvalidEmail;

/// Most bytes an address has.
const LONGEST: usize = 128;

impl Email {
    /// Reads an address: the space around it and its letter case don't matter.
    ///
    /// The grammar is the `addr-spec` of RFC 5322 in its dot-atom form, with the characters beyond ASCII of RFC 6532 and
    /// with domain literals; quoted local parts are refused, since no client writes them and many mailers break on them.
    ///
    /// # Errors
    ///
    /// [`InvalidEmail`] when the text has another form or more than 128 bytes.
    pub fn parse(text: &str) -> Result<Self, InvalidEmail> {
        Self::parse_untrimmed(text.trim())
    }

    /// Reads an address that has no space around it: its letter case alone does not matter.
    ///
    /// # Errors
    ///
    /// [`InvalidEmail`] as for [`Self::parse`], and for space around it.
    pub fn parse_untrimmed(text: &str) -> Result<Self, InvalidEmail> {
        let address = text.to_lowercase();
        let valid =
            address.len() <= LONGEST && address.split_once('@').is_some_and(|(name, domain)| is_dot_atom(name) && is_domain(domain));
        valid.then_some(Self(address)).ok_or(InvalidEmail)
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Email {
    /// Addresses are personal data: what is debugged ends in logs.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Email(…)")
    }
}

fn is_domain(domain: &str) -> bool {
    let literal = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    literal.map_or_else(|| is_dot_atom(domain), |address| address.parse::<std::net::Ipv4Addr>().is_ok())
}

fn is_dot_atom(text: &str) -> bool {
    text.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom_text))
}

fn is_atom_text(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+/=?^_`{|}~-".contains(c) || (!c.is_ascii() && !c.is_control() && !c.is_whitespace())
}

/// Mail domains that addresses may be of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MailDomains(Vec<String>);

impl MailDomains {
    /// Reads domains with spaces or commas between them; an `@` before one counts for nothing.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self(text.to_lowercase().replace(['@', ','], " ").split_whitespace().map(str::to_owned).collect())
    }

    /// Whether an address is of one of the domains, no sub-domain; any is where there are no domains.
    #[must_use]
    pub fn take(&self, email: &str) -> bool {
        let domain = email.trim().rsplit_once('@').map_or_else(String::new, |(_, domain)| domain.to_lowercase());
        self.0.is_empty() || self.0.contains(&domain)
    }

    /// The domains.
    #[must_use]
    pub fn all(&self) -> &[String] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_addresses_are_read() {
        for text in ["d/n@example.com", "d'n@example.com", "d%n@x", "dn@[127.0.0.1]", "😀@example.com", "dn@-example.com", "dn@exämple.com"]
        {
            assert!(Email::parse(text).is_ok(), "{text}");
        }
        assert_eq!(Email::parse("  Ada@Example.COM ").unwrap().as_str(), "ada@example.com");
        assert_eq!(Email::parse_untrimmed("Ada@Example.COM").unwrap().as_str(), "ada@example.com");
        assert!([" ada@example.com", "ada@example.com\n"].iter().all(|text| Email::parse_untrimmed(text).is_err()));
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "nonsense",
            "dn@",
            "@example.com",
            "d n@example.com",
            "d@n@example.com",
            "D N <dn@example.com>",
            "<dn@example.com>",
            "\"d n\"@example.com",
            "dn@example..com",
            "dn@example.com.",
            "d..n@example.com",
            ".dn@example.com",
            "dn\n@example.com",
            "dn@example.com,dm@example.com",
            "dn(c)@example.com",
            "mailto:dn@example.com",
            "d\0n@example.com",
            "dn@[x]",
        ] {
            assert_eq!(Email::parse(text), Err(InvalidEmail), "{text:?}");
        }
        assert!(Email::parse(&format!("{}@example.com", "m".repeat(116))).is_ok());
        assert!(Email::parse(&format!("{}@example.com", "m".repeat(117))).is_err());
    }

    proptest! {
        #[test]
        fn an_address_that_was_read_reads_as_itself(name in "[a-z.]{1,12}", domain in "[a-z.]{1,12}") {
            if let Ok(email) = Email::parse(&format!("{name}@{domain}")) {
                prop_assert_eq!(Email::parse(email.as_str()), Ok(email));
            }
        }

        #[test]
        fn no_text_makes_the_parser_panic(text: String) {
            let _ = Email::parse(&text);
        }
    }

    #[test]
    fn domains_take_their_own_addresses_alone() {
        let domains = MailDomains::parse("@Example.test, corp.test");
        assert!(domains.take("ada@EXAMPLE.test") && domains.take("ada@corp.test"));
        assert!(!domains.take("ada@sub.example.test") && !domains.take("ada@notexample.test") && !domains.take("example.test"));
        assert!(MailDomains::parse(" , ").take("ada@anywhere.test"));
    }
}
