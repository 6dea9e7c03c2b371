//! The parameters behind a path's question mark, read as leniently as clients need.

use actix_web::HttpRequest;
use muster_domain::page::{LARGEST, Page, USUAL};

/// The parameters of a request's query; broken escapes are read as far as they go, and of two of one name the first counts.
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Those of a request.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        Self(url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect())
    }

    /// A parameter as it was sent; empty when it is not there.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// Whether a parameter says yes; anything that says nothing clear says no.
    #[must_use]
    pub fn flag(&self, name: &str) -> bool {
        matches!(self.text(name), "1" | "t" | "T" | "TRUE" | "true" | "True")
    }

    /// The items of a list with commas between them, blank ones left out.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        self.text(name).split(',').filter(|item| !item.trim().is_empty()).map(str::to_owned).collect()
    }

    /// The wanted page: what is no number, or a negative one, counts as not there, and no page has more than 200 rows.
    #[must_use]
    pub fn page(&self) -> Page {
        let number = self.text("page").parse::<i64>().unwrap_or_default().max(0);
        let size = self.text("per_page").parse::<i64>().ok().filter(|size| *size >= 0).unwrap_or(USUAL.into());
        Page { number: u32::try_from(number).unwrap_or(u32::MAX), size: u32::try_from(size).unwrap_or(LARGEST).min(LARGEST) }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use proptest::prelude::*;

    use super::*;

    fn page(query: &str) -> (u32, u32) {
        let Page { number, size } = Query::of(&TestRequest::with_uri(&format!("/?{query}")).to_http_request()).page();
        (number, size)
    }

    #[test]
    fn pages_are_read_leniently() {
        assert_eq!(page(""), (0, 60));
        assert_eq!(page("page=2&per_page=5"), (2, 5));
        assert_eq!(page("page=-2&per_page=-5"), (0, 60));
        assert_eq!(page("page=two&per_page=many"), (0, 60));
        assert_eq!(page("page=99999999999999999999&per_page=10000"), (0, 200));
        assert_eq!(page("per_page=0"), (0, 0));
    }

    #[test]
    fn flags_and_lists_are_read_leniently() {
        let query = Query::of(&TestRequest::with_uri("/?a=1&b=yes&roles=,x,,y&a=0").to_http_request());
        assert!(query.flag("a") && !query.flag("b") && !query.flag("c"));
        assert_eq!(query.list("roles"), ["x", "y"]);
    }

    proptest! {
        #[test]
        fn no_query_makes_the_reader_panic(text in "[ -~]{0,200}") {
            let Ok(uri) = format!("/?{text}").parse::<actix_web::http::Uri>() else { return Ok(()) };
            let _ = Query::of(&TestRequest::with_uri(&uri.to_string()).to_http_request()).page();
        }
    }
}
