//! What an adapter may do, in words that need no manual. Everything that comes from
//! the component is a stranger's text, and is made safe to show.

use super::Paint;
use super::table::facts;
use super::text::{bytes, columns, pad, visible_line, wrap};
use hotcell::audit;
use hotcell::manifest::{
    Auth, AuthIdentity, Digest, Endpoint, Inspection, Manifest, Package, PackageSource,
    package_source,
};
use hotcell::signature::{SignatureError, Signer};
use serde_json::{Value, json};
use std::path::PathBuf;

/// A page is no list of everything.
const MOST_CRATES: usize = 100;

/// A component that was read, and where it was found.
pub(crate) struct Adapter {
    pub(crate) inspection: Inspection,
    pub(crate) source: Source,
    /// Why the runner does not take it, if so.
    pub(crate) refusal: Option<String>,
    /// Whose it is, where that was asked.
    pub(crate) signer: Option<Signed>,
}

/// Whose signature a component has.
pub(crate) enum Signed {
    /// The binary's own.
    Bundled,
    /// Somebody's whom the configuration names.
    By(Signer),
    /// Nobody's who is named, and nobody has to.
    ByNobody,
    /// Nobody's of those who have to.
    Refused(SignatureError),
}

impl Signed {
    fn words(&self) -> String {
        match self {
            Self::Bundled => "as part of this binary".to_owned(),
            Self::By(Signer { publisher, key }) => format!("by `{publisher}`, {key}"),
            Self::ByNobody => "by nobody whom the configuration names".to_owned(),
            Self::Refused(error) => error.to_string(),
        }
    }

    fn document(&self) -> Value {
        match self {
            Self::Bundled => json!({ "by": "bundle" }),
            Self::By(signer) => json!({ "by": "publisher", "signer": signer }),
            Self::ByNobody => json!({ "by": "nobody" }),
            Self::Refused(error) => json!({ "by": "nobody", "refused": error.to_string() }),
        }
    }
}

/// Where a component was found.
pub(crate) enum Source {
    Bundled,
    Configured {
        name: String,
        path: PathBuf,
        agreed: Digest,
    },
    /// In the store, by the lock's grant of this name.
    Granted {
        name: String,
    },
    File(PathBuf),
}

impl Source {
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Bundled => "bundled",
            Self::Configured { .. } => "configured",
            Self::Granted { .. } => "granted",
            Self::File(_) => "file",
        }
    }

    pub(crate) fn place(&self) -> String {
        match self {
            Self::Bundled => "part of this binary".to_owned(),
            Self::Granted { .. } => "in the store".to_owned(),
            Self::Configured { path, .. } | Self::File(path) => path.display().to_string(),
        }
    }
}

impl Adapter {
    pub(crate) fn name(&self) -> String {
        match &self.source {
            Source::Configured { name, .. } | Source::Granted { name } => visible_line(name),
            _ => visible_line(&self.inspection.manifest.adapter.name),
        }
    }

    /// Whether it is the component that the configuration agrees to.
    fn is_agreed(&self) -> Option<bool> {
        match &self.source {
            Source::Configured { agreed, .. } => Some(*agreed == self.inspection.digest),
            _ => None,
        }
    }
}

/// The adapter as a document.
pub(crate) fn document(adapter: &Adapter) -> Value {
    let inspection = &adapter.inspection;
    json!({
        "name": adapter.name(),
        "from": adapter.source.word(),
        "place": adapter.source.place(),
        "digest": inspection.digest,
        "digest-agreed": adapter.is_agreed(),
        "size": inspection.size,
        "refused": adapter.refusal,
        "signed": adapter.signer.as_ref().map(Signed::document),
        "imports": inspection.imports,
        "exports": inspection.exports,
        "manifest": inspection.manifest,
        "dependencies": inspection.dependencies,
    })
}

/// The adapter as a page.
pub(crate) fn page(adapter: &Adapter, width: usize, paint: Paint) -> String {
    let manifest = &adapter.inspection.manifest;
    let mut page = Page { width, paint, text: String::new() };
    page.title(adapter);
    page.endpoints(manifest);
    page.secrets(manifest);
    page.identities(manifest);
    page.settings(manifest);
    page.heading("It may not");
    page.paragraph(
        "see a key, a file, a variable, a clock, chance, or another request; name another host, \
         path, method, query parameter or header; follow a redirect; reach an address that is \
         not public; say who is asking. There is no import for it, and egress refuses it.",
    );
    page.imports(&adapter.inspection);
    page.crates(adapter);
    page.facts(adapter);
    page.text
}

struct Page {
    width: usize,
    paint: Paint,
    text: String,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn heading(&mut self, text: &str) {
        let heading = self.paint.strong(text);
        self.line("");
        self.line(&heading);
    }

