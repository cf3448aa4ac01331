use super::{configuration, grant, pack, sign, verify};
use crate::arguments::{AdapterCommand, DiffArguments, GlobalArguments};
use crate::nearest::nearest;
use crate::problem::{Problem, why};
use crate::render::capabilities::{self, Adapter, Signed, Source};
use crate::render::difference::Difference;
use crate::render::paint::DIM;
use crate::render::table::{Table, cell};
use crate::render::text::{Span, bytes, visible_line};
use crate::terminal::Terminal;
use hotcell::manifest::ManifestError;
use hotcell::signature::{Signature, Trust};
use hotcell::{Config, Granted, SetupError, Store, bundle, limits};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::Path;

pub(crate) fn run(
    command: &AdapterCommand,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    match command {
        AdapterCommand::Diff(arguments) => diff(arguments, &configuration(global)?, terminal),
        AdapterCommand::Verify(arguments) => {
            verify::run(arguments, &configuration(global)?, terminal)
        }
        AdapterCommand::Pack(arguments) => pack::run(arguments, terminal),
        AdapterCommand::Key(arguments) => sign::key(arguments, terminal),
        AdapterCommand::Sign(arguments) => sign::sign(arguments, terminal),
        AdapterCommand::Add(arguments) => grant::add(arguments, global, terminal),
        AdapterCommand::Trust(arguments) => grant::trust(arguments, global, terminal),
        AdapterCommand::Remove { adapter } => grant::remove(adapter, global, terminal),
        AdapterCommand::List { json } => list(&configuration(global)?, *json, terminal),
        AdapterCommand::Inspect { adapter, json } => {
            let config = configuration(global)?;
            let (source, component) = find(adapter, &config)?;
            let signer = signer(&source, &component, &config)?;
            let mut adapter = read(source, &component)?;
            adapter.signer = Some(signer);
            if *json {
                return terminal.print_json(&capabilities::document(&adapter));
            }
            terminal.print(&capabilities::page(&adapter, terminal.page_width(), terminal.paint))
        }
    }
}

impl AdapterCommand {
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::List { json } | Self::Inspect { json, .. } => *json,
            Self::Diff(arguments) => arguments.json,
            Self::Verify(arguments) => arguments.json,
            Self::Pack(arguments) => arguments.json,
            Self::Key(arguments) => arguments.json,
            Self::Sign(arguments) => arguments.json,
            Self::Add(arguments) => arguments.consent.json,
            Self::Trust(arguments) => arguments.consent.json,
            Self::Remove { .. } => false,
        }
    }
}

/// Every adapter that is bundled, configured or granted.
pub(super) fn all(config: &Config) -> Result<Vec<Adapter>, Problem> {
    let mut adapters = Vec::new();
    for bundled in &bundle::ADAPTERS {
        adapters.push(read(Source::Bundled, bundled.component())?);
    }
    for (name, configured) in &config.adapters {
        let component = read_file(&configured.path)?;
        let source = Source::Configured {
            name: name.clone(),
            path: configured.path.clone(),
            agreed: configured.digest,
        };
        adapters.push(read(source, &component)?);
    }
    for (name, granted) in &config.lock.adapters {
        let component = stored(name.as_str(), granted)?;
        adapters.push(read(Source::Granted { name: name.to_string() }, &component)?);
    }
    Ok(adapters)
}

fn list(config: &Config, json: bool, terminal: &Terminal) -> Result<(), Problem> {
    let adapters = all(config)?;
    if json {
        let documents: Vec<Value> = adapters.iter().map(capabilities::document).collect();
        return terminal.print_json(&json!({ "adapters": documents }));
    }
    let mut table = Table::new(&["ADAPTER", "VERSION", "DIALECT", "SIZE", "FROM", "DIGEST"]);
    for adapter in &adapters {
        let inspection = &adapter.inspection;
        let identity = &inspection.manifest.adapter;
        table.row(vec![
            cell(adapter.name()),
            cell(identity.version.as_str()),
            cell(identity.dialect.as_str()),
            cell(bytes(inspection.size as u64)),
            Span::styled(adapter.source.word(), DIM),
            Span::styled(inspection.digest.to_string(), DIM),
        ]);
    }
    terminal.print(&table.render(terminal.width(), terminal.paint))
}

fn diff(arguments: &DiffArguments, config: &Config, terminal: &Terminal) -> Result<(), Problem> {
    let inspect = |name: &str| {
        let (source, component) = find(name, config)?;
        Ok::<_, Problem>(read(source, &component)?.inspection)
    };
    let (old, new) = (inspect(&arguments.old)?, inspect(&arguments.new)?);
    let difference = Difference::between(&old, &new);
    if arguments.json {
        terminal.print_json(&difference.document())?;
    } else {
        terminal.print(&difference.page(terminal.page_width(), terminal.paint))?;
    }
    match difference.changes.wider.len() {
        0 => Ok(()),
        count => Err(Problem::finding(format!(
            "`{}` may do {count} thing{} that `{}` may not",
            arguments.new,
            if count == 1 { "" } else { "s" },
            arguments.old
        ))),
    }
}

