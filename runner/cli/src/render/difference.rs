//! What lies between two components, in words: what is wider is loud, what is narrower
//! is quiet.

use super::Paint;
use super::text::{bytes, pad, visible_line, wrap};
use hotcell::manifest::{
    Capability, Changes, DependencyChange, Inspection, Severity, capabilities,
};
use serde_json::{Value, json};

/// Two components, and what lies between them.
pub(crate) struct Difference<'a> {
    old: &'a Inspection,
    new: &'a Inspection,
    pub(crate) changes: Changes,
    /// Of what they are built from, where both state it.
    dependencies: Vec<DependencyChange>,
}

impl<'a> Difference<'a> {
    pub(crate) fn between(old: &'a Inspection, new: &'a Inspection) -> Self {
        let changes = Changes::between(&capabilities(old), &capabilities(new));
        let dependencies = match (&old.dependencies, &new.dependencies) {
            (Some(old), Some(new)) => DependencyChange::between(old, new),
            _ => Vec::new(),
        };
        Self { old, new, changes, dependencies }
    }

    pub(crate) fn is_same(&self) -> bool {
        self.old.digest == self.new.digest
    }

    /// What is told of a component beside what it may do, where it differs.
    fn facts(&self) -> Vec<(&'static str, String, String)> {
        let facts = |of: &Inspection| {
            let identity = &of.manifest.adapter;
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            [
                ("name", identity.name.clone()),
                ("version", identity.version.clone()),
                ("dialect", identity.dialect.clone()),
                ("license", text(&identity.license)),
                ("source", text(&identity.source)),
                ("revision", text(&identity.revision)),
                ("homepage", text(&identity.homepage)),
                ("authors", text(&identity.authors)),
                ("crates", crates(of)),
                ("exports", of.exports.join(", ")),
                ("imports", of.imports.join(", ")),
                ("size", bytes(of.size as u64)),
                ("digest", of.digest.to_string()),
            ]
        };
        let pairs = facts(self.old).into_iter().zip(facts(self.new));
        let pairs = pairs.map(|((name, old), (_, new))| (name, old, new));
        pairs.filter(|(_, old, new)| old != new).collect()
    }

    /// What it is built from now and was not before.
    pub(crate) fn built_from(&self, paint: Paint) -> String {
        let (old, new) = (crates(self.old), crates(self.new));
        match (&self.old.dependencies, &self.new.dependencies) {
            (Some(_), Some(_)) => built_from(&self.dependencies, paint),
            _ if old == new => String::new(),
            _ => format!("\nBuilt from\n  {old} → {new}\n"),
        }
    }

    pub(crate) fn document(&self) -> Value {
        let list = |all: &[Capability]| -> Vec<Value> {
            let entry = |one: &Capability| {
                let mut entry = json!(one);
                entry["severity"] = json!(one.severity());
                entry["words"] = json!(one.to_string());
                entry
            };
            all.iter().map(entry).collect()
        };
        let facts = self.facts().into_iter();
        let facts = facts.map(|(name, old, new)| json!({ "fact": name, "old": old, "new": new }));
        json!({
            "old": self.old.digest,
            "new": self.new.digest,
            "wider": list(&self.changes.wider),
            "narrower": list(&self.changes.narrower),
            "dependencies": self.dependencies,
            "facts": facts.collect::<Vec<_>>(),
        })
    }

    pub(crate) fn page(&self, width: usize, paint: Paint) -> String {
        if self.is_same() {
            return "They are the same component.\n".to_owned();
        }
        let mut page = may_now(&self.changes, width, paint);
        page.push_str(&built_from(&self.dependencies, paint));
        let facts = self.facts();
        let widest = facts.iter().map(|(name, ..)| name.len()).max().unwrap_or(0);
        page.push('\n');
        for (name, old, new) in facts {
            let shown = |text: &str| match text {
                "" => "none".to_owned(),
                text => visible_line(text),
            };
            let name = paint.dim(&pad(name, widest));
            page.push_str(&format!("{name}  {} → {}\n", shown(&old), shown(&new)));
        }
        page
    }
}

/// How many crates a component says that it is built from.
fn crates(of: &Inspection) -> String {
    match &of.dependencies {
        Some(tree) => tree.others().count().to_string(),
        None => "not stated".to_owned(),
    }
}

/// What is built in now and was not before, what changed, and what is gone.
fn built_from(changes: &[DependencyChange], paint: Paint) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let from = |source: &str| match source {
        "crates.io" => String::new(),
        source => format!(" ({})", visible_line(source)),
    };
    let mut text = "\nBuilt from\n".to_owned();
    for change in changes {
        let line = match change {
            DependencyChange::Added { name, version, source } => {
                paint.bad(&format!("  + {name} {version}{}", from(source)))
            }
            DependencyChange::Changed { name, old, new, old_source, new_source } => {
                format!("  ~ {name} {old}{} → {new}{}", from(old_source), from(new_source))
            }
            DependencyChange::Removed { name, version, source } => {
                paint.dim(&format!("  - {name} {version}{}", from(source)))
            }
            _ => continue,
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// What may be done now and might not before, and what no longer.
pub(crate) fn may_now(changes: &Changes, width: usize, paint: Paint) -> String {
    let mut text = match &changes.wider[..] {
        [] => format!("{}\n", paint.good("It may do nothing more.")),
        wider => list("It may now", '+', wider, width, paint),
    };
    if !changes.narrower.is_empty() {
        text.push_str("\nNo longer\n");
        for one in &changes.narrower {
            for line in wrap(&visible_line(&one.to_string()), width.saturating_sub(4)) {
                text.push_str(&format!("{}\n", paint.dim(&format!("  - {line}"))));
            }
        }
    }
    text
}

/// All that may be done, the worst first.
pub(crate) fn may(capabilities: &[Capability], width: usize, paint: Paint) -> String {
    match capabilities {
        [] => "It may do nothing.\n".to_owned(),
        all => list("It may", ' ', all, width, paint),
    }
}

fn list(
    title: &str,
    mark: char,
    capabilities: &[Capability],
    width: usize,
    paint: Paint,
) -> String {
    let mut text = format!("{}\n", paint.bad(title));
    for one in capabilities {
        let severity = pad(&one.severity().to_string(), 6);
        let lines = wrap(&visible_line(&one.to_string()), width.saturating_sub(13));
        for (number, line) in lines.iter().enumerate() {
            let lead = if number == 0 { format!("{mark} {severity}") } else { " ".repeat(8) };
            let line = format!("  {lead}  {line}");
            let loud = mark == '+' || one.severity() == Severity::High;
            text.push_str(&format!("{}\n", if loud { paint.bad(&line) } else { line }));
        }
    }
    text
}