    fn paragraph(&mut self, text: &str) {
        self.hanging("", text);
    }

    /// Text with a margin, its first line behind a label.
    fn hanging(&mut self, label: &str, text: &str) {
        let margin = 2 + columns(label);
        for (number, line) in wrap(text, self.width.saturating_sub(margin)).iter().enumerate() {
            let lead = if number == 0 { self.paint.dim(label) } else { " ".repeat(margin - 2) };
            self.line(&format!("  {lead}{line}"));
        }
    }

    fn title(&mut self, adapter: &Adapter) {
        let identity = &adapter.inspection.manifest.adapter;
        let name = self.paint.strong(&visible_line(&identity.name));
        self.line(&format!("{name} {}", visible_line(&identity.version)));
        if let Some(description) = &identity.description {
            for line in wrap(&visible_line(description), self.width) {
                self.line(&line);
            }
        }
        let unsigned = match &adapter.signer {
            Some(Signed::Refused(error)) => Some(format!("The runner refuses it: {error}.")),
            _ => None,
        };
        let warnings = [
            unsigned,
            adapter.refusal.as_ref().map(|why| format!("The runner refuses it: {why}.")),
            adapter.is_agreed().filter(|agreed| !agreed).map(|_| {
                "It changed: the configuration agrees to another digest, so it does not run."
                    .to_owned()
            }),
        ];
        for warning in warnings.iter().flatten() {
            self.line("");
            for line in wrap(&visible_line(warning), self.width) {
                let line = self.paint.bad(&line);
                self.line(&line);
            }
        }
    }

    fn endpoints(&mut self, manifest: &Manifest) {
        self.heading("It may");
        if manifest.endpoints.is_empty() {
            self.paragraph("reach nothing: it declares no endpoint");
        }
        for (name, endpoint) in &manifest.endpoints {
            let place = match &endpoint.origin {
                Some(origin) => format!("{origin}{}", endpoint.base),
                None => "the place that the provider's configuration names".to_owned(),
            };
            let place = format!("{}, as `{name}`", visible_line(&place));
            self.hanging("ask   ", &place);
            for other in &endpoint.origins {
                let (place, base) = (&other.origin, &endpoint.base);
                let when = format!("where `{}` is `{}`", other.setting, other.value);
                self.hanging("or    ", &visible_line(&format!("{place}{base}, {when}")));
            }
            self.endpoint(endpoint);
        }
    }

    fn endpoint(&mut self, endpoint: &Endpoint) {
        for rule in &endpoint.allow {
            let method = pad(rule.method.as_str(), 6);
            let path = visible_line(rule.path.as_str());
            let line = format!("        {} {path}", self.paint.code(&method));
            self.line(&line);
        }
        let lists = [
            ("send  ", "the query parameter", endpoint.query.clone()),
            ("send  ", "the header", texts(&endpoint.request_headers)),
            ("see   ", "the response header", texts(&endpoint.response_headers)),
        ];
        for (label, what, names) in lists {
            if !names.is_empty() {
                let plural = if names.len() > 1 { "s" } else { "" };
                let names = visible_line(&names.join(", "));
                self.hanging(label, &format!("{what}{plural} {names}"));
            }
        }
    }

    fn secrets(&mut self, manifest: &Manifest) {
        if manifest.secrets.is_empty() {
            return;
        }
        self.heading("The runner adds, outside of the cell");
        let width = widest(manifest.secrets.keys());
        for (name, secret) in &manifest.secrets {
            let uses = manifest.endpoints.iter().flat_map(|(endpoint, grant)| {
                let ways = grant.auth.iter().filter_map(|auth| applied(auth, name, endpoint));
                ways.collect::<Vec<_>>()
            });
            let uses: Vec<String> = uses.collect();
            let uses = if uses.is_empty() { "nowhere".to_owned() } else { uses.join(", ") };
            let from = match secret.env.is_empty() {
                false => format!("; from {} unless configured otherwise", secret.env),
                true => "; from where the configuration says".to_owned(),
            };
            let text = visible_line(&format!("{}, {uses}{from}", secret.description));
            self.hanging(&format!("{}  ", pad(name, width)), &text);
        }
    }

