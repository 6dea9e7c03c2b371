//! What people wrote of themselves lately, which clients offer them again: a JSON array in a preference.

use serde_json::Value;

use crate::id::UserId;
use crate::preference::Preference;
use crate::store::{StoreError, UnitOfWork};

/// The category of the preference.
pub const CATEGORY: &str = "custom_status";
/// Its name.
pub const NAME: &str = "recent_custom_statuses";
/// Most that are kept.
const MOST: usize = 5;

/// Keeps what somebody wrote of himself, as the text of a JSON object, before what he wrote earlier; the same again once.
pub(crate) async fn keep(work: &mut dyn UnitOfWork, user: &UserId, status: &str) -> Result<(), StoreError> {
    let Ok(status) = serde_json::from_str::<Value>(status) else { return Ok(()) };
    let mut recent = read(work, user).await?;
    recent.retain(|held| !is_same(held, &status));
    recent.insert(0, status);
    recent.truncate(MOST);
    write(work, user, recent).await
}

/// Keeps it no more; what is not kept is forgotten already.
pub(crate) async fn forget(work: &mut dyn UnitOfWork, user: &UserId, status: &str) -> Result<(), StoreError> {
    let status = serde_json::from_str::<Value>(status).unwrap_or_default();
    let mut recent = read(work, user).await?;
    let before = recent.len();
    recent.retain(|held| !is_same(held, &status));
    if recent.len() == before { Ok(()) } else { write(work, user, recent).await }
}

async fn read(work: &mut dyn UnitOfWork, user: &UserId) -> Result<Vec<Value>, StoreError> {
    let held = work.preferences().of_user(user, Some(CATEGORY)).await?;
    let text = held.into_iter().find(|one| one.name == NAME).map(|one| one.value);
    // Clients may have put anything there.
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

async fn write(work: &mut dyn UnitOfWork, user: &UserId, mut recent: Vec<Value>) -> Result<(), StoreError> {
    let of = |recent: &[Value]| Preference {
        user_id: user.clone(),
        category: CATEGORY.to_owned(),
        name: NAME.to_owned(),
        value: Value::from(recent.to_vec()).to_string(),
    };
    while of(&recent).check().is_err() && !recent.is_empty() {
        recent.pop();
    }
    work.preferences().put(&[of(&recent)]).await
}

/// Whether two say the same, however long.
fn is_same(one: &Value, other: &Value) -> bool {
    ["emoji", "text"].iter().all(|key| one[key].as_str().unwrap_or_default() == other[key].as_str().unwrap_or_default())
}
