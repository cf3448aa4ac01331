//! `hotcell adapter add`, `trust` and `remove`: a person's yes, and the end of it.

use super::adapter::read;
use super::adapter_source::{Origin, Read};
use super::configuration;
use crate::arguments::{AddArguments, ConsentArguments, GlobalArguments, TrustArguments};
use crate::problem::Problem;
use crate::render::capabilities::Source;
use crate::render::difference::{Difference, may, may_now};
use crate::render::text::visible_line;
use crate::terminal::Terminal;
use hotcell::manifest::{Changes, Inspection, capabilities};
use hotcell::signature::{Signature, Signer, Trust};
use hotcell::{Config, GrantName, Granted, Lock, SetupError, Store};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub(crate) fn add(
    arguments: &AddArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    refuse_if_locked(global)?;
    let config = configuration(global)?;
    let origin = Origin::new(&arguments.source, &arguments.from, &config, terminal)?;
    let mut new = New::read(&origin)?;
    let name = arguments.name.clone().unwrap_or(new.inspection.manifest.adapter.name.clone());
    let name = grant_name(name, &config)?;
    if config.lock.get(name.as_str()).is_some() {
        return Err(Problem::usage(format!("there is a grant for `{name}` already")).with_help(
            format!("`hotcell adapter trust {name} SOURCE` replaces it, and shows what is new"),
        ));
    }
    let target = Target::of(name, global)?;
    let name = &target.name;
    new.signed(name, &origin, &config)?;
    let all = capabilities(&new.inspection);
    let shown = may(&all, terminal.page_width(), terminal.error_paint);
    let title = new.title(name);
    agree(&arguments.consent, name, &new, &format!("{title}\n\n{shown}"), global, terminal)?;
    new.grant(&target, terminal, arguments.consent.json)
}

pub(crate) fn trust(
    arguments: &TrustArguments,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    refuse_if_locked(global)?;
    let config = configuration(global)?;
    let name = grant_name(arguments.name.clone(), &config)?;
    let Some(granted) = config.lock.get(name.as_str()) else {
        return Err(Problem::usage(format!("there is no grant for `{name}`"))
            .with_help("`hotcell adapter add SOURCE` makes one"));
    };
    let target = Target::of(name, global)?;
    let name = &target.name;
    if arguments.source.is_none() && arguments.from.credential.is_some() {
        let message = "a credential is sent to whom you name, and not to whom a lock file names";
        return Err(Problem::usage(message)
            .with_help(format!("`hotcell adapter trust {name} SOURCE --credential …`")));
    }
    let source = arguments.source.clone().unwrap_or_else(|| Origin::again(&granted.source));
    let origin = Origin::new(&source, &arguments.from, &config, terminal)?;
    let mut new = New::read(&origin)?;
    new.signed(name, &origin, &config)?;
    let asked = capabilities(&new.inspection);
    let changes = Changes::between(&granted.capabilities(), &asked);
    let version = &new.inspection.manifest.adapter.version;
    let mut shown = format!(
        "{}\n{} → {}\n{} → {}\n",
        terminal.error_paint.strong(name.as_str()),
        visible_line(&granted.version),
        visible_line(version),
        granted.digest,
        new.inspection.digest
    );
    if granted.source != new.place {
        let (old, new) = (visible_line(&granted.source), visible_line(&new.place));
        shown.push_str(&format!("from {old} → {new}\n"));
    }
    shown.push('\n');
    if granted.signed_by != new.signer {
        let change =
            format!("signed {} → {}\n\n", by(granted.signed_by.as_ref()), by(new.signer.as_ref()));
        shown.push_str(&terminal.error_paint.bad(&change));
    }
    shown.push_str(&may_now(&changes, terminal.page_width(), terminal.error_paint));
    // What was granted may be gone from the store, and is compared as far as it is there.
    let kept = Store::of_the_user().and_then(|store| store.get(&granted.digest).ok());
    if let Some(old) = kept.and_then(|kept| hotcell::manifest::inspect(&kept).ok()) {
        let difference = Difference::between(&old, &new.inspection);
        shown.push_str(&difference.built_from(terminal.error_paint));
    }
    agree(&arguments.consent, name, &new, &shown, global, terminal)?;
    new.grant(&target, terminal, arguments.consent.json)
}

pub(crate) fn remove(
    name: &str,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    refuse_if_locked(global)?;
    let file = lock_file(global);
    let removed = Lock::edit(&file, |lock| {
        let before = lock.adapters.len();
        lock.adapters.retain(|known, _| known.as_str() != name);
        lock.adapters.len() != before
    })?;
    if !removed {
        let shown = file.display();
        return Err(Problem::usage(format!("{shown} has no grant for `{}`", visible_line(name))));
    }
    terminal.note(&format!("{name} may not run any more; {} was written\n", file.display()));
    Ok(())
}

/// Where a grant is written, and what is there.
struct Target {
    name: GrantName,
    file: PathBuf,
    before: Option<Granted>,
}

impl Target {
    fn of(name: GrantName, global: &GlobalArguments) -> Result<Self, Problem> {
        let file = lock_file(global);
        let before = Lock::read(&file)?.get(name.as_str()).cloned();
        Ok(Self { name, file, before })
    }
}

/// A component that nobody agreed to yet.
struct New {
    component: Vec<u8>,
    /// Where it came from.
    place: String,
    inspection: Inspection,
    signatures: Vec<Signature>,
    /// Whose it is, of those whom the configuration names.
    signer: Option<Signer>,
}

impl New {
    fn read(origin: &Origin<'_>) -> Result<Self, Problem> {
        let Read { component, place } = origin.read()?;
        let inspection = read(Source::File(PathBuf::from(&place)), &component)?.inspection;
        Ok(Self { component, place, inspection, signatures: Vec::new(), signer: None })
    }