    /// What is fetched or signed for it, with an identity that the configuration names.
    fn identities(&mut self, manifest: &Manifest) {
        let all = manifest.endpoints.iter().flat_map(|(endpoint, grant)| {
            let ways = grant.auth.iter().filter_map(|auth| Some((auth, auth.identity()?)));
            ways.map(move |(auth, identity)| (endpoint, auth, identity))
        });
        let all: Vec<_> = all.collect();
        if all.is_empty() {
            return;
        }
        self.heading("The runner asks for a token, or signs, outside of the cell");
        let width = all.iter().map(|(_, auth, _)| columns(auth.scheme())).max().unwrap_or(0);
        for (endpoint, auth, AuthIdentity { place, scope }) in all {
            let form = auth.form().unwrap_or_default();
            let good = if scope.is_empty() { String::new() } else { format!(", good for {scope}") };
            let text = match place {
                Some(place) => format!("a token from {place}{good}, as `{form}` to `{endpoint}`"),
                None => format!("a signature for {scope}, as `{form}` to `{endpoint}`"),
            };
            self.hanging(&format!("{}  ", pad(auth.scheme(), width)), &visible_line(&text));
            for own in auth.own_secrets() {
                let text = format!(
                    "`{}`, {}; from {} unless configured otherwise, where the identity needs it",
                    own.name, own.description, own.variable
                );
                self.hanging(&" ".repeat(width + 2), &text);
            }
        }
    }

    fn settings(&mut self, manifest: &Manifest) {
        if manifest.settings.is_empty() {
            return;
        }
        self.heading("It reads the settings");
        let width = widest(manifest.settings.keys());
        for (name, setting) in &manifest.settings {
            let mut text = setting.description.clone();
            if !setting.values.is_empty() {
                text.push_str(&format!("; one of {}", setting.values.join(", ")));
            }
            if let Some(default) = &setting.default {
                text.push_str(&format!("; otherwise `{default}`"));
            }
            self.hanging(&format!("{}  ", pad(name, width)), &visible_line(&text));
        }
    }

    fn imports(&mut self, inspection: &Inspection) {
        self.heading("What the component is made of");
        let width = widest(&inspection.imports);
        for import in &inspection.imports {
            let name = pad(&visible_line(import), width);
            let meaning = self.paint.dim(audit::gives(import));
            let label = self.paint.dim("import");
            self.line(&format!("  {label}  {name}  {meaning}"));
        }
        for export in &inspection.exports {
            let label = self.paint.dim("export");
            self.line(&format!("  {label}  {}", visible_line(export)));
        }
    }

    /// What it says that it is built from.
    fn crates(&mut self, adapter: &Adapter) {
        let Some(tree) = &adapter.inspection.dependencies else {
            self.hanging("crates  ", "it does not state what it is built from");
            return;
        };
        let count = tree.others().count();
        let mut names: Vec<String> = tree.others().take(MOST_CRATES).map(package).collect();
        if count > MOST_CRATES {
            names.push(format!("and {} more, which `--json` has", count - MOST_CRATES));
        }
        let names = if count == 0 { "none".to_owned() } else { names.join(", ") };
        self.hanging("crates  ", &visible_line(&names));
        let who = match adapter.source {
            Source::Bundled => "as written down when hotcell was built",
            _ => "as whoever built it states; `hotcell adapter verify` shows whether it is true",
        };
        self.hanging("        ", who);
    }

    fn facts(&mut self, adapter: &Adapter) {
        let inspection = &adapter.inspection;
        let identity = &inspection.manifest.adapter;
        let mut rows = vec![("dialect", visible_line(&identity.dialect))];
        rows.extend(identity.license.as_ref().map(|text| ("license", visible_line(text))));
        for (name, text) in [
            ("source", &identity.source),
            ("revision", &identity.revision),
            ("homepage", &identity.homepage),
            ("authors", &identity.authors),
        ] {
            rows.extend(text.as_ref().map(|text| (name, visible_line(text))));
        }
        rows.push(("size", bytes(inspection.size as u64)));
        rows.push(("digest", inspection.digest.to_string()));
        rows.push(("found", visible_line(&adapter.source.place())));
        rows.extend(adapter.signer.as_ref().map(|it| ("signed", visible_line(&it.words()))));
        self.line("");
        self.text.push_str(&facts(&rows, 2, self.paint));
    }
}

/// A crate with its version and, where it is not the usual one, where it comes from.
fn package(of: &Package) -> String {
    match &of.source {
        PackageSource::CratesIo => format!("{} {}", of.name, of.version),
        source => format!("{} {} ({})", of.name, of.version, package_source(source)),
    }
}

/// How a secret goes out, where it does.
fn applied(auth: &Auth, secret: &str, endpoint: &str) -> Option<String> {
    if !auth.secrets().contains(&secret) {
        return None;
    }
    let place = auth.identity().and_then(|identity| identity.place);
    Some(match place {
        Some(place) => format!("to {place}, for a token for `{endpoint}`"),
        None => format!("as `{}` to `{endpoint}`", auth.form()?),
    })
}

fn widest<'a>(names: impl IntoIterator<Item = &'a String>) -> usize {
    names.into_iter().map(|name| columns(name)).max().unwrap_or(0)
}

fn texts<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}
