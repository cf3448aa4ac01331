//! The digest by which an answer is found: of all that decides it, and of whose it is.

use super::Key;
use crate::deployment::Entry;
use hotcell::{Config, ProviderInfo};
use ring::digest::{Context, SHA256};
use serde::Serialize;
use std::collections::HashMap;
use std::io::{self, Write};

/// Changes where what is put into a digest does.
const VERSION: &str = "hotcell answer 1";

/// What decides answers besides the request: where each provider is, by which adapter it is
/// asked, and with which settings.
#[derive(Debug, Default)]
pub(crate) struct Providers {
    known: HashMap<String, Vec<u8>>,
    /// All of them, for a name that is none of theirs: it may be another one for any.
    all: Vec<u8>,
}

impl Providers {
    pub(super) fn new(config: &Config, listed: &[ProviderInfo]) -> Self {
        let known = listed.iter().map(|provider| {
            let own = config.providers.get(&provider.name);
            let digest = provider.digest.map(|digest| digest.to_string());
            // Of its secrets this has the sources.
            let set_up = (&provider.adapter, digest, &provider.endpoints, own);
            (provider.name.clone(), serde_json::to_vec(&set_up).unwrap_or_default())
        });
        let known: HashMap<_, _> = known.collect();
        let mut names: Vec<_> = known.keys().collect();
        names.sort_unstable();
        let all = names.into_iter().flat_map(|name| &known[name]).copied().collect();
        Self { known, all }
    }

    fn of(&self, name: &str) -> &[u8] {
        self.known.get(name).unwrap_or(&self.all)
    }
}

/// A digest that is being made.
pub(crate) struct Print<'a> {
    context: Context,
    providers: &'a Providers,
}

impl<'a> Print<'a> {
    pub(super) fn new(providers: &'a Providers) -> Self {
        let mut print = Self { context: Context::new(&SHA256), providers };
        for part in [VERSION, env!("CARGO_PKG_VERSION")] {
            print.part(part.as_bytes());
        }
        print
    }

    /// Those who are given this answer.
    pub(crate) fn circle(&mut self, circle: [&str; 2]) {
        circle.iter().for_each(|part| self.part(part.as_bytes()));
    }

    /// A model as clients call it, and where it is.
    pub(crate) fn model(&mut self, name: &str, entry: &Entry) {
        self.part(name.as_bytes());
        self.part(&entry.deployments.len().to_be_bytes());
        let providers = self.providers;
        for deployment in &entry.deployments {
            self.part(deployment.model.as_bytes());
            let (provider, _) = deployment.model.split_once('/').unwrap_or_default();
            self.part(providers.of(provider));
        }
    }

    /// What was asked, every member of it, of this kind.
    pub(crate) fn request(&mut self, kind: &str, request: &impl Serialize) -> Option<()> {
        self.part(kind.as_bytes());
        // Writing to a digest does not fail; a request that cannot be written has none.
        let mut writer = io::BufWriter::with_capacity(4096, Digesting(&mut self.context));
        serde_json::to_writer(&mut writer, request).ok()?;
        writer.flush().ok()
    }

    /// The digest.
    pub(crate) fn key(self) -> Key {
        let mut key = Key::default();
        key.copy_from_slice(self.context.finish().as_ref());
        key
    }

    /// Something with its length, so that no two lists of parts are the same bytes.
    fn part(&mut self, part: &[u8]) {
        self.context.update(&(part.len() as u64).to_be_bytes());
        self.context.update(part);
    }
}

struct Digesting<'a>(&'a mut Context);

impl Write for Digesting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