    /// Reads its signatures, and refuses it where it has to have another.
    fn signed(
        &mut self,
        name: &GrantName,
        origin: &Origin<'_>,
        config: &Config,
    ) -> Result<(), Problem> {
        let trust = Trust::load(config.signatures.clone().unwrap_or_default());
        let trust = trust.map_err(SetupError::from)?;
        // Those that were named are read in any case.
        if trust.concerns(name.as_str()) || origin.names_signatures() {
            self.signatures = origin.signatures()?;
        }
        let verified = trust.verify(name.as_str(), &self.component, &self.signatures);
        self.signer = verified.map_err(|error| SetupError::Signature {
            adapter: name.to_string(),
            digest: self.inspection.digest,
            error,
        })?;
        Ok(())
    }

    fn title(&self, name: &GrantName) -> String {
        let identity = &self.inspection.manifest.adapter;
        let version = visible_line(&identity.version);
        let description = identity.description.as_deref().map(visible_line).unwrap_or_default();
        let signed = by(self.signer.as_ref());
        let place = visible_line(&self.place);
        let digest = self.inspection.digest;
        format!("{name} {version}\n{description}\n{digest}\nfrom {place}\nsigned {signed}")
    }

    /// Keeps the component, and writes the grant down.
    fn grant(&self, target: &Target, terminal: &Terminal, json: bool) -> Result<(), Problem> {
        let store = Store::of_the_user().ok_or_else(|| {
            Problem::usage("there is no home folder to keep the component in")
                .with_help("set HOME or XDG_DATA_HOME")
        })?;
        let stored = store.put(&self.component, &self.signatures);
        stored.map_err(|error| Problem::usage(format!("the store: {error}")))?;
        let Target { name, file, before } = target;
        let mut granted = Granted::of(
            &self.inspection,
            self.place.clone(),
            who(),
            humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        );
        granted.signed_by.clone_from(&self.signer);
        let written = Lock::edit(file, |lock| {
            let is_as_shown = lock.get(name.as_str()) == before.as_ref();
            if is_as_shown {
                lock.adapters.insert(name.clone(), granted);
            }
            is_as_shown
        })?;
        if !written {
            return Err(Problem::finding(format!(
                "nothing was granted: {} has another grant for `{name}` by now",
                file.display()
            ))
            .with_help("compare again, and agree to that"));
        }
        if json {
            return terminal.print_json(&json!({
                "name": name,
                "source": self.place,
                "digest": self.inspection.digest,
                "lock": file,
                "signed-by": self.signer,
                "capabilities": capabilities(&self.inspection),
            }));
        }
        terminal.print(&format!("granted; {} was written\n", file.display()))
    }
}

fn by(signer: Option<&Signer>) -> String {
    match signer {
        Some(Signer { publisher, key }) => visible_line(&format!("by `{publisher}`, {key}")),
        None => "by nobody that the configuration names".to_owned(),
    }
}

/// Asks a person, unless the yes was given with the command.
fn agree(
    consent: &ConsentArguments,
    name: &GrantName,
    new: &New,
    shown: &str,
    global: &GlobalArguments,
    terminal: &Terminal,
) -> Result<(), Problem> {
    refuse_if_locked(global)?;
    if let Some(file) = &consent.grant {
        let lock = Lock::read(file)?;
        let agreed = lock.get(name.as_str()).filter(|granted| {
            let asked = capabilities(&new.inspection);
            granted.digest == new.inspection.digest
                && granted.signed_by == new.signer
                && Changes::between(&granted.capabilities(), &asked).wider.is_empty()
        });
        return match agreed {
            Some(_) => Ok(()),
            None => Err(Problem::finding(format!(
                "{} does not grant `{name}` with the digest {}, signed {}",
                file.display(),
                new.inspection.digest,
                by(new.signer.as_ref())
            ))),
        };
    }
    if consent.yes {
        return Ok(());
    }
    terminal.note(&format!("{shown}\n"));
    if !terminal.can_ask {
        return Err(Problem::usage("nothing was granted: nobody can be asked here").with_help(
            "say `--yes` if you agree, or `--grant FILE` with a lock file that grants it",
        ));
    }
    terminal.note("Agree? [y/N] ");
    // What is asked must stand there before somebody answers.
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Problem::finding("nothing was granted")),
    }
}

fn refuse_if_locked(global: &GlobalArguments) -> Result<(), Problem> {
    match global.locked {
        true => Err(Problem::finding("`--locked`: nothing is asked, and no lock file is written")),
        false => Ok(()),
    }
}

fn grant_name(name: String, config: &Config) -> Result<GrantName, Problem> {
    if config.adapters.contains_key(&name) {
        let shown = visible_line(&name);
        return Err(Problem::usage(format!("[adapters.{shown}] is in the configuration already")));
    }
    GrantName::try_from(name).map_err(|error| {
        Problem::usage(visible_line(&error)).with_help("give it another name with `--name`")
    })
}

/// The lock file beside the configuration in force: the project's, where there is one.
fn lock_file(global: &GlobalArguments) -> PathBuf {
    let files = match &global.config {
        Some(file) => vec![file.clone()],
        None => Config::default_files(),
    };
    let locks = files.iter().map(|file| (file, Lock::beside(file)));
    let mut existing = locks.rev().filter(|(file, lock)| file.exists() || lock.exists());
    match existing.next() {
        Some((_, lock)) => lock,
        None => Lock::beside(files.first().map_or(Path::new("hotcell.toml"), PathBuf::as_path)),
    }
}

/// Who agrees, as far as the system tells.
fn who() -> String {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    variable("USER").or_else(|| variable("USERNAME")).unwrap_or_else(|| "unknown".to_owned())
}
