//! Terms of service.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use muster_domain::id::TermsId;
use muster_domain::store::{ReadTerms, StoreError, TermsOfService};
use muster_domain::terms::Terms;
use muster_domain::time::Timestamp;

use crate::connection::Repositories;
use crate::schema::terms_of_service;
use crate::user::id;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = terms_of_service, check_for_backend(Sqlite), treat_none_as_default_value = false)]
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
            author: terms.author.as_ref().map(ToString::to_string),
            text: terms.text.clone(),
        }
    }
}

impl TryFrom<TermsRow> for Terms {
    type Error = StoreError;

    fn try_from(row: TermsRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: id(&row.id, "terms_of_service", "id")?,
            created_at: Timestamp::from_millis(row.created_at),
            author: row.author.map(|author| id(&author, "terms_of_service", "author")).transpose()?,
            text: row.text,
        })
    }
}

#[async_trait]
impl ReadTerms for Repositories {
    #[tracing::instrument(name = "db.terms.by_id", skip_all)]
    async fn by_id(&mut self, id: &TermsId) -> Result<Option<Terms>, StoreError> {
        let id = id.clone();
        let query = move |c: &mut _| {
            let found = terms_of_service::table.filter(terms_of_service::id.eq(id.as_str()));
            found.select(TermsRow::as_select()).get_result(c).optional()
        };
        self.run(query).await?.map(Terms::try_from).transpose()
    }

    #[tracing::instrument(name = "db.terms.latest", skip_all)]
    async fn latest(&mut self) -> Result<Option<Terms>, StoreError> {
        let query = |c: &mut _| {
            let newest = terms_of_service::table.order((terms_of_service::created_at.desc(), terms_of_service::seq.desc()));
            newest.select(TermsRow::as_select()).first(c).optional()
        };
        self.run(query).await?.map(Terms::try_from).transpose()
    }
}

#[async_trait]
impl TermsOfService for Repositories {
    #[tracing::instrument(name = "db.terms.insert", skip_all, fields(terms.id = terms.id.as_str()))]
    async fn insert(&mut self, terms: &Terms) -> Result<(), StoreError> {
        let row = TermsRow::from(terms);
        self.run(move |c| diesel::insert_into(terms_of_service::table).values(row).execute(c)).await.map(drop)
    }
}
