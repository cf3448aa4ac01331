//! Deployments by the name that clients call them, and the providers that they share.

use super::deployment::{self, Deployment, Entry};
use super::name::{self, Providers};
use super::said::Said;
use super::shape::Shape;
use crate::yaml::{ReadError, Table};

/// Entries of `model_list`. Each is compared with those before it.
const DEPLOYMENTS: usize = 10_000;

/// All of `model_list`.
pub(super) struct Groups {
    /// In the order of the file.
    pub(super) groups: Vec<Group>,
    pub(super) shapes: Vec<(Shape, Vec<String>)>,
    /// Whatever a client asks for is asked for.
    pub(super) is_open: bool,
}

/// The deployments of one name.
pub(super) struct Group {
    pub(super) name: String,
    pub(super) line: usize,
    /// Each with which of the shapes it is at.
    pub(super) deployments: Vec<(usize, Deployment)>,
}

impl Groups {
    pub(super) fn read(all: &Table, said: &mut Said<'_>) -> Result<Self, ReadError> {
        let credentials = credentials(all)?;
        let mut found = Self { groups: Vec::new(), shapes: Vec::new(), is_open: false };
        let Some(list) = all.said("model_list") else { return Ok(found) };
        let mut by_name = std::collections::HashMap::new();
        let entries = list.list("model_list")?;
        if entries.len() > DEPLOYMENTS {
            let message = format!("`model_list` has more than {DEPLOYMENTS} entries");
            return Err(ReadError::at(list.line, message).with_help("divide the file"));
        }
        for (index, node) in entries.iter().enumerate() {
            match deployment::read(index, node, &credentials, said)? {
                Entry::Everything => found.is_open = true,
                Entry::LeftOut => {}
                Entry::Deployment(deployment) => {
                    let shape = found.shape(&deployment);
                    let (name, line) = (deployment.name.clone(), deployment.line);
                    let at = *by_name.entry(name.clone()).or_insert_with(|| {
                        found.groups.push(Group { name, line, deployments: Vec::new() });
                        found.groups.len() - 1
                    });
                    found.groups[at].deployments.push((shape, *deployment));
                }
            }
        }
        Ok(found)
    }

    fn shape(&mut self, deployment: &Deployment) -> usize {
        let wanted = &deployment.shaped.shape;
        if let Some(at) = self.shapes.iter().position(|(shape, _)| shape == wanted) {
            return at;
        }
        let mut hints = deployment.shaped.hints.clone();
        hints.push(deployment.name.clone());
        self.shapes.push((wanted.clone(), hints));
        self.shapes.len() - 1
    }

    pub(super) fn name_providers(&self, said: &mut Said<'_>) -> Providers {
        name::name(&self.shapes, said)
    }
}

/// `credential_list`: values by names, which deployments refer to.
fn credentials(all: &Table) -> Result<Vec<(String, Table)>, ReadError> {
    let Some(list) = all.said("credential_list") else { return Ok(Vec::new()) };
    let list = list.list("credential_list")?.iter().enumerate();
    let named = list.map(|(index, node)| {
        let whole = format!("credential_list[{index}]");
        let table = node.table(&whole)?;
        let missing = |key: &str| ReadError::at(node.line, format!("`{whole}` has no `{key}`"));
        let name = table.said("credential_name").ok_or_else(|| missing("credential_name"))?;
        let values = table.said("credential_values").ok_or_else(|| missing("credential_values"))?;
        Ok((name.text("credential_name")?.to_owned(), values.table("credential_values")?.clone()))
    });
    named.collect()
}
