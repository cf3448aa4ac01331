//! What a runner has to reach.

use super::Confinement;
use crate::setup::Setup;
use hotcell_signature::Kind;
use std::path::Path;
use std::sync::PoisonError;

impl Setup {
    /// See [`crate::Runner::confinement`].
    pub(crate) fn confinement(&self) -> Confinement {
        let config = self.config();
        let mut confinement = Confinement::new();
        for adapter in config.adapters.values() {
            confinement = confinement.read(&adapter.path);
            for signature in Kind::ALL.map(|kind| kind.beside(&adapter.path)) {
                confinement = confinement.read(signature);
            }
        }
        if let Some(store) = &self.components.store {
            confinement = confinement.read(store.directory());
        }
        if let Some(folder) = &self.transcripts_folder {
            confinement = confinement.write(folder);
        }
        // A log that grows for ever is open already, and needs no folder.
        let rotated = config.audit.as_ref().filter(|audit| audit.rotate_bytes.is_some());
        if let Some(audit) = rotated {
            let folder = audit.file.parent().filter(|folder| !folder.as_os_str().is_empty());
            confinement = confinement.write(folder.unwrap_or(Path::new(".")));
        }
        let providers = self.providers.lock().unwrap_or_else(PoisonError::into_inner);
        for file in providers.values().flat_map(|provider| provider.egress.changing_files()) {
            // Such a file is put in the place of another one, so that it is its folder that stays.
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
            confinement = confinement.read(folder.unwrap_or(&file));
        }
        let ports = providers.values().flat_map(|provider| provider.egress.ports());
        ports.fold(confinement, Confinement::connect)
    }
}
