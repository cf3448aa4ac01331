//! Who may use the gateway and what they may spend, as a configuration says it.

use crate::Inheritance;
use crate::access::{Access, Issuer, Source, Tokens};
use crate::admin::Desk;
use crate::error::GatewayError;
use crate::ledger::{Ledger, Prices};
use crate::machine;
use crate::origin::Origins;
use crate::seeing::Door;
use crate::store::{Counters, Postgres, Sqlite, Store};
use crate::valkey::Valkey;
use hotcell::confinement::Confinement;
use hotcell::egress::fetch::{Permits, Place};
use hotcell::egress::service::{Protocol, Service, ServiceAddress, ServiceSpec};
use hotcell::egress::{Egress, SecretSource, Watchword};
use hotcell::{AccessMode, Config, Error, GatewayConfig, JwtConfig, StateConfig};
use http::request::Parts;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// All of that.
pub(crate) struct Control {
    pub(crate) access: Access,
    pub(crate) prices: Prices,
    /// None where nothing is kept.
    pub(crate) ledger: Option<Ledger>,
    pub(crate) desk: Option<Desk>,
    /// Nobody is asked for a key, and these are names of this machine besides its own.
    open_hosts: Option<Vec<String>>,
    /// Pages from elsewhere that may use it.
    pub(crate) origins: Origins,
    /// It is open because nobody said anything, and so to this machine alone.
    is_for_this_machine: bool,
    /// What the process has to reach for it.
    needs: Confinement,
}

impl Control {
    pub(crate) fn new(config: &Config, inheritance: Inheritance) -> Result<Self, GatewayError> {
        let gateway = config.gateway.clone().unwrap_or_default();
        let state = gateway.state.clone().unwrap_or_default();
        let is_named = gateway.state.is_some() || gateway.admin_key.is_some();
        let has_keys = || folder(&state).is_ok_and(|folder| Sqlite::has_keys(&folder));
        let mode = gateway.access.unwrap_or_else(|| {
            match is_named || gateway.jwt.is_some() || has_keys() {
                true => AccessMode::Keys,
                false => AccessMode::Open,
            }
        });
        let mut needs = Confinement::new();
        let mut store: Option<Arc<dyn Store>> = None;
        if mode == AccessMode::Keys || is_named {
            let (opened, needed) = serve(&state, config, inheritance, needs)?;
            (store, needs) = (Some(opened), needed);
        }
        let admin = gateway.admin_key.as_ref().map(Watchword::read).transpose();
        let admin = admin.map_err(|error| GatewayError::AdminKey(error.to_string()))?;
        let mut tokens = None;
        if let Some(jwt) = gateway.jwt.clone().filter(|_| mode == AccessMode::Keys) {
            let (issuer, needed) = issuer(&jwt, config, needs)?;
            needs = needed;
            tokens = Some(Tokens::new(jwt, issuer));
        }
        let prices = prices(&gateway)?;
        Ok(Self {
            access: Access::new(mode == AccessMode::Open, admin, store.clone(), tokens),
            ledger: store.clone().map(|store| Ledger::new(store, prices.clone())),
            prices,
            desk: store.map(Desk::new),
            origins: Origins::of(&gateway.origins, mode == AccessMode::Open)?,
            open_hosts: (mode == AccessMode::Open).then(|| gateway.hosts.clone()),
            is_for_this_machine: mode == AccessMode::Open && gateway.access.is_none(),
            needs,
        })
    }

    /// Whether it may be reached at this address.
    ///
    /// # Errors
    /// One that others reach, where nobody is asked for a key and nobody said that this is meant.
    pub(crate) fn may_listen(&self, address: SocketAddr) -> Result<(), GatewayError> {
        match self.is_for_this_machine && !address.ip().is_loopback() {
            true => Err(GatewayError::Open(address)),
            false => Ok(()),
        }
    }

    /// Whether somebody may ask through this door, whoever it is: where nobody is asked for a
    /// key, a page from elsewhere may not ask at an address that only this machine reaches.
    ///
    /// # Errors
    /// `permission`.
    pub(crate) fn admit(&self, head: &Parts, door: Door) -> Result<(), Error> {
        match &self.open_hosts {
            Some(hosts) if door == Door::Loopback => machine::admit(head, hosts),
            _ => Ok(()),
        }
    }

    /// What the process has to reach for it, in addition.
    pub(crate) fn confinement(&self, mut confinement: Confinement) -> Confinement {
        confinement.add(&self.needs);
        confinement
    }
}

/// What models cost that the configuration has a price for.
pub(crate) fn prices(gateway: &GatewayConfig) -> Result<Prices, GatewayError> {
    Prices::new(&gateway.prices).map_err(GatewayError::Price)
}

