//! Terms of service.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use muster_domain::id::{TermsId, UserId};
use muster_domain::store::{Cause, ReadTerms, StoreError, TermsOfService};
use muster_domain::terms::Terms;
use muster_domain::time::Timestamp;

use crate::error::corrupt;
use crate::lease::Lease;
use crate::schema::terms_of_service;

/// Terms as they are stored.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = terms_of_service, check_for_backend(diesel::pg::Pg))]
struct TermsRow {
    id: String,
    created_at: i64,
    author: Option<String>,
    text: String,
}

impl From<&Terms> for TermsRow {
    fn from(terms: &Terms) -> Self {
        Self {
            id: terms.id.to_string(),
            created_at: terms.created_at.as_millis(),
            author: terms.author.as_ref().map(UserId::to_string),
            text: terms.text.clone(),
        }
    }
}

fn read(row: TermsRow) -> Result<Terms, Cause> {
    Ok(Terms {
        id: row.id.parse()?,
        created_at: Timestamp::from_millis(row.created_at),
        author: row.author.map(|id| id.parse()).transpose()?,
        text: row.text,
    })
}

fn entity(row: TermsRow) -> Result<Terms, StoreError> {
    read(row).map_err(corrupt("terms_of_service"))
}

#[async_trait]
impl ReadTerms for Lease {
    #[tracing::instrument(name = "db.terms.by_id", skip_all)]
    async fn by_id(&mut self, id: &TermsId) -> Result<Option<Terms>, StoreError> {
        let query = terms_of_service::table.filter(terms_of_service::id.eq(id.as_str())).select(TermsRow::as_select());
        let found = query.first(self.connection()?).await.optional();
        self.settle(found)?.map(entity).transpose()
    }

    #[tracing::instrument(name = "db.terms.latest", skip_all)]
    async fn latest(&mut self) -> Result<Option<Terms>, StoreError> {
        let newest = (terms_of_service::created_at.desc(), terms_of_service::seq.desc());
        let query = terms_of_service::table.order(newest).select(TermsRow::as_select());
        let found = query.first(self.connection()?).await.optional();
        self.settle(found)?.map(entity).transpose()
    }
}

#[async_trait]
impl TermsOfService for Lease {
    #[tracing::instrument(name = "db.terms.insert", skip_all, fields(terms.id = terms.id.as_str()))]
    async fn insert(&mut self, terms: &Terms) -> Result<(), StoreError> {
        let query = diesel::insert_into(terms_of_service::table).values(TermsRow::from(terms));
        let inserted = query.execute(self.connection()?).await;
        self.settle(inserted).map(|_| ())
    }
}
