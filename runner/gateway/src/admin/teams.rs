//! Teams, as the admin API has them.

use super::change::{changed, check, check_id};
use super::query::Query;
use super::{Refused, Told, listed, page, record, value};
use crate::store::{Page, Store, Team, Time};
use serde_json::{Map, Value, json};

const MEMBERS: [&str; 4] = ["alias", "limits", "blocked", "metadata"];
const NEW_MEMBERS: [&str; 5] = ["id", "alias", "limits", "blocked", "metadata"];

pub(super) async fn list(store: &dyn Store, query: &Query) -> Result<Told, Refused> {
    query.only(&["after", "limit"])?;
    let (wanted, most) = query.page()?;
    let teams = store.teams(wanted).await?;
    let (teams, next) = page(teams, most, |team| &team.id);
    let data = teams.iter().map(value).collect::<Result<_, _>>()?;
    Ok(listed(data, next))
}

pub(super) async fn make(store: &dyn Store, body: Map<String, Value>) -> Result<Told, Refused> {
    let new = Team { created: Time::now(), ..Team::default() };
    let team = changed(&new, body, &NEW_MEMBERS)?;
    check_id(&team.id)?;
    check(team.alias.as_ref(), &team.limits, &team.metadata)?;
    match store.add_team(team.clone()).await? {
        true => record(201, &team),
        false => {
            let message = format!("there is a team `{}` already", team.id);
            Err(Refused::new(409, "already_there", message))
        }
    }
}

pub(super) async fn show(store: &dyn Store, id: &str) -> Result<Told, Refused> {
    record(200, &find(store, id).await?)
}

pub(super) async fn change(
    store: &dyn Store,
    id: &str,
    body: Map<String, Value>,
) -> Result<Told, Refused> {
    let team = changed(&find(store, id).await?, body, &MEMBERS)?;
    check(team.alias.as_ref(), &team.limits, &team.metadata)?;
    match store.change_team(team.clone()).await? {
        true => record(200, &team),
        false => Err(absent(id)),
    }
}

pub(super) async fn remove(store: &dyn Store, id: &str) -> Result<Told, Refused> {
    if store.remove_team(id.to_owned()).await? {
        return Ok(Told { status: 200, body: json!({ "id": id, "deleted": true }) });
    }
    find(store, id).await?;
    let keys = store.keys(Page { after: String::new(), most: 1 }, Some(id.to_owned())).await?;
    let first = keys.first().map(|key| format!(", such as `{}`", key.id)).unwrap_or_default();
    let message = format!("the team `{id}` has keys{first}; remove them, or move them, first");
    Err(Refused::new(409, "has_keys", message))
}

pub(super) async fn find(store: &dyn Store, id: &str) -> Result<Team, Refused> {
    store.team(id.to_owned()).await?.ok_or_else(|| absent(id))
}

pub(super) fn absent(id: &str) -> Refused {
    Refused::absent(format!("there is no team `{id}`"))
}
