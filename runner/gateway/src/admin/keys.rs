//! Keys, as the admin API has them.

use super::change::{changed, check, check_team, expiry};
use super::query::Query;
use super::{Refused, Told, listed, page, record, value};
use crate::access::{new_id, new_secret};
use crate::store::{Key, Store, Time};
use serde_json::{Map, Value, json};

const MEMBERS: [&str; 6] = ["alias", "team", "limits", "blocked", "expires", "metadata"];

pub(super) async fn list(store: &dyn Store, query: &Query) -> Result<Told, Refused> {
    query.only(&["after", "limit", "team"])?;
    let (wanted, most) = query.page()?;
    let keys = store.keys(wanted, query.get("team").map(str::to_owned)).await?;
    let (keys, next) = page(keys, most, |key| &key.id);
    let data = keys.iter().map(value).collect::<Result<_, _>>()?;
    Ok(listed(data, next))
}

pub(super) async fn make(store: &dyn Store, mut body: Map<String, Value>) -> Result<Told, Refused> {
    expiry(&mut body)?;
    let new = Key { id: new_id()?, created: Time::now(), ..Key::default() };
    let key = changed(&new, body, &MEMBERS)?;
    check(key.alias.as_ref(), &key.limits, &key.metadata)?;
    check_team(store, key.team.as_ref()).await?;
    let (secret, hash) = new_secret()?;
    store.add_key(key.clone(), hash).await?;
    shown_once(201, &key, &secret)
}

pub(super) async fn show(store: &dyn Store, id: &str) -> Result<Told, Refused> {
    record(200, &find(store, id).await?)
}

pub(super) async fn change(
    store: &dyn Store,
    id: &str,
    mut body: Map<String, Value>,
) -> Result<Told, Refused> {
    expiry(&mut body)?;
    let key = changed(&find(store, id).await?, body, &MEMBERS)?;
    check(key.alias.as_ref(), &key.limits, &key.metadata)?;
    check_team(store, key.team.as_ref()).await?;
    match store.change_key(key.clone()).await? {
        true => record(200, &key),
        false => Err(absent(id)),
    }
}

pub(super) async fn remove(store: &dyn Store, id: &str) -> Result<Told, Refused> {
    match store.remove_key(id.to_owned()).await? {
        true => Ok(Told { status: 200, body: json!({ "id": id, "deleted": true }) }),
        false => Err(absent(id)),
    }
}

pub(super) async fn rotate(store: &dyn Store, id: &str) -> Result<Told, Refused> {
    let key = find(store, id).await?;
    let (secret, hash) = new_secret()?;
    match store.rotate_key(id.to_owned(), hash).await? {
        true => shown_once(200, &key, &secret),
        false => Err(absent(id)),
    }
}

pub(super) async fn find(store: &dyn Store, id: &str) -> Result<Key, Refused> {
    store.key(id.to_owned()).await?.ok_or_else(|| absent(id))
}

/// The record with the secret, which nobody can be shown again.
fn shown_once(status: u16, key: &Key, secret: &str) -> Result<Told, Refused> {
    let mut body = json!({ "key": secret });
    if let (Value::Object(body), Value::Object(members)) = (&mut body, value(key)?) {
        body.extend(members);
    }
    Ok(Told { status, body })
}

/// Whoever takes the secret for the id does not find it in a log.
pub(super) fn absent(id: &str) -> Refused {
    match id.starts_with("key-") {
        true => Refused::absent(format!("there is no key `{id}`")),
        false => Refused::absent("there is no such key; it is known by its id, `key-…`"),
    }
}
