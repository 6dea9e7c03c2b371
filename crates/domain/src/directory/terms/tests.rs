//! Rules of writing terms of service.

use super::*;
use crate::testkit::service::{Bench, granted, origin};

#[tokio::test]
async fn the_newest_terms_count() {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    let write = async |text: &str| bench.directory.create_terms(granted(&root), &root, text.to_owned(), &origin()).await;
    assert!(matches!(bench.directory.terms(granted(&root)).await, Err(TermsError::Missing)));
    write("Be good.").await.unwrap();
    let kind = write("Be kind.").await.unwrap();
    assert_eq!(write("Be kind.").await.unwrap(), kind, "the same again is the same");
    assert_eq!(bench.directory.terms(granted(&root)).await.unwrap(), kind);
    assert_eq!((kind.author.as_ref(), bench.audit().await.len()), (root.user_id(), 2));
    assert_ne!(write("Be good.").await.unwrap().id, kind.id, "former ones come back as new ones");
}

#[tokio::test]
async fn what_is_no_text_of_terms_is_refused() {
    let bench = Bench::default();
    let root = bench.person("root", "system_admin system_user").await;
    let ada = bench.person("ada", "system_user").await;
    let write = async |text: String| bench.directory.create_terms(granted(&root), &root, text, &origin()).await;
    assert!(matches!(write(String::new()).await, Err(TermsError::Empty)));
    assert!(matches!(write("é".repeat(LONGEST + 1)).await, Err(TermsError::TooLong)));
    assert!(matches!(write("\0".into()).await, Err(TermsError::TooLong)));
    assert!(write("é".repeat(LONGEST)).await.is_ok());
    assert!(crate::permission::permit::<operations::CreateTermsOfService>(&ada, None).is_err());
    bench.faults.reads.store(1, std::sync::atomic::Ordering::SeqCst);
    assert!(matches!(bench.directory.terms(granted(&ada)).await, Err(TermsError::Store(_))));
}
