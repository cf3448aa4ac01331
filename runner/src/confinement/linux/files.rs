//! Landlock: files, TCP ports, and signals.

use crate::confinement::{Confinement, Outcome};
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, LandlockStatus, NetPort, Ruleset, RulesetAttr,
    RulesetCreatedAttr, RulesetError, Scope, make_bitflags, path_beneath_rules,
};

/// What the C library reads to resolve a name, wherever distributions keep it: its settings,
/// where they are links to, and the libraries that it loads for the services they name. All
/// of it is there for every user to read.
const RESOLVER: [&str; 19] = [
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/mdns.allow",
    "/etc/ld.so.cache",
    "/run/systemd/resolve",
    "/run/NetworkManager",
    "/run/resolvconf",
    "/run/connman",
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/nix/store",
    "/gnu/store",
    "/run/current-system/sw/lib",
];

/// Where names are asked for by TCP, when an answer is too long for a datagram.
const DOMAIN: u16 = 53;

/// The newest version of Landlock of which it was tried what it keeps from working. A newer
/// kernel is used as this one.
const TRIED: ABI = ABI::V7;

/// What became of it.
pub(super) struct Restricted {
    pub(super) files: Outcome,
    pub(super) connections: Outcome,
    pub(super) signals: Outcome,
    /// The kernel's version of Landlock.
    pub(super) version: Option<i32>,
}

/// Restricts this thread, and those that it starts.
pub(super) fn restrict(confinement: &Confinement) -> Restricted {
    match enforce(confinement) {
        Ok(LandlockStatus::Available { effective_abi, kernel_abi }) => {
            let version = kernel_abi.unwrap_or(effective_abi as i32);
            let since = |needed: i32| match version >= needed {
                true => Outcome::Active,
                false => Outcome::Missing(format!(
                    "it needs version {needed} of Landlock, and this kernel has {version}"
                )),
            };
            Restricted {
                files: since(1),
                connections: since(4),
                signals: since(6),
                version: Some(version),
            }
        }
        Ok(LandlockStatus::NotEnabled) => Restricted::all(&Outcome::Missing(
            "this kernel has Landlock, but it is not switched on (`lsm=landlock,…` at boot)".into(),
        )),
        Ok(LandlockStatus::NotImplemented) => Restricted::all(&Outcome::Missing(
            "this kernel has no Landlock, or a filter hides it, such as a container's".into(),
        )),
        Err(error) => Restricted::all(&Outcome::Failed(format!("Landlock: {error}"))),
    }
}

impl Restricted {
    fn all(outcome: &Outcome) -> Self {
        let [files, connections, signals] = [(); 3].map(|()| outcome.clone());
        Self { files, connections, signals, version: None }
    }
}

fn enforce(confinement: &Confinement) -> Result<LandlockStatus, RulesetError> {
    let read = make_bitflags!(AccessFs::{ReadFile | ReadDir});
    let write: BitFlags<AccessFs> =
        read | make_bitflags!(AccessFs::{WriteFile | Truncate | MakeReg | RemoveFile});
    let ports = confinement.ports.iter().chain([&DOMAIN]);
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(TRIED))?
        .handle_access(AccessNet::from_all(TRIED))?
        .scope(Scope::from_all(TRIED))?
        .create()?
        .add_rules(path_beneath_rules(RESOLVER, read))?
        .add_rules(path_beneath_rules(["/dev/null"], read | AccessFs::WriteFile))?
        .add_rules(path_beneath_rules(["/dev/urandom"], read))?
        .add_rules(path_beneath_rules(&confinement.reads, read))?
        .add_rules(path_beneath_rules(&confinement.writes, write))?
        .add_rules(ports.map(connecting))?
        .restrict_self()?;
    Ok(status.landlock)
}

fn connecting(port: &u16) -> Result<NetPort, RulesetError> {
    Ok(NetPort::new(*port, AccessNet::ConnectTcp))
}