/// The state that a gateway serves from, and what has to be reached for it.
fn serve(
    state: &StateConfig,
    config: &Config,
    inheritance: Inheritance,
    mut needs: Confinement,
) -> Result<(Arc<dyn Store>, Confinement), GatewayError> {
    if let Some((server, counters)) = servers(state, config)? {
        needs = needs.connect(server.port());
        if let Some(counters) = &counters {
            needs = needs.connect(counters.port());
        }
        let counters = counters.map(|service| Counters::new(Valkey::new(service)));
        return Ok((Arc::new(Postgres::new(server, counters)?), needs));
    }
    let folder = folder(state)?;
    let Inheritance { lock, others_serve } = inheritance;
    let sync = state.sync.unwrap_or(false);
    let store = Sqlite::serve_after(&folder, sync, lock, others_serve)?;
    Ok((Arc::new(store), needs.write(folder)))
}

/// The state that a configuration names, for a process that serves nobody.
pub(crate) fn open(config: &Config) -> Result<Arc<dyn Store>, GatewayError> {
    let gateway = config.gateway.clone().unwrap_or_default();
    let state = gateway.state.unwrap_or_default();
    if let Some((server, _)) = servers(&state, config)? {
        return Ok(Arc::new(Postgres::new(server, None)?));
    }
    Ok(Arc::new(Sqlite::open(&folder(&state)?, state.sync.unwrap_or(false))?))
}

/// The servers that several gateways share: of the state, and of rates. None where it is a file.
fn servers(
    state: &StateConfig,
    config: &Config,
) -> Result<Option<(Service, Option<Service>)>, GatewayError> {
    consistent(state)?;
    let Some(database) = &state.database else { return Ok(None) };
    let egress = config.egress().map_err(|error| GatewayError::Server(error.to_string()))?.build();
    let server =
        server_of(&egress, "database", Protocol::Postgres, database, &state.database_password)?;
    let counters = state.counters.as_ref().map(|address| {
        server_of(&egress, "counters", Protocol::Valkey, address, &state.counters_password)
    });
    Ok(Some((server, counters.transpose()?)))
}

/// What is said of the state, of which some goes only with some other.
pub(crate) fn consistent(state: &StateConfig) -> Result<(), GatewayError> {
    let why = match &state.database {
        None if state.counters.is_some() => {
            "`counters` are for several gateways, which share a `database` as well: what was spent \
             is kept there"
        }
        None if state.database_password.is_some() => "`database-password`, and no `database`",
        Some(_) if state.folder.is_some() || state.sync.is_some() => {
            "`folder` and `sync` are of a file, and the state is in a `database`"
        }
        Some(_) if state.counters_password.is_some() && state.counters.is_none() => {
            "`counters-password`, and no `counters`"
        }
        _ => return Ok(()),
    };
    Err(GatewayError::Server(why.to_owned()))
}

fn server_of(
    egress: &Egress,
    name: &str,
    protocol: Protocol,
    address: &ServiceAddress,
    password: &Option<SecretSource>,
) -> Result<Service, GatewayError> {
    let spec = ServiceSpec { protocol, address: address.clone(), password: password.clone() };
    egress.service(&spec).map_err(|error| GatewayError::Server(format!("{name}: {error}")))
}

/// Where the state is, where it is a file.
///
/// # Errors
/// Nothing is said, and there is no home.
pub(crate) fn folder(state: &StateConfig) -> Result<PathBuf, GatewayError> {
    let named = state.folder.clone();
    let usual = || Some(hotcell::Store::of_the_user()?.directory().with_file_name("gateway"));
    named.or_else(usual).ok_or(GatewayError::NoFolder)
}

/// Whose keys sign tokens, and what has to be reached for them.
fn issuer(
    jwt: &JwtConfig,
    config: &Config,
    needs: Confinement,
) -> Result<(Issuer, Confinement), GatewayError> {
    let wrong = |why: String| GatewayError::Jwt(why);
    if jwt.issuer.is_empty() || jwt.audience.is_empty() {
        return Err(wrong("`issuer` and `audience` have to say something".to_owned()));
    }
    if let Some(file) = jwt.file() {
        // Whoever renews it puts another file in its place: so the folder has to stay.
        let folder = file.parent().filter(|it| !it.as_os_str().is_empty());
        let needs = needs.read(folder.unwrap_or(Path::new(".")));
        return Ok((Issuer::new(jwt, Source::File(file)), needs));
    }
    let place: Place = jwt.keys.parse().map_err(|error| wrong(format!("`keys`: {error}")))?;
    let permits = Permits {
        allow_private: jwt.allow_private.unwrap_or(false),
        allow_plaintext: jwt.allow_plaintext.unwrap_or(false),
    };
    let egress = config.egress().map_err(|error| wrong(error.to_string()))?.build();
    let fetcher = Box::new(egress.fetcher(permits));
    fetcher.read_ahead();
    let needs = needs.connect(fetcher.port(&place));
    Ok((Issuer::new(jwt, Source::Place { fetcher, place }), needs))
}