/// The component that a name or a path means: configured ones win, as they do for
/// the runner.
pub(super) fn find(name: &str, config: &Config) -> Result<(Source, Cow<'static, [u8]>), Problem> {
    if let Some(configured) = config.adapters.get(name) {
        let (path, agreed) = (configured.path.clone(), configured.digest);
        let component = read_file(&path)?;
        return Ok((Source::Configured { name: name.to_owned(), path, agreed }, component.into()));
    }
    if let Some(granted) = config.lock.get(name) {
        let component = stored(name, granted)?;
        return Ok((Source::Granted { name: name.to_owned() }, component.into()));
    }
    let bundled = bundle::adapter(name)
        .or_else(|| (name == bundle::HOSTILE.name).then_some(&bundle::HOSTILE));
    if let Some(bundled) = bundled {
        return Ok((Source::Bundled, Cow::Borrowed(bundled.component())));
    }
    let path = Path::new(name);
    if path.exists() || name.contains(['/', '.', '\\']) {
        return Ok((Source::File(path.to_owned()), read_file(path)?.into()));
    }
    let known = bundle::ADAPTERS.iter().map(|adapter| adapter.name);
    let known = known.chain(config.adapters.keys().map(String::as_str));
    let help = match nearest(name, known) {
        Some(known) => format!("did you mean `{known}`?"),
        None => "`hotcell adapter list` lists them; a component's file works too".to_owned(),
    };
    Err(Problem::usage(format!("there is no adapter `{name}`")).with_help(help))
}

/// The component that a grant is about.
fn stored(name: &str, granted: &Granted) -> Result<Vec<u8>, Problem> {
    let store = Store::of_the_user()
        .ok_or_else(|| Problem::usage("there is no home folder, and so no store"))?;
    store.get(&granted.digest).map_err(|error| {
        Problem::finding(format!("`{}`: {error}", visible_line(name)))
            .with_help(format!("`hotcell adapter trust {name} FILE` gets it again"))
    })
}

/// Reads a component or module, no further than any adapter has reason to be long.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, Problem> {
    let shown = path.display();
    let mut component = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limits::COMPONENT_BYTES + 1).read_to_end(&mut component))
        .map_err(|error| Problem::usage(format!("`{shown}` cannot be read: {}", why(&error))))?;
    if component.len() as u64 > limits::COMPONENT_BYTES {
        let most = bytes(limits::COMPONENT_BYTES);
        return Err(Problem::usage(format!("`{shown}` has more than {most}, as no adapter has")));
    }
    Ok(component)
}

pub(super) fn read(source: Source, component: &[u8]) -> Result<Adapter, Problem> {
    let inspection = hotcell::manifest::inspect(component).map_err(|error| {
        let shown = visible_line(&source.place());
        let problem = Problem::usage(format!("{shown}: {error}"));
        match error {
            ManifestError::Component(_) | ManifestError::Section(_) => problem,
            _ => problem.with_help("its author has to correct its adapter.toml, and pack it again"),
        }
    })?;
    // What the runner would say to it.
    let refusal = hotcell::inspect(component, false).err().map(|error| error.to_string());
    Ok(Adapter { inspection, source, refusal, signer: None })
}

/// Whose signature a component has, as the runner would see it.
fn signer(source: &Source, component: &[u8], config: &Config) -> Result<Signed, Problem> {
    let trust = Trust::load(config.signatures.clone().unwrap_or_default());
    let trust = trust.map_err(SetupError::from)?;
    let (name, pinned) = match source {
        Source::Bundled => return Ok(Signed::Bundled),
        Source::Configured { name, .. } => (name.clone(), None),
        Source::Granted { name } => {
            let granted = config.lock.get(name);
            (name.clone(), granted.and_then(|granted| granted.signed_by.as_ref()))
        }
        Source::File(_) => {
            let name = hotcell::manifest::inspect(component).map(|it| it.manifest.adapter.name);
            (name.unwrap_or_default(), None)
        }
    };
    // What lies there is of no concern where nobody has to sign.
    let signatures = match trust.concerns(&name) {
        true => signatures(source, config)?,
        false => Vec::new(),
    };
    Ok(match trust.verify_pinned(&name, component, &signatures, pinned) {
        Ok(Some(signer)) => Signed::By(signer),
        Ok(None) => Signed::ByNobody,
        Err(error) => Signed::Refused(error),
    })
}

/// The signatures that a component was found with.
fn signatures(source: &Source, config: &Config) -> Result<Vec<Signature>, Problem> {
    let unread = |error: &dyn std::fmt::Display| Problem::usage(error.to_string());
    match source {
        Source::Bundled => Ok(Vec::new()),
        Source::Configured { path, .. } | Source::File(path) => {
            Signature::beside(path).map_err(|error| unread(&error))
        }
        Source::Granted { name } => {
            let store = Store::of_the_user();
            let kept = config.lock.get(name).zip(store.as_ref());
            let kept = kept.map(|(granted, store)| store.signatures(&granted.digest));
            Ok(kept.transpose().map_err(|error| unread(&error))?.unwrap_or_default())
        }
    }
}
