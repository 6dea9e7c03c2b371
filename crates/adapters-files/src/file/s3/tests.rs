use super::*;

fn options() -> S3Options {
    S3Options {
        endpoint: Some(Url::parse("https://s3.example.test:9000/").unwrap()),
        region: "eu-central-1".to_owned(),
        bucket: "pictures".to_owned(),
        key_id: "muster".to_owned(),
        secret: SecretString::from("canary"),
        allow_http: false,
        is_path_style: true,
        prefix: String::new(),
    }
}

fn refusal(options: &S3Options) -> String {
    StoredFiles::s3(options).err().unwrap().to_string()
}

#[test]
fn plain_http_must_be_allowed() {
    let plain = S3Options { endpoint: Url::parse("http://s3.example.test").ok(), ..options() };

    assert!(refusal(&plain).starts_with("the address of the S3 store begins with https://"));
    assert!(StoredFiles::s3(&S3Options { allow_http: true, ..plain }).is_ok());
}

#[test]
fn an_address_of_something_else_is_refused() {
    for address in ["ftp://s3.example.test", "file:///tmp", "data:text/plain,a"] {
        let wrong = S3Options { endpoint: Url::parse(address).ok(), allow_http: true, ..options() };

        assert!(matches!(StoredFiles::s3(&wrong).err().unwrap(), S3Error::Endpoint), "{address}");
    }
}

#[test]
fn what_is_missing_is_named() {
    let nothing = String::new;

    assert_eq!(refusal(&S3Options { region: nothing(), ..options() }), "the S3 store's region is missing");
    assert_eq!(refusal(&S3Options { bucket: nothing(), ..options() }), "the S3 store's bucket is missing");
    assert_eq!(refusal(&S3Options { key_id: nothing(), ..options() }), "the S3 store's key id is missing");
    assert_eq!(refusal(&S3Options { secret: SecretString::from(""), ..options() }), "the S3 store's secret is missing");
}

#[test]
fn a_prefix_is_made_of_folders() {
    let prefixed = |prefix: &str| StoredFiles::s3(&S3Options { prefix: prefix.to_owned(), ..options() });

    assert_eq!(prefixed("/muster/data/").unwrap().prefix.as_ref(), "muster/data");
    assert!(matches!(prefixed("a/../b").err().unwrap(), S3Error::Prefix));
}

#[test]
fn a_bucket_that_is_not_in_the_path_is_in_the_host() {
    let hosted = S3Options { is_path_style: false, ..options() };

    let address = hosted.address(hosted.endpoint.as_ref().unwrap()).unwrap();

    assert_eq!(address.as_str(), "https://pictures.s3.example.test:9000/");
    assert!(StoredFiles::s3(&hosted).is_ok());
    assert!(StoredFiles::s3(&S3Options { endpoint: None, ..hosted }).is_ok());
}

#[test]
fn the_key_is_shown_nowhere() {
    assert!(!format!("{:?}", options()).contains("canary"));
}
